"""Write down what was decided: notices, their lines, their deliveries, what was told, and where each unit rests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM
from tocsin.core.severity import SEVERITIES
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding
from tocsin.notices import rules
from tocsin.notices.actions import moving, weighing
from tocsin.notices.actions.planning import NAMES, Groups, Plan, Recipient, Unit
from tocsin.notices.actions.ways import endpoints
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
                n_findings=sum(unit.n for unit in plan.units), follows_id=plan.follows,
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
    let_go = [(plan.id, plan.organization_id, plan.language) for plan in plans if plan.state is State.READY]
    Delivery.objects.bulk_create(endpoints.companions(let_go, state="ready", now=now))
    remember_told([plan.id for plan in plans if plan.state is State.READY], now)
    return [
        moving.act(plan.reference, plan.state, organization=plan.organization_id, reason=plan.reason.value, findings=sum(unit.n for unit in plan.units))
        for plan in plans
    ]  # fmt: skip


def _write_lines(plans: list[Plan]) -> None:
    every = lines(plans)
    while part := list(islice(every, 2000)):
        NoticeFinding.objects.bulk_create(part)


def lines(plans: list[Plan]) -> Iterator[NoticeFinding]:
    """Yield what the notices tell of each finding, as it stands now."""
    of: dict[tuple[str, str, str], tuple[UUID, Unit]] = {
        unit.name: (plan.id, unit) for plan in plans for unit in plan.units
    }
    parts = {(o, k) for o, k, _ in of}
    whole = {(o, k): n == "" for o, k, n in of}
    groups: Groups = defaultdict(set)
    for organization, kind in parts:
        groups[organization].add(kind)
    columns = (
        "pk",
        "organization_id",
        "kind",
        "because",
        "type",
        "first_seen",
        "last_seen",
        "count",
        "ports",
        *weighing.LOOKS,
    )
    rows = (
        Finding.objects.filter(**weighing.among(groups)).annotate(**weighing.COMPARED).order_by().values_list(*columns)
    )
    for id_, organization, kind, because, rsit, first, last, count, ports, *looks in rows.iterator(chunk_size=2000):
        found = of.get((organization, kind, "" if whole.get((organization, kind)) else because))
        # What changed since it was weighed is left to the next round: its news are still there.
        what = found[1].carried.get(weighing.look(*looks)) if found is not None else None
        if found is None or what is None:
            continue
        yield NoticeFinding(
            notice_id=found[0], finding_id=id_, severity=NAMES[looks[0]], severity_rank=looks[0], told_severity=NAMES.get(looks[2] or 0, ""), what=what, type=rsit,
            first_seen=first, last_seen=last, count=count, ports=ports, because=because,
        )  # fmt: skip


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
    gone = [log.pk for name, log in old.items() if name not in {unit.name for unit in units}]
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
