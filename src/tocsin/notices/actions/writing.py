"""Write down what was decided: notices, their lines, their deliveries, what was told, and where each unit rests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.utils import timezone

from tocsin.base.audit.actions import Act
from tocsin.base.dialect import bulk
from tocsin.base.tenancy import SYSTEM
from tocsin.core.severity import RANK, SEVERITIES
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding
from tocsin.notices import rules
from tocsin.notices.actions import moving, trialling, weighing
from tocsin.notices.actions.planning import Groups, Plan, Recipient, Unit
from tocsin.notices.models import DecisionLog, Delivery, Notice, NoticeFinding, Series, State
from tocsin.notices.rules import Reason


def make(plans: list[Plan], old: Mapping[tuple[str, str, str], DecisionLog], now: datetime) -> list[Act]:
    """Write the notices down: rows, lines, deliveries; remember what was told."""
    if not plans:
        return []
    first = numbers(len(plans), now)
    for place, plan in enumerate(plans):
        plan.reference = reference(now, first + place)
        threads = [old[unit.name].thread_id for unit in plan.units if unit.name in old]
        plan.follows = min((thread for thread in threads if thread is not None), default=None)
    Notice.objects.bulk_create(
        [
            Notice(
                id=plan.id, reference=plan.reference, organization_id=plan.organization_id, state=plan.state.value, reason=plan.reason.value,
                severity=plan.severity, tlp=plan.values.tlp, language=plan.language, created_at=now, due_at=plan.due_at, parts=plan.parts,
                n_findings=sum(unit.n for unit in plan.units), follows_id=plan.follows, trial_id=plan.trial_id, arm=plan.arm,
            )
            for plan in plans
        ]
    )  # fmt: skip
    _write_lines(plans)
    Delivery.objects.bulk_create(
        delivery
        for plan in plans
        for delivery in deliveries(plan.id, plan.recipients, "ready" if plan.state is State.READY else "waiting", now)
    )
    let_go = [plan for plan in plans if plan.state is State.READY]
    Delivery.objects.bulk_create(trialling.beside(let_go, now=now))
    remember_told([plan.id for plan in let_go], now)
    return [
        moving.act(plan.reference, plan.state, organization=plan.organization_id, reason=plan.reason.value, findings=sum(unit.n for unit in plan.units))
        for plan in plans
    ]  # fmt: skip


def _write_lines(plans: list[Plan]) -> None:
    with _told(plans) as (select, parameters), connection.cursor() as cursor:
        names = ", ".join(map(connection.ops.quote_name, _LINE))
        table = connection.ops.quote_name(NoticeFinding._meta.db_table)  # noqa: SLF001 - Django's public-by-use API
        cursor.execute(f"INSERT INTO {table} ({names}) {select}", parameters)


@transaction.atomic
def lines(plans: list[Plan]) -> list[NoticeFinding]:
    """Return what the notices would tell of each finding, as it stands now; nothing is written."""
    if not plans:
        return []
    with _told(plans) as (select, parameters):
        return list(NoticeFinding.objects.raw(f"SELECT 0 AS id, told.* FROM ({select}) told", parameters))


_LINE = (
    "notice_id", "finding_id", "severity", "severity_rank", "told_severity", "what", "type", "first_seen", "last_seen", "count", "ports", "because",
)  # fmt: skip
_SAID = ("notice_id", "what", "severity", "told_severity")
"""Columns of a line that depend on how its finding looks, not on which it is."""


@contextmanager
def _told(plans: list[Plan]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield a SELECT of the columns `_LINE`, with its parameters: what the notices tell of each finding.

    A million first warnings are no million objects: the database finds the findings that look as they were weighed.
    What has changed since is left to the next round; its news are still there.
    """
    groups: Groups = defaultdict(set)
    for plan in plans:
        for unit in plan.units:
            groups[unit.organization_id].add(unit.kind)
    columns = ("id", "organization_id", "kind", "type", "first_seen", "last_seen", "count", "ports", "because")
    rows = Finding.objects.filter(**weighing.among(groups)).annotate(**weighing.JUDGED).order_by()
    findings_, parameters = rows.values(*columns, *weighing.LOOKS).query.sql_with_params()
    select = ", ".join(
        f"{'looks' if name in _SAID else 'f'}.{'id' if name == 'finding_id' else name} AS {name}" for name in _LINE
    )
    alike = " AND ".join(
        f"(f.{name} = looks.{name} OR (f.{name} IS NULL AND looks.{name} IS NULL))" for name in weighing.LOOKS
    )
    joined = "looks.organization_id = f.organization_id AND looks.kind = f.kind AND looks.network IN ('', f.because)"
    with bulk.held(_looks(plans), _look_fields()) as looks:
        yield f"SELECT {select} FROM ({findings_}) f JOIN {looks} looks ON {joined} AND {alike}", parameters


