"""Set who is told next while nobody answers, when people work, and who of the team is on duty. Administrators do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import queries as constituency
from tocsin.core.severity import RANK
from tocsin.findings import actions as findings
from tocsin.notices import escalation, hours
from tocsin.notices.actions.policies import NoSuchOrganization
from tocsin.notices.escalation import BadPlan, Step
from tocsin.notices.models import CalendarDay, DecisionLog, DutyOfficer, EscalationPlan, PlannedStep, WorkCalendar
from tocsin.notices.rules import GRAVEST

LONGEST_DAYS_OFF = 366
QUIET_FOR = ("info", "low", "medium", "high")
"""Severities whose first warning waits for the end of quiet hours, where nothing else is said; the gravest never waits."""


class BadCalendar(Exception):
    """A value of the calendar cannot be; `field` says which."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(f"{field}: {says}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Week:
    """How a calendar is to be."""

    country: str = "VN"
    subdivision: str = ""
    zone: str = "Asia/Ho_Chi_Minh"
    workdays: Sequence[int] = (0, 1, 2, 3, 4)
    opens: time = time(8)
    closes: time = time(17)
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_for: Sequence[str] = QUIET_FOR


@transaction.atomic
def set_plan(
    *,
    organization_id: str,
    severity: str,
    steps: Sequence[Step],
    in_working_time: bool,
    grace_minutes: int,
    actor: Viewer,
    now: datetime,
    note: str = "",
) -> EscalationPlan:
    """Make or replace the plan for a severity, of an organization ("" for all). Notices that are out keep their instants.

    Raise NotAllowed, BadPlan, NoSuchOrganization.
    """
    _may(actor)
    if severity not in RANK:
        raise BadPlan(f"severity {severity!r} is none of {', '.join(RANK)}")
    escalation.check(steps)
    if not 0 <= grace_minutes <= 7 * 24 * 60:
        raise BadPlan(f"{grace_minutes} minutes: from 0 to a week")
    _exists(organization_id)
    values = {"in_working_time": in_working_time, "grace_minutes": grace_minutes, "note": note.strip()[:300]}
    row, _ = EscalationPlan.objects.update_or_create(
        organization_id=organization_id or None,
        severity=severity,
        defaults={**values, "changed_by": actor.email, "changed_at": now},
    )
    row.steps.all().delete()
    PlannedStep.objects.bulk_create(
        PlannedStep(plan=row, number=number, after=step.after, unit=step.unit, whom=step.whom, channel=step.channel)
        for number, step in enumerate(steps, start=1)
    )
    _decide_again(organization_id)
    told = [f"{step.after} {step.unit}: {step.whom} by {step.channel}" for step in steps]
    _record(
        "plan-set", "escalation-plan", f"{organization_id or '*'}/{severity}", actor, now, {**values, "steps": told}
    )
    return row


@transaction.atomic
def remove_plan(*, plan: EscalationPlan, actor: Viewer, now: datetime) -> None:
    """Remove a plan: the general one, or what is shipped, holds again. Raise NotAllowed."""
    _may(actor)
    _record(
        "plan-removed", "escalation-plan", f"{plan.organization_id or '*'}/{plan.severity}", actor, now, {}
    )  # fmt: skip
    _decide_again(plan.organization_id or "")
    plan.delete()


@transaction.atomic
def set_calendar(*, organization_id: str, week: Week, actor: Viewer, now: datetime) -> WorkCalendar:
    """Say when the installation works ("" for it), or an organization. Raise NotAllowed, BadCalendar, NoSuchOrganization."""
    _may(actor)
    _check(week, now)
    _exists(organization_id)
    values: dict[str, Any] = {
        "country": week.country, "subdivision": week.subdivision, "zone": week.zone, "workdays": sorted(set(week.workdays)), "opens": week.opens,
        "closes": week.closes, "quiet_from": week.quiet_from, "quiet_until": week.quiet_until, "quiet_for": sorted(set(week.quiet_for)),
    }  # fmt: skip
    row, _ = WorkCalendar.objects.update_or_create(
        organization_id=organization_id or None, defaults={**values, "changed_by": actor.email, "changed_at": now}
    )
    _decide_again(organization_id)
    told = {name: value.isoformat() if isinstance(value, time) else value for name, value in values.items()}
    _record("calendar-set", "calendar", organization_id or "*", actor, now, told)
    return row


@transaction.atomic
def remove_calendar(*, calendar: WorkCalendar, actor: Viewer, now: datetime) -> None:
    """Forget what was said of when somebody works: the installation's calendar, or the usual week, holds. Raise NotAllowed."""
    _may(actor)
    _record("calendar-removed", "calendar", calendar.organization_id or "*", actor, now, {})
    _decide_again(calendar.organization_id or "")
    calendar.delete()


