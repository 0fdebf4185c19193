"""Trials by API, for programs of the team. A token of an organization sees none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.trials import actions, forms, queries
from tocsin.trials.models import Trial
from tocsin.trials.rules.design import LONGEST_DELAY, BadDesign

router = Router(tags=["trials"])


class ArmDocument(Schema):
    """One of the two ways. Which of its fields counts is said by what the trial compares."""

    name: str = Field(min_length=1, max_length=60)
    text_vi: str = Field("", max_length=2000, description=_("A paragraph before the findings; empty: the usual mail."))
    text_en: str = Field("", max_length=2000)
    channel: Literal["email", "email-and-rooms", "email-and-letter"] = "email-and-rooms"
    sender: str = Field("", max_length=60, description=_("The name before the team's address; empty: the usual one."))
    delay_days: int = Field(0, ge=0, le=LONGEST_DELAY)


class DesignDocument(Schema):
    """A trial as it is registered; the first arm is the usual way, the second what is tried."""

    name: str = Field(min_length=1, max_length=200)
    question: str = Field(min_length=1, max_length=2000)
    compares: Literal["text", "channel", "sender", "later"]
    arms: list[ArmDocument] = Field(min_length=2, max_length=2)
    unit: Literal["organization", "organization-and-kind"] = Field(
        "organization", description=_("What the lot is drawn for.")
    )
    kinds: list[str] = Field([], max_length=500, description=_("Empty: every kind."))
    severities: list[Literal["high", "medium", "low", "info"]] = Field(
        ["high", "medium", "low"], min_length=1, max_length=4, description=_("The gravest never take part.")
    )
    sectors: list[str] = Field([], max_length=100, description=_("Empty: every sector."))
    outcome: Literal["verified", "answered"] = "verified"
    within_days: int = Field(ge=1, le=90)
    horizon_days: int = Field(ge=1, le=180)
    planned_organizations: int = Field(ge=4, le=100_000)
    findings_each: float = Field(1, ge=1, le=100_000)
    expected_share: float = Field(ge=0, le=1)
    smallest_difference: float = Field(ge=0.001, le=1)
    correlation: float = Field(0.1, ge=0, le=1)
    starts_on: Day
    ends_on: Day
    agreed_by: str = Field(
        "", max_length=200, description=_("Who leads the team and agreed; needed to register.")
    )  # fmt: skip
    agreed_on: Day | None = None


class TrialLine(Schema):
    """A trial, and how far it has come."""

    id: UUID
    name: str
    state: Literal["draft", "registered", "running", "ended", "reported"]
    sha256: str = Field(description=_("Of the design and the seed's fingerprint, as registered."))
    created_by: str
    created_at: datetime
    registered_by: str
    registered_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    stopped_by: str = Field(description=_("Who ended it before its last day; empty: nobody did."))
    stopped_because: str
    n_looks: int = Field(description=_("How often somebody looked before the planned analysis."))
    n_organizations: int
    n_findings: int
    reported_at: datetime | None
    report_sha256: str


class DesignOut(DesignDocument):
    """A design as it stands."""

    starts_on: date
    ends_on: date
    agreed_on: date | None


class TrialOut(TrialLine):
    """A trial, whole."""

    design: DesignOut
    power: float = Field(description=_("How probably the smallest difference that matters would be found."))
    holds: bool = Field(description=_("Whether the design is still what was registered."))
    analysis_at: datetime = Field(description=_("When the registered analysis is due."))
    interim: dict[str, Any] | None = Field(
        description=_("What the last look before the planned analysis saw: interim, not the registered analysis.")
    )
    report: dict[str, Any] | None = Field(description=_("The registered analysis."))

    @staticmethod
    def resolve_power(row: Trial) -> float:
        """Compute it from the design."""
        return row.plan.power


class StopIn(Schema):
    """Why it ends."""

    because: str = Field(min_length=1, max_length=1000)


@router.get("", response=Page[TrialLine], **route(Scope.NOTICES_READ, _("List trials, the newest first")))
def list_trials(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of them."""
    team_only(request.viewer)
    return page(request, response, queries.trials(request.viewer), paging, ("-id",))


