"""Escalation, working time and duty by API, for programs of the team."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status
from pydantic import AwareDatetime

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.core.severity import SEVERITIES
from tocsin.notices import actions, escalation, queries
from tocsin.notices.actions import following
from tocsin.notices.models import CalendarDay, EscalationPlan, WorkCalendar

escalations = Router(tags=["escalations"])
calendars = Router(tags=["calendars"])
duty = Router(tags=["duty"])

Severity = Literal["critical", "high", "medium", "low", "info"]
Unit = Literal["minutes", "hours", "days", "working-hours", "working-days"]
Whom = Literal["next-contact", "same-contacts", "all-contacts", "head", "duty-officer", "organization"]
By = Literal["email", "chat", "webhook", "portal", "letter"]
StepState = Literal["pending", "done", "missed", "nobody", "cancelled"]
_CLOCKS = ("opens", "closes", "quiet_from", "quiet_until")
_ORGANIZATION = _("Identifier of an organization; empty is all.")


# A "time" of JSON Schema has a zone; opening hours are those of the clocks there.
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class PlannedStep(Schema):
    """A step of a plan."""

    after: int = Field(ge=1, le=10_000, description=_("How long after the notice went out."))
    unit: Unit
    whom: Whom = Field(description=_("Who is told; those who were told are not told again."))
    channel: By = "email"


class PlanIn(Schema):
    """Who is told next while nobody answers."""

    organization: str = Field("", max_length=100, description=_ORGANIZATION)
    severity: Severity
    in_working_time: bool = Field(True, description=_("Whether steps wait for working time."))
    grace_minutes: int = Field(60, ge=0, le=10_080, description=_("Done later than this a step counts as missed."))
    steps: list[PlannedStep] = Field(max_length=escalation.MOST_STEPS)
    note: str = Field("", max_length=300)


class PlanOut(PlanIn):
    """A plan that holds."""

    id: int | None = Field(description=_("Empty: it is the one that is shipped."))
    organization: str = Field(description=_ORGANIZATION)


class StepOut(Schema):
    """A step of one notice's plan."""

    id: UUID
    notice: UUID = Field(alias="notice_id")
    reference: str = Field(alias="notice.reference")
    organization: str = Field(alias="notice.organization_id")
    number: int
    whom: str
    channel: str
    due_at: datetime = Field(description=_("Computed once, when the notice went out."))
    state: str = Field(description=_("`missed`: it was done, but late."))
    done_at: datetime | None
    because: str = Field(description=_("Why it was not needed, or told nobody, in one word."))
    n_told: int
    noted_by: str
    noted_at: datetime | None


class StepFilters(Schema):
    """Which steps."""

    state: StepState | None = Field(None, description=_("What became of them."))
    notice: UUID | None = Field(None, description=_("Those of one notice."))
    unnoted: bool = Field(False, description=_("Missed ones that nobody has noted."))


class Noted(Schema):
    """Steps that somebody knows were missed."""

    steps: list[UUID] = Field(min_length=1, max_length=1000)


class NotedOut(Schema):
    """How many were noted."""

    noted: int


class WeekIn(Schema):
    """When somebody works."""

    organization: str = Field("", max_length=100, description=_("Identifier of an organization; empty is the installation."))  # fmt: skip
    country: str = Field("VN", max_length=2, description=_("ISO 3166-1: whose public holidays are not worked; empty: none."))  # fmt: skip
    subdivision: str = Field("", max_length=8)
    zone: str = Field("Asia/Ho_Chi_Minh", max_length=64, description=_("Time zone, by its IANA name."))
    workdays: list[int] = Field([0, 1, 2, 3, 4], max_length=7, description=_("0 is Monday."))
    opens: Clock = "08:00"
    closes: Clock = "17:00"
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    quiet_for: list[Severity] = Field(
        ["info", "low", "medium", "high"], max_length=5, description=_("Severities whose first warning waits too; the gravest never does.")
    )  # fmt: skip


class WeekOut(WeekIn):
    """A calendar."""

    id: int
    organization: str = Field(description=_("Identifier of an organization; empty is the installation."))

    @staticmethod
    def resolve_organization(obj: WorkCalendar) -> str:
        """Return the identifier; empty is the installation."""
        return obj.organization_id or ""

    @staticmethod
    def resolve_opens(obj: WorkCalendar) -> str:
        """Return when it opens."""
        return f"{obj.opens:%H:%M}"

    @staticmethod
    def resolve_closes(obj: WorkCalendar) -> str:
        """Return when it closes."""
        return f"{obj.closes:%H:%M}"

    @staticmethod
    def resolve_quiet_from(obj: WorkCalendar) -> str | None:
        """Return when quiet hours begin."""
        return f"{obj.quiet_from:%H:%M}" if obj.quiet_from is not None else None

    @staticmethod
    def resolve_quiet_until(obj: WorkCalendar) -> str | None:
        """Return when quiet hours end."""
        return f"{obj.quiet_until:%H:%M}" if obj.quiet_until is not None else None


