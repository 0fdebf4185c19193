"""Weigh units: look at their findings as they stand now, and decide; hold back what a notice already speaks of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Q, Value, When

from tocsin.findings.models import Finding, Sensor
from tocsin.notices import queries, rules
from tocsin.notices.actions import planning, trialling
from tocsin.notices.actions.planning import NAMES, Groups, Plan, Unit
from tocsin.notices.models import DecisionLog, Notice, State
from tocsin.notices.rules import Reason
from tocsin.trials.queries import Running


@dataclass(slots=True)
class Decided:
    """What a round decided. `reasons` counts units; `rested` counts those before the round, by where they rested."""

    reasons: Counter[str] = field(default_factory=Counter)
    rested: Counter[str] = field(default_factory=Counter)
    units: list[Unit] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    made: int = 0
    left: int = 0
    """Organizations and kinds that a dry run did not come to."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is the same for every unit of a round."""

    now: datetime
    policies: queries.Policies
    silences: queries.Silences
    reachable: set[str]
    networks: bool
    """Whether any policy groups by network: only then is the holding of each finding asked for."""
    trials: Sequence[Running] = ()
    """Those that hold now; usually none."""


def weigh(groups: Groups, round_: Round, decided: Decided) -> tuple[list[Unit], list[Plan], dict[str, list[UUID]]]:
    """Decide about these; return the units, the notices to make, and those to withdraw by why."""
    held_back = Notice.objects.filter(
        state__in=[State.WAITING, State.NO_CONTACT], emergency=None, organization__in=list(groups)
    )
    blocking = list(held_back.only("state", "organization_id", "parts"))
    units = _units(groups, round_)
    if more := _doubtful(units, blocking, groups):
        units += _units(more, round_)
        for organization, kinds in more.items():
            groups[organization] |= kinds
    dropped = _block(units, blocking, round_)
    trialling.enter(units, round_.trials, round_.now)
    decided.rested.update(log.rests for log in logs(groups).values())
    for unit in units:
        if unit.decision.sends:
            unit.carried = {
                seen: what
                for seen in unit.rows
                if (what := rules.carries(seen, unit.decision, policy=unit.applied.values, now=round_.now))
            }
    plans = planning.plans_of([unit for unit in units if unit.decision.sends], round_.now)
    unreached = {unit.name for plan in plans if plan.state is State.NO_CONTACT for unit in plan.units}
    decided.reasons.update(
        Reason.NO_CONTACT.value if unit.name in unreached else unit.decision.reason.value for unit in units
    )
    return units, plans, dropped


def among(groups: Groups) -> dict[str, Any]:
    """Return the filter that an index answers for these groups and perhaps some others: see who else is there."""
    return {"organization__in": sorted(groups), "kind__in": sorted(set().union(*groups.values()))}


def logs(groups: Groups) -> dict[tuple[str, str, str], DecisionLog]:
    """Return the latest decisions about these groups, by unit."""
    rows = DecisionLog.objects.filter(**among(groups))
    return {
        (log.organization_id, log.kind, log.network): log for log in rows if log.kind in groups[log.organization_id]
    }


def _whether(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False))


JUDGED = {
    "is_open": _whether(~Q(sensor=Sensor.GONE)),
    "seen_again": _whether(Q(last_seen__gt=F("heard_at"))),
    "told_since": _whether(Q(told_at__gt=F("heard_at"))),
    "came_back": _whether(Q(reopened_at__gt=F("told_at"))),
}
"""What is asked of a finding beside its columns."""
LOOKS = ("severity_rank", "told_at", "told_rank", "owner", "fixing_until", "declined_rank", *JUDGED)
"""All that a decision sees of a finding: see rules.Seen."""


def _look(rank: int, told_at: datetime | None, told: int | None, owner: str,
          until: datetime | None, declined: int | None, is_open: bool, *judged: bool) -> rules.Seen:  # fmt: skip
    return rules.Seen(
        NAMES[rank], told_at, NAMES.get(told or 0), is_open, owner, until, NAMES.get(declined or 0), *judged
    )  # fmt: skip