def _looks(plans: list[Plan]) -> Iterator[tuple[Any, ...]]:
    """Yield how findings look that the notices carry, each with its part of a notice and what is said of it."""
    for plan in plans:
        for unit in plan.units:
            for seen, what in unit.carried.items():
                yield (
                    unit.organization_id, unit.kind, unit.network, plan.id, what, seen.severity, seen.told_severity or "",
                    RANK[seen.severity], seen.told_at, RANK.get(seen.told_severity or ""), seen.owner, seen.fixing_until,
                    RANK.get(seen.declined_severity or ""), seen.open, seen.seen_again, seen.told_since, seen.came_back,
                )  # fmt: skip


def _look_fields() -> dict[str, models.Field[Any, Any]]:
    """Return fields that have the types of what `_looks` yields, in its order."""
    known = {field.attname: field for model in (Finding, NoticeFinding) for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's public-by-use API
    known |= {"network": known["because"], **{name: models.BooleanField() for name in weighing.JUDGED}}
    names = ("organization_id", "kind", "network", *_SAID, *weighing.LOOKS)
    return {name: known[name] for name in names}


def deliveries(notice: UUID, to: list[Recipient], state: str, now: datetime, start: int = 1) -> list[Delivery]:
    """Return the rows that carry a notice to its recipients; each has its Message-ID for ever."""
    host = settings.TOCSIN_EMAIL_FROM.rsplit("@", 1)[-1].strip(" >")
    return [
        Delivery(
            notice_id=notice, recipient=one.email, name=one.name, language=one.language, state=state,
            message_id=f"<{notice.hex}.{number}@{host}>", next_attempt_at=now,
        )
        for number, one in enumerate(to, start=start)
    ]  # fmt: skip


def remember_told(notices: list[UUID], now: datetime) -> None:
    """Remember of every finding in these notices that it was told now, as grave as the notice says."""
    if not notices:
        return
    lines = NoticeFinding.objects.filter(notice__in=notices).order_by()
    for rank in range(1, len(SEVERITIES) + 1):
        findings.tell(
            findings=lines.filter(severity_rank=rank).exclude(what="gone").values("finding_id"), rank=rank, now=now
        )
    findings.tell(findings=lines.filter(what="gone").values("finding_id"), rank=None, now=now)


def drop(ids: list[UUID], *, because: str, now: datetime) -> list[Act]:
    """Withdraw notices that have not gone out; return what is to be recorded."""
    acts = moving.move(
        ids, State.WITHDRAWN, now=now, ended_at=now, ended_by=SYSTEM.email, ended_because=because
    )  # fmt: skip
    moving.move_deliveries(Delivery.objects.filter(notice__in=ids), "cancelled")
    return acts


def log(units: list[Unit], plans: list[Plan], old: Mapping[tuple[str, str, str], DecisionLog], now: datetime) -> None:
    """Remember what was decided about each unit, and where it rests since."""
    made = {unit.name: plan for plan in plans for unit in plan.units}
    rows = []
    for unit in units:
        plan, before = made.get(unit.name), old.get(unit.name)
        reason, rests = unit.decision.reason, unit.decision
        thread = before.thread_id if before else None
        if plan is not None and plan.state is State.READY:
            rests = after(unit, now)
            thread = None if unit.decision.reason is Reason.ALL_RESOLVED else thread or plan.id
        elif plan is not None:
            rests = rules.Decision(Reason.NO_CONTACT if plan.state is State.NO_CONTACT else Reason.AWAITING_APPROVAL)
            reason = Reason.NO_CONTACT if plan.state is State.NO_CONTACT else reason
        rows.append(
            DecisionLog(
                organization_id=unit.organization_id, kind=unit.kind, network=unit.network, type=unit.type, reason=reason.value, rests=rests.reason.value,
                sends=plan is not None and plan.state is not State.NO_CONTACT, at=now, next_at=rests.next_at,
                notice_id=plan.id if plan else unit.blocked_by or (before.notice_id if before else None), thread_id=thread,
            )
        )  # fmt: skip
    DecisionLog.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "kind", "network"],
        update_fields=["type", "reason", "rests", "sends", "at", "next_at", "notice", "thread"],
    )
    still = {unit.name for unit in units}
    gone = [log.pk for name, log in old.items() if name not in still]
    DecisionLog.objects.filter(pk__in=gone).delete()


def after(unit: Unit, now: datetime) -> rules.Decision:
    """Return where a unit rests once its notice was let go."""
    rows = [rules.after(seen, unit.decision.reason, now) if seen in unit.carried else seen for seen in unit.rows]
    return rules.decide(rows, policy=unit.applied.values, now=now)


def numbers(n: int, now: datetime) -> int:
    """Take the next `n` numbers of the year; return the first. They come back if the transaction fails: there are no gaps."""
    year = timezone.localtime(now).year
    Series.objects.get_or_create(year=year)
    Series.objects.filter(year=year).update(last=F("last") + n)
    return Series.objects.values_list("last", flat=True).get(year=year) - n + 1


def reference(now: datetime, number: int) -> str:
    """Return a reference, of the year that it is where the team sits."""
    return f"TC-{timezone.localtime(now).year}-{number:06d}"
