"""First warnings that take part in a trial: which way the lot gives them, and what that changes. Without a trial, nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from tocsin.base.tenancy import SYSTEM
from tocsin.core.severity import RANK
from tocsin.notices import rules
from tocsin.notices.actions import ways
from tocsin.notices.actions.planning import Entry, Plan, Unit
from tocsin.notices.actions.ways import endpoints
from tocsin.notices.models import Delivery, Notice
from tocsin.notices.rules import Reason
from tocsin.trials import actions as trials
from tocsin.trials import queries
from tocsin.trials.rules.lot import admits


def enter(units: Iterable[Unit], running: Sequence[queries.Running], now: datetime) -> None:
    """Say of each unit that is to be told for the first time whether it takes part, and let it wait where the lot says so."""
    firsts = [unit for unit in units if unit.decision.reason is Reason.FIRST]
    if not running or not firsts:
        return
    organizations = {unit.organization_id for unit in firsts}
    assigned = queries.assigned(SYSTEM, organizations)
    entered = queries.entered(SYSTEM, organizations)
    sectors = queries.sectors(SYSTEM, organizations)
    by_id = {trial.id: trial for trial in running}
    today = timezone.localtime(now).date()
    for unit in firsts:
        new = {seen.severity for seen in unit.rows if _is_told(seen, unit, now)}
        lowest = min((RANK[severity] for severity in new), default=0)
        # A policy that begins to group by network does not begin the waiting anew.
        before = assigned.get(unit.name) or assigned.get((unit.organization_id, unit.kind, ""))
        if before is not None:
            if before.trial_id in by_id:
                unit.entry = Entry(before.trial_id, before.arm, lowest, before.waits_until, before.pk)
                unit.entry.leaves = before.left_at is not None or "critical" in new
        elif (unit.organization_id, unit.kind) not in entered:  # else what waited elsewhere would wait a second time
            sector = sectors.get(unit.organization_id, "")
            for trial in running:
                if trial.open and admits(trial.design, kind=unit.kind, severities=new, sector=sector, today=today):
                    arm = trial.arm_of(unit.organization_id, unit.kind)
                    days = trial.design.arms[arm].delay_days
                    unit.entry = Entry(trial.id, arm, lowest, now + timedelta(days=days) if days else None)
                    break
        entry = unit.entry
        if entry is not None and not entry.leaves and entry.waits_until is not None and entry.waits_until > now:
            unit.decision = rules.Decision(Reason.TRIAL_WAITS, entry.waits_until)


def _is_told(seen: rules.Seen, unit: Unit, now: datetime) -> bool:
    return rules.carries(seen, unit.decision, policy=unit.applied.values, now=now) == "new"


def write_down(units: Iterable[Unit], now: datetime) -> None:
    """Write down what the lot gave, before anything is told."""
    entered = [(unit, unit.entry) for unit in units if unit.entry is not None]
    drawn = [
        trials.Drawn(entry.trial, *unit.name, entry.arm, entry.lowest_rank, entry.waits_until)
        for unit, entry in entered
        if entry.id is None
    ]
    trials.assign(drawn=drawn, now=now)
    left = [entry.id for _, entry in entered if entry.leaves and entry.id is not None]
    if left:
        trials.leave(ids=left, now=now)


def beside(notices: Iterable[Plan | Notice], *, now: datetime) -> list[Delivery]:
    """Return the rows that carry notices that are let go to where they go beside mail."""
    rows = list(notices)
    arms = queries.arms(SYSTEM, [row.trial_id for row in rows])
    channel = {row.id: arms[row.trial_id][row.arm or 0].channel for row in rows if row.trial_id in arms}
    both = [(row.id, row.organization_id, row.language) for row in rows if channel.get(row.id) != "email"]
    made = endpoints.companions(both, state="ready", now=now)
    lettered = [row for row in rows if channel.get(row.id) == "email-and-letter"]
    return made + [_letter(row, now) for row in lettered]


def _letter(notice: Plan | Notice, now: datetime) -> Delivery:
    organization = queries.organization(SYSTEM, notice.organization_id)
    (to,) = ways.way("letter").addressees(organization, [], "vi")
    return Delivery(
        notice_id=notice.id, channel="letter", recipient=to.key, name=to.name, language=to.language, state="ready",
        message_id=f"<{notice.id.hex}.letter@tocsin>", next_attempt_at=now,
    )  # fmt: skip