def _units(groups: Groups, round_: Round) -> list[Unit]:
    columns = ["organization_id", "kind", "type", *LOOKS, *(["because"] if round_.networks else [])]
    rows = Finding.objects.filter(**among(groups)).annotate(**JUDGED).order_by().values_list(*columns)
    found: dict[tuple[str, str, str], Unit] = {}
    for organization, kind, rsit, *rest in rows.annotate(n=Count("pk")).iterator(chunk_size=5000):
        if kind not in groups[organization]:
            continue
        *looks, n = rest
        because = looks.pop() if round_.networks else ""
        applied = round_.policies.get(organization, kind, rsit)
        network = because if applied.values.grouping == "network" else ""
        unit = found.get((organization, kind, network))
        if unit is None:
            silenced = round_.silences.until(organization, kind, rsit)
            nothing = rules.Decision(Reason.NOTHING_NEW)
            unit = Unit(organization, kind, network, rsit, {}, applied, silenced, nothing)
            found[unit.name] = unit
        seen = _look(*looks)
        unit.rows[seen] = unit.rows.get(seen, 0) + n
    promised = _promised(groups) if round_.policies.any_rhythm else {}
    for unit in found.values():
        unit.decision = rules.decide(
            unit.rows, policy=unit.applied.values, now=round_.now, silenced_until=unit.silenced_until, promised=promised.get(unit.name)
        )  # fmt: skip
    return sorted(found.values(), key=lambda unit: unit.name)


def _promised(groups: Groups) -> dict[tuple[str, str, str], datetime]:
    """Return until when units are gathered, as they were told; also where quiet hours came in between."""
    waiting = {Reason.GATHERED_BY_OWNER, Reason.WAITS_FOR_HOURS}
    return {name: log.next_at for name, log in logs(groups).items() if log.next_at is not None and log.rests in waiting}


def _held(notice: Notice, units: list[Unit]) -> list[Unit]:
    """Return those of these units that a notice speaks of."""
    parts = {(part["kind"], part["network"]) for part in notice.parts}
    kinds = {kind for kind, _ in parts}
    return [
        unit
        for unit in units
        if unit.organization_id == notice.organization_id
        and unit.kind in kinds
        and (not unit.network or {(unit.kind, ""), (unit.kind, unit.network)} & parts)
    ]


def _doubtful(units: list[Unit], blocking: list[Notice], groups: Groups) -> Groups:
    """Return what else to look at before a notice may be called pointless: the rest of what it speaks of."""
    more: Groups = defaultdict(set)
    for notice in blocking:
        held = _held(notice, units)
        if held and not any(unit.decision.tells for unit in held):
            rest = {part["kind"] for part in notice.parts} - groups[notice.organization_id]
            if rest:
                more[notice.organization_id] |= rest
    return more


def _block(units: list[Unit], blocking: list[Notice], round_: Round) -> dict[str, list[UUID]]:
    """Hold back what a notice that has not gone out yet speaks of; return the notices that have become pointless, by why."""
    dropped: dict[str, list[UUID]] = {}
    kept: list[tuple[Notice, list[Unit]]] = []
    for notice in blocking:
        held = _held(notice, units)
        if notice.state == State.NO_CONTACT and notice.organization_id in round_.reachable:
            dropped.setdefault("there is somebody to tell now: a new notice follows", []).append(notice.pk)
        elif held and not any(unit.decision.tells for unit in held):
            dropped.setdefault("there is nothing to tell any more", []).append(notice.pk)
        else:
            kept.append((notice, held))
    for notice, held in kept:
        why = Reason.NO_CONTACT if notice.state == State.NO_CONTACT else Reason.AWAITING_APPROVAL
        for unit in held:
            unit.blocked_by = notice.pk
            unit.decision = rules.decide(
                unit.rows, policy=unit.applied.values, now=round_.now, silenced_until=unit.silenced_until, blocked=why
            )
    return dropped
