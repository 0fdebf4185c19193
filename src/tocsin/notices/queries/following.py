"""Pressing on: plans, calendars, steps and who is on duty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import F, QuerySet

from tocsin.base.tenancy import Viewer, scoped
from tocsin.core.severity import SEVERITIES
from tocsin.notices import rules
from tocsin.notices.escalation import Plan, Step, shipped
from tocsin.notices.hours import Calendar, Extra
from tocsin.notices.models import (
    CalendarDay,
    DutyOfficer,
    EscalationPlan,
    EscalationStep,
    Policy,
    WorkCalendar,
)
from tocsin.notices.queries.notices import notices


@dataclass(frozen=True, slots=True)
class Applied:
    """The policy that applies to a unit, and why: of those that name it, the one that names it most closely."""

    values: rules.PolicyValues
    policy: Policy | None
    closeness: str
    """How closely it names it: see rules.places."""
    routed: bool = False
    """Whether the organization itself says who of it is told."""


class Following:
    """All calendars and plans, read once: when an organization works, and who is told next while nobody answers."""

    def __init__(
        self, calendars: Iterable[WorkCalendar], days: Iterable[CalendarDay], plans: Iterable[EscalationPlan]
    ) -> None:  # fmt: skip
        every = list(days)
        general = [_extra(day) for day in every if day.organization_id is None]
        own: dict[str, list[Extra]] = {}
        for day in every:
            if day.organization_id is not None:
                own.setdefault(day.organization_id, []).append(_extra(day))
        rows = {row.organization_id or "": row for row in calendars}
        self.general = _calendar(rows.pop("", None), general)
        self._calendars = {
            id_: _calendar(rows.get(id_), [*general, *own.get(id_, [])], self.general) for id_ in {*rows, *own}
        }
        self._plans = {(row.organization_id or "", row.severity): _plan(row) for row in plans}
        self._times: dict[str, tuple[Calendar, frozenset[str]]] = {}

    def calendar(self, organization_id: str) -> Calendar:
        """Return when an organization works; where nothing is said of it, the installation's."""
        return self._calendars.get(organization_id, self.general)

    def plan(self, organization_id: str, severity: str) -> Plan:
        """Return the plan that holds for an organization and a severity."""
        own = self._plans.get((organization_id, severity))
        return own or self._plans.get(("", severity)) or shipped()[severity]

    def times(self, organization_id: str) -> tuple[Calendar, frozenset[str]]:
        """Return when an organization works, and the severities about which it is told at any time."""
        if (found := self._times.get(organization_id)) is None:
            at_once = {name for name in SEVERITIES if not self.plan(organization_id, name).in_working_time}
            found = self._times[organization_id] = self.calendar(organization_id), frozenset(at_once)
        return found


def _extra(day: CalendarDay) -> Extra:
    return Extra(day.first_on, day.last_on, day.works, day.name)


def _calendar(row: WorkCalendar | None, extra: Sequence[Extra], base: Calendar | None = None) -> Calendar:
    base = base or Calendar()
    if row is None:
        return replace(base, extra=tuple(extra))
    quiet = (row.quiet_from, row.quiet_until) if row.quiet_from and row.quiet_until else (time(), time())
    return Calendar(
        row.country, row.subdivision, row.zone, tuple(row.workdays), row.opens, row.closes, *quiet, tuple(row.quiet_for), tuple(extra)
    )  # fmt: skip


def _plan(row: EscalationPlan) -> Plan:
    steps = (Step(step.after, step.unit, step.whom, step.channel) for step in row.steps.all())
    return Plan(row.severity, tuple(steps), row.in_working_time, timedelta(minutes=row.grace_minutes))


def following(viewer: Viewer) -> Following:
    """Return all calendars and plans for look-ups."""
    days = scoped(CalendarDay.objects.order_by("pk"), viewer)
    return Following(scoped(WorkCalendar.objects.all(), viewer), days, plan_rows(viewer))


def steps(viewer: Viewer) -> QuerySet[EscalationStep]:
    """Return the escalation steps of notices that the viewer may see, the next first; only the team sees them."""
    rows = EscalationStep.objects.all() if viewer.sees_everything else EscalationStep.objects.none()
    return rows.select_related("notice__organization").order_by("due_at", "id")


def missed_steps(viewer: Viewer) -> QuerySet[EscalationStep]:
    """Return the steps that were missed, done late, and that nobody has noted."""
    return steps(viewer).filter(state=EscalationStep.State.MISSED, noted_at=None).order_by("-done_at", "id")


def overdue_steps(viewer: Viewer, now: datetime) -> QuerySet[EscalationStep]:
    """Return the steps that should have been done and are not: nothing works on them at the moment."""
    return steps(viewer).filter(state=EscalationStep.State.PENDING, late_after__lt=now)


def coming_steps(viewer: Viewer) -> QuerySet[EscalationStep]:
    """Return the steps that are to come."""
    return steps(viewer).filter(state=EscalationStep.State.PENDING)


def duty_officers(viewer: Viewer) -> QuerySet[DutyOfficer]:
    """Return who is or will be told of warnings that nobody answers; only the team sees them."""
    rows = DutyOfficer.objects.all() if viewer.sees_everything else DutyOfficer.objects.none()
    return rows.order_by("begins_at", "pk")


def plan_rows(viewer: Viewer) -> QuerySet[EscalationPlan]:
    """Return the plans that replace what is shipped, those for all organizations first, the gravest first."""
    rows = scoped(EscalationPlan.objects.all(), viewer).select_related("organization").prefetch_related("steps")
    return rows.order_by(F("organization_id").asc(nulls_first=True), "severity")


def calendar_rows(viewer: Viewer) -> QuerySet[WorkCalendar]:
    """Return the calendars, the installation's first."""
    rows = scoped(WorkCalendar.objects.all(), viewer).select_related("organization")
    return rows.order_by(F("organization_id").asc(nulls_first=True))


def calendar_days(viewer: Viewer, *, since: date | None = None) -> QuerySet[CalendarDay]:
    """Return the extra days, those that are not over by a day, the next first."""
    rows = scoped(CalendarDay.objects.all(), viewer).select_related("organization").order_by("first_on", "pk")
    return rows if since is None else rows.filter(last_on__gte=since)


def next_step(viewer: Viewer) -> datetime | None:
    """Return when the next step of an escalation is due; it may be past. None: nothing is pending."""
    pending = EscalationStep.objects.filter(state=EscalationStep.State.PENDING, notice__in=notices(viewer))
    return pending.order_by("due_at").values_list("due_at", flat=True).first()