@router.post(
    "",
    response={201: TrialOut},
    **route(Scope.NOTICES_APPROVE, _("Draft a trial"), _("A draft does nothing until it is registered and started.")),
)
def draft_trial(request: Call, body: DesignDocument) -> Status[Any]:
    """Keep a draft."""
    team_only(request.viewer)
    made = _doing(
        lambda: actions.create(design=body.model_dump(mode="json"), actor=request.viewer, now=datetime.now(UTC))
    )
    return Status(201, _found(request, made.pk))


@router.get("/{uuid:id_}", response=TrialOut, **route(Scope.NOTICES_READ, _("Tell a trial, whole")))
def get_trial(request: Call, id_: UUID) -> Trial:
    """Return one."""
    return _found(request, id_)


@router.put("/{uuid:id_}", response=TrialOut, **route(Scope.NOTICES_APPROVE, _("Change a draft"), also=(409,)))
def change_trial(request: Call, id_: UUID, body: DesignDocument) -> Trial:
    """Replace the design of a draft."""
    row = _found(request, id_)
    design = body.model_dump(mode="json")
    _doing(lambda: actions.change(id_=row.pk, design=design, actor=request.viewer, now=datetime.now(UTC)))
    return _found(request, id_)


@router.delete("/{uuid:id_}", response={204: None}, **route(Scope.NOTICES_APPROVE, _("Drop a draft"), also=(409,)))
def drop_trial(request: Call, id_: UUID) -> Status[None]:
    """Drop a draft."""
    row = _found(request, id_)
    _doing(lambda: actions.drop(id_=row.pk, actor=request.viewer, now=datetime.now(UTC)))
    return Status(204, None)


@router.post(
    "/{uuid:id_}/registration",
    response=TrialOut,
    **route(
        Scope.NOTICES_APPROVE,
        _("Register a trial"),
        _("Nothing of it can be changed afterwards; its hash stands in the audit trail."),
        also=(409,),
    ),
)
def register_trial(request: Call, id_: UUID) -> Trial:
    """Freeze what will be compared."""
    row = _found(request, id_)
    _doing(lambda: actions.register(id_=row.pk, actor=request.viewer, now=datetime.now(UTC)))
    return _found(request, id_)


@router.post(
    "/{uuid:id_}/start",
    response=TrialOut,
    **route(Scope.NOTICES_APPROVE, _("Start a trial"), _("First warnings enter by lot."), also=(409,)),
)
def start_trial(request: Call, id_: UUID) -> Trial:
    """Let findings enter."""
    row = _found(request, id_)
    _doing(lambda: actions.start(id_=row.pk, actor=request.viewer, now=datetime.now(UTC)))
    return _found(request, id_)


@router.post(
    "/{uuid:id_}/stop",
    response=TrialOut,
    **route(Scope.NOTICES_APPROVE, _("Stop a trial"), _("Whoever waits is told in the next round."), also=(409,)),
)
def stop_trial(request: Call, id_: UUID, body: StopIn) -> Trial:
    """End it before its last day."""
    row = _found(request, id_)
    _doing(lambda: actions.stop(id_=row.pk, because=body.because, actor=request.viewer, now=datetime.now(UTC)))
    return _found(request, id_)


@router.post(
    "/{uuid:id_}/report",
    response=TrialOut,
    **route(
        Scope.NOTICES_APPROVE,
        _("Report a trial"),
        _("The registered analysis once it is due; before, a look, which is counted and recorded."),
        also=(409,),
    ),
)
def report_trial(request: Call, id_: UUID) -> Trial:
    """Count what came of it."""
    row = _found(request, id_)
    _doing(lambda: actions.report(id_=row.pk, actor=request.viewer, now=datetime.now(UTC)))
    return _found(request, id_)


def _found(request: Call, id_: UUID) -> Trial:
    team_only(request.viewer)
    return get_object_or_404(queries.trials(request.viewer), pk=id_)


def _doing(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except BadDesign as error:
        pointer = "body/" + error.field.replace(".", "/")
        raise Problem(INVALID, errors=[{"pointer": pointer, "detail": forms.why(error)}]) from error
    except actions.NotNow as error:
        raise Problem(CONFLICT, gettext("The trial has come too far for that, or not far enough.")) from error
    except ValueError as error:
        raise Problem(
            INVALID, errors=[{"pointer": "body/because", "detail": gettext("Say why it is stopped.")}]
        ) from error