class DaysIn(Schema):
    """Days that are worked or not, whatever the law says."""

    organization: str = Field("", max_length=100, description=_ORGANIZATION)
    first_on: Day
    last_on: Day
    works: bool = False
    name: str = Field(min_length=1, max_length=200)


class DaysOut(DaysIn):
    """Extra days."""

    id: int
    organization: str = Field(description=_ORGANIZATION)
    added_by: str
    added_at: datetime

    @staticmethod
    def resolve_organization(obj: CalendarDay) -> str:
        """Return the identifier; empty is all."""
        return obj.organization_id or ""


class OfficerIn(Schema):
    """Somebody of the team who is told of warnings that nobody answers."""

    name: str = Field(min_length=1, max_length=200)
    email: str = Field(min_length=3, max_length=254)
    language: Literal["vi", "en"] = "vi"
    begins_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class OfficerOut(OfficerIn):
    """Who is on duty."""

    id: int


def _plan(row: EscalationPlan | None, plan: escalation.Plan) -> dict[str, Any]:
    return {
        "id": row.pk if row else None,
        "organization": (row.organization_id or "") if row else "",
        "severity": plan.severity,
        "in_working_time": plan.in_working_time,
        "grace_minutes": int(plan.grace.total_seconds() // 60),
        "note": row.note if row else "",
        "steps": [{"after": s.after, "unit": s.unit, "whom": s.whom, "channel": s.channel} for s in plan.steps],
    }


@escalations.get("", response=Page[StepOut], **route(Scope.NOTICES_READ, _("List escalation steps, the next first")))
def list_steps(request: Call, response: HttpResponse, filters: Query[StepFilters], paging: Query[Paging]) -> Found:
    """Return a page of steps."""
    team_only(request.viewer)
    rows = queries.missed_steps(request.viewer) if filters.unnoted else queries.steps(request.viewer)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.notice:
        rows = rows.filter(notice=filters.notice)
    return page(request, response, rows, paging, ("due_at", "id"))


@escalations.post(
    "/notes",
    response=NotedOut,
    **route(Scope.NOTICES_WRITE, _("Say that you know of missed steps"), _("The alarm ends with the last."), also=(409,)),
)  # fmt: skip
def note_steps(request: Call, body: Noted) -> dict[str, int]:
    """Note missed steps."""
    team_only(request.viewer)
    try:
        return {"noted": actions.note(steps=body.steps, actor=request.viewer, now=datetime.now(UTC))}
    except actions.NothingMissed as error:
        raise Problem(CONFLICT, gettext("None of them was missed, or somebody has noted it.")) from error


@escalations.get(
    "/plans", response=list[PlanOut], **route(Scope.NOTICES_READ, _("List the escalation plans that hold, by severity"))
)
def list_plans(request: Call) -> list[dict[str, Any]]:
    """Return the general plan of each severity, then those of organizations."""
    team_only(request.viewer)
    rows = list(queries.plan_rows(request.viewer))
    every = queries.following(request.viewer)
    general = {row.severity: row for row in rows if row.organization_id is None}
    found = [_plan(general.get(severity), every.plan("", severity)) for severity in SEVERITIES]
    own = [row for row in rows if row.organization_id is not None]
    return found + [_plan(row, every.plan(row.organization_id or "", row.severity)) for row in own]


@escalations.put(
    "/plans",
    response=PlanOut,
    **route(
        Scope.NOTICES_APPROVE,
        _("Set the escalation plan for a severity"),
        _("It replaces the one there is. Notices that are out keep their instants."),
    ),
)
def set_plan(request: Call, body: PlanIn) -> dict[str, Any]:
    """Make or replace a plan."""
    team_only(request.viewer)
    steps = [escalation.Step(**step.model_dump()) for step in body.steps]
    given = body.model_dump(exclude={"organization", "steps"})
    try:
        row = following.set_plan(
            organization_id=body.organization, steps=steps, actor=request.viewer, now=datetime.now(UTC), **given
        )  # fmt: skip
    except escalation.BadPlan as error:
        raise Problem(INVALID, errors=[{"pointer": "body/steps", "detail": str(error)}]) from error
    except actions.NoSuchOrganization as error:
        raise _no_organization() from error
    return _plan(row, queries.following(request.viewer).plan(body.organization, body.severity))


@escalations.delete(
    "/plans/{int:id_}",
    response={204: None},
    **route(Scope.NOTICES_APPROVE, _("Remove a plan: the general one, or what is shipped, holds again")),
)
def remove_plan(request: Call, id_: int) -> Status[None]:
    """Remove a plan."""
    team_only(request.viewer)
    found = get_object_or_404(queries.plan_rows(request.viewer), pk=id_)
    following.remove_plan(plan=found, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)


def _no_organization() -> Problem:
    wrong = {"pointer": "body/organization", "detail": gettext("There is no such organization.")}
    return Problem(INVALID, errors=[wrong])


def _bad(error: following.BadCalendar) -> Problem:
    return Problem(INVALID, errors=[{"pointer": f"body/{error.field}", "detail": str(error)}])


@calendars.get("", response=list[WeekOut], **route(Scope.NOTICES_READ, _("List who works when")))
def list_calendars(request: Call) -> Any:
    """Return the calendars that were set, the installation's first; without any, Vietnam's usual week holds."""
    team_only(request.viewer)
    return queries.calendar_rows(request.viewer)[:1000]


@calendars.put("", response=WeekOut, **route(Scope.NOTICES_APPROVE, _("Say when the installation or an organization works")))  # fmt: skip
def set_calendar(request: Call, body: WeekIn) -> WorkCalendar:
    """Make or replace a calendar."""
    team_only(request.viewer)
    given = body.model_dump(exclude={"organization"})
    clocks = {name: given[name] and time.fromisoformat(given[name]) for name in _CLOCKS}
    week = following.Week(**given | clocks)
    try:
        return following.set_calendar(
            organization_id=body.organization, week=week, actor=request.viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except following.BadCalendar as error:
        raise _bad(error) from error
    except actions.NoSuchOrganization as error:
        raise _no_organization() from error


@calendars.delete("/{int:id_}", response={204: None}, **route(Scope.NOTICES_APPROVE, _("Forget when somebody works")))
def remove_calendar(request: Call, id_: int) -> Status[None]:
    """Remove a calendar."""
    team_only(request.viewer)
    found = get_object_or_404(queries.calendar_rows(request.viewer), pk=id_)
    following.remove_calendar(calendar=found, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)


@calendars.get("/days", response=Page[DaysOut], **route(Scope.NOTICES_READ, _("List the extra days, the first first")))
def list_days(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of extra days."""
    team_only(request.viewer)
    return page(request, response, queries.calendar_days(request.viewer).order_by("id"), paging, ("id",))


@calendars.post("/days", response={201: DaysOut}, **route(Scope.NOTICES_APPROVE, _("Add days that are worked, or not")))
def add_days(request: Call, body: DaysIn) -> Status[Any]:
    """Add extra days."""
    team_only(request.viewer)
    given = body.model_dump(exclude={"organization"})
    try:
        made = following.add_days(
            organization_id=body.organization, actor=request.viewer, now=datetime.now(UTC), **given
        )  # fmt: skip
    except following.BadCalendar as error:
        raise _bad(error) from error
    except actions.NoSuchOrganization as error:
        raise _no_organization() from error
    return Status(201, made)


@calendars.delete("/days/{int:id_}", response={204: None}, **route(Scope.NOTICES_APPROVE, _("Take extra days back")))
def remove_days(request: Call, id_: int) -> Status[None]:
    """Remove extra days."""
    team_only(request.viewer)
    found = get_object_or_404(queries.calendar_days(request.viewer), pk=id_)
    following.remove_days(days=found, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)


@duty.get("", response=list[OfficerOut], **route(Scope.NOTICES_READ, _("List who of the team is on duty")))
def list_officers(request: Call) -> Any:
    """Return the duty officers."""
    team_only(request.viewer)
    return queries.duty_officers(request.viewer)[:1000]


@duty.post("", response={201: OfficerOut}, **route(Scope.NOTICES_APPROVE, _("Put somebody on duty")))
def add_officer(request: Call, body: OfficerIn) -> Status[Any]:
    """Name a duty officer."""
    team_only(request.viewer)
    try:
        made = following.put_on_duty(**body.model_dump(), actor=request.viewer, now=datetime.now(UTC))
    except following.BadCalendar as error:
        raise _bad(error) from error
    return Status(201, made)


@duty.delete("/{int:id_}", response={204: None}, **route(Scope.NOTICES_APPROVE, _("Take somebody off duty")))
def remove_officer(request: Call, id_: int) -> Status[None]:
    """Remove a duty officer."""
    team_only(request.viewer)
    found = get_object_or_404(queries.duty_officers(request.viewer), pk=id_)
    following.take_off_duty(officer=found, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)