@transaction.atomic
def add_days(
    *, organization_id: str, first_on: date, last_on: date, works: bool, name: str, actor: Viewer, now: datetime
) -> CalendarDay:  # fmt: skip
    """Say that days are not worked, or are though the law says not. Raise NotAllowed, BadCalendar, NoSuchOrganization."""
    _may(actor)
    if not name.strip():
        raise BadCalendar("name", "say what these days are")
    if not timedelta() <= last_on - first_on < timedelta(days=LONGEST_DAYS_OFF):
        raise BadCalendar("last_on", "the last day is not before the first, and within a year of it")
    _exists(organization_id)
    row = CalendarDay.objects.create(
        organization_id=organization_id or None, first_on=first_on, last_on=last_on, works=works, name=name.strip()[:200],
        added_by=actor.email, added_at=now,
    )  # fmt: skip
    _decide_again(organization_id)
    detail = {"first": first_on.isoformat(), "last": last_on.isoformat(), "works": works, "name": row.name}
    _record("calendar-days-added", "calendar", organization_id or "*", actor, now, detail)
    return row


@transaction.atomic
def remove_days(*, days: CalendarDay, actor: Viewer, now: datetime) -> None:
    """Take extra days back. Raise NotAllowed."""
    _may(actor)
    detail = {"first": days.first_on.isoformat(), "last": days.last_on.isoformat(), "name": days.name}
    _record("calendar-days-removed", "calendar", days.organization_id or "*", actor, now, detail)
    _decide_again(days.organization_id or "")
    days.delete()


@transaction.atomic
def put_on_duty(
    *, name: str, email: str, language: str, begins_at: datetime | None, ends_at: datetime | None, actor: Viewer, now: datetime
) -> DutyOfficer:  # fmt: skip
    """Name somebody whom the team's steps tell, from an instant to an instant; None is open. Raise NotAllowed, BadCalendar."""
    _may(actor)
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise BadCalendar("email", "no e-mail address") from error
    if not name.strip():
        raise BadCalendar("name", "say who it is")
    if begins_at is not None and ends_at is not None and ends_at <= begins_at:
        raise BadCalendar("ends_at", "it ends after it begins")
    row = DutyOfficer.objects.create(
        name=name.strip()[:200], email=email.strip().lower(), language=language or "vi", begins_at=begins_at, ends_at=ends_at
    )  # fmt: skip
    _record("duty-set", "duty-officer", row.email, actor, now, {"name": row.name})
    return row


@transaction.atomic
def take_off_duty(*, officer: DutyOfficer, actor: Viewer, now: datetime) -> None:
    """Name somebody no more. Raise NotAllowed."""
    _may(actor)
    _record("duty-removed", "duty-officer", officer.email, actor, now, {"name": officer.name})
    officer.delete()


def _may(actor: Viewer) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed(actor.role.value)


def _exists(organization_id: str) -> None:
    if organization_id and not constituency.organizations(SYSTEM).filter(pk=organization_id).exists():
        raise NoSuchOrganization(organization_id)


def _check(week: Week, now: datetime) -> None:
    try:
        hours.days_off(week.country, week.subdivision, now.year)
    except hours.UnknownCountry as error:
        raise BadCalendar("country", "no holidays of it are known") from error
    if week.zone not in available_timezones():
        raise BadCalendar("zone", "no time zone, such as Asia/Ho_Chi_Minh")
    ZoneInfo(week.zone)
    if not set(week.workdays) or not set(week.workdays) <= set(range(7)):
        raise BadCalendar("workdays", "at least one day, 0 is Monday")
    if week.closes <= week.opens:
        raise BadCalendar("closes", "it closes after it opens")
    if (week.quiet_from is None) != (week.quiet_until is None):
        raise BadCalendar("quiet_until", "both ends of quiet hours, or none")
    if unknown := set(week.quiet_for) - set(RANK):
        raise BadCalendar("quiet_for", f"{sorted(unknown)[0]!r} is no severity")
    if GRAVEST in week.quiet_for:
        raise BadCalendar("quiet_for", f"a warning that is {GRAVEST} never waits")


def _decide_again(organization_id: str) -> None:
    """Let reminders be timed anew."""
    logs = DecisionLog.objects.exclude(next_at=None).order_by()
    if organization_id:
        logs = logs.filter(organization_id=organization_id)
    findings.note_news(logs.values_list("organization_id", "kind").distinct())


def _record(
    action: str, kind: str, object_id: str, actor: Viewer, now: datetime, detail: dict[str, Any]
) -> None:  # fmt: skip
    audit.record(actor=actor, action=action, object_kind=kind, object_id=object_id, now=now, detail=detail)
