"""Surveys by API: for programs of the team, and what an organization is asked for its own program."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from tocsin.accounts.idempotency import Key, once
from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.constituency.queries import Selection
from tocsin.surveys import actions, queries, rules
from tocsin.surveys.models import Asked, Survey

router = Router(tags=["surveys"])
Tlp = Literal["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR"]


class OptionDocument(Schema):
    """One answer of a list."""

    vi: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


class QuestionDocument(Schema):
    """One question; its key in answers is its place, from `1`."""

    kind: Literal["yes-no", "choice", "number", "text", "date"]
    vi: str = Field(min_length=1, max_length=2_000)
    en: str = Field(min_length=1, max_length=2_000)
    options: list[OptionDocument] = Field(
        [], max_length=20, description=_("Of a list: answered by its place, from `1`.")
    )
    required: bool = True


class SurveySelection(Schema):
    """Some organizations: those named, and those to which everything else that is given applies."""

    everyone: bool = Field(False, description=_("All organizations."))
    organizations: list[str] = Field([], max_length=10_000, description=_("Identifiers, whatever else is asked for."))
    sectors: list[str] = Field([], max_length=100)
    criticalities: list[str] = Field([], max_length=10)
    essential: bool = Field(False, description=_("Those that provide an essential service."))
    below: str = Field("", max_length=100, description=_("This one, and all anywhere below it."))
    facts: list[str] = Field(
        [], max_length=100, description=_("Those of which at least one of these was registered from their answers.")
    )


class SurveyIn(Schema):
    """What a survey asks, whom, and until when."""

    title_vi: str = Field(min_length=1, max_length=200)
    title_en: str = Field(min_length=1, max_length=200)
    text_vi: str = Field("", max_length=20_000)
    text_en: str = Field("", max_length=20_000)
    questions: list[QuestionDocument] = Field(min_length=1, max_length=rules.ASKED_AT_MOST)
    selection: SurveySelection
    due_on: date
    tlp: Tlp = "TLP:AMBER"
    remind_days: int = Field(
        3, ge=0, le=30, description=_("So many working days before, the silent are reminded; 0: never.")
    )


class SurveyOut(SurveyIn):
    """A survey, and how far it has come."""

    id: UUID
    state: str = Field(description=_("`draft`, `tried`, `sent`, `closed` or `dropped`."))
    made_by: str
    made_at: datetime
    sent_by: str
    sent_at: datetime | None
    closed_at: datetime | None
    n_asked: int
    n_answered: int


class MailOut(Schema):
    """How it reads in a language."""

    subject: str
    text: str


class WouldReach(Schema):
    """An organization, and to whom there the question goes first; empty: nobody."""

    organization: str
    to: str


class SurveyPreview(Schema):
    """Who would be asked now, and how it reads; nothing is sent."""

    vi: MailOut
    en: MailOut
    recipients: list[WouldReach]


class SurveyTestIn(Schema):
    """Test addresses."""

    to: list[str] = Field(min_length=1, max_length=20)


class SurveyTestOut(Schema):
    """What came of a test address."""

    to: str
    at: datetime
    by: str
    state: str
    says: str = ""


class SurveySendIn(Schema):
    """Let it go."""

    untested: bool = Field(False, description=_("Though it was not tried on a test address as it is now."))


class TallyOut(Schema):
    """What the answers to one question come to."""

    question: str
    kind: str
    n_answered: int
    counts: dict[str, int] = Field(description=_("By word or place of the option."))
    sum: str | None
    median: str | None
    least: str
    most: str


class SurveyFigures(Schema):
    """How many were asked and answered, and what the answers come to."""

    n_asked: int
    n_answered: int
    tallies: list[TallyOut]
    silent_by_sector: dict[str, int]


class AskedOut(Schema):
    """An organization that was asked, with its latest answer."""

    id: UUID
    survey: UUID = Field(alias="survey_id")
    organization: str = Field(alias="organization_id")
    asked_at: datetime
    answered_at: datetime | None
    answer: dict[str, str] = Field(alias="values", description=_("By the place of the question, from `1`."))


class SurveyAnswerIn(Schema):
    """What an organization answers."""

    answer: dict[str, str] = Field(
        max_length=rules.ASKED_AT_MOST, description=_("By the place of the question, from `1`.")
    )
    note: str = Field("", max_length=1_000)


class ChaseIn(Schema):
    """Who is reminded now."""

    organizations: list[str] | None = Field(None, max_length=10_000, description=_("None: all who are silent."))
    dry_run: bool = Field(False, description=_("Only say who would be."))


class ChaseOut(Schema):
    """Who is, or would be, reminded."""

    organizations: list[str]
    dry_run: bool


class AskedWanted(Schema):
    """What narrows the answers."""

    silent: bool | None = None
    organization: str = ""


def _wanted(body: SurveyIn) -> actions.Wanted:
    asked = body.selection
    chosen = Selection(
        asked.everyone, tuple(asked.organizations), tuple(asked.sectors), tuple(asked.criticalities), asked.essential, asked.below,
        tuple(asked.facts),
    )  # fmt: skip
    return actions.Wanted(
        selection=chosen, questions=[one.model_dump() for one in body.questions], **body.model_dump(exclude={"selection", "questions"})
    )  # fmt: skip


def _found(request: Call, id_: UUID) -> Survey:
    team_only(request.viewer)
    return get_object_or_404(queries.surveys(request.viewer), pk=id_)


def _bad(error: actions.BadSurvey) -> Problem:
    return Problem(INVALID, errors=[{"pointer": f"body/{error.field}", "detail": error.says}])


def _over() -> Problem:
    return Problem(CONFLICT, gettext("It was sent or given up: it does not change any more."))


@router.get("", response=Page[SurveyOut], **route(Scope.NOTICES_READ, _("List surveys, the newest first")))
def list_surveys(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of surveys."""
    team_only(request.viewer)
    return page(request, response, queries.surveys(request.viewer), paging, ("-id",))


@router.post("", response={201: SurveyOut}, **route(Scope.NOTICES_WRITE, _("Draft a survey; nothing is sent")))
def draft_survey(request: Call, body: SurveyIn) -> Status[Any]:
    """Draft one."""
    team_only(request.viewer)
    try:
        made = actions.draft(wanted=_wanted(body), actor=request.viewer, now=datetime.now(UTC))
    except actions.BadSurvey as error:
        raise _bad(error) from error
    return Status(201, _found(request, made.pk))


@router.get(
    "/asked",
    response=Page[AskedOut],
    **route(Scope.NOTICES_READ, _("List what organizations are asked, with their latest answers"), _("An organization's token sees its own.")),
)  # fmt: skip
def list_asked(request: Call, response: HttpResponse, wanted: Query[AskedWanted], paging: Query[Paging]) -> Found:
    """Return a page of what was asked."""
    rows = queries.asked(request.viewer)
    if wanted.silent is not None:
        rows = rows.filter(answered_at__isnull=wanted.silent)
    if wanted.organization:
        rows = rows.filter(organization=wanted.organization)
    return page(request, response, rows, paging, ("-id",))


@router.post(
    "/asked/{uuid:id_}/answer",
    response=AskedOut,
    **route(Scope.NOTICES_WRITE, _("Answer, or correct the answer"), _("For an organization that was asked, or for the team that heard it."), also=(409,)),
)  # fmt: skip
def answer_survey(request: Call, id_: UUID, body: SurveyAnswerIn) -> Asked:
    """Take an answer."""
    asked = get_object_or_404(queries.asked(request.viewer), pk=id_)
    try:
        actions.answer(asked=asked, given=body.answer, actor=request.viewer, means="api", now=datetime.now(UTC), note=body.note)  # fmt: skip
    except rules.BadValue as error:
        raise Problem(INVALID, errors=[{"pointer": f"body/answer/{error.key}", "detail": error.why}]) from error
    except actions.Closed as error:
        raise Problem(CONFLICT, gettext("No answers are taken any more.")) from error
    asked.refresh_from_db()
    return asked


@router.get("/{uuid:id_}", response=SurveyOut, **route(Scope.NOTICES_READ, _("Tell one survey")))
def get_survey(request: Call, id_: UUID) -> Survey:
    """Return one."""
    return _found(request, id_)


@router.put(
    "/{uuid:id_}",
    response=SurveyOut,
    **route(Scope.NOTICES_WRITE, _("Change a draft"), _("It must be tried again before it goes out."), also=(409,)),
)
def change_survey(request: Call, id_: UUID, body: SurveyIn) -> Survey:
    """Change a draft."""
    try:
        actions.redraft(survey=_found(request, id_), wanted=_wanted(body), actor=request.viewer, now=datetime.now(UTC))
    except actions.BadSurvey as error:
        raise _bad(error) from error
    except actions.NotADraft as error:
        raise _over() from error
    return _found(request, id_)


@router.delete("/{uuid:id_}", response={204: None}, **route(Scope.NOTICES_WRITE, _("Give a draft up"), also=(409,)))
def drop_survey(request: Call, id_: UUID) -> Status[None]:
    """Drop a draft; it is kept as it was."""
    try:
        actions.drop(survey=_found(request, id_), actor=request.viewer, now=datetime.now(UTC))
    except actions.NotADraft as error:
        raise _over() from error
    return Status(204, None)


@router.get(
    "/{uuid:id_}/preview",
    response=SurveyPreview,
    **route(Scope.NOTICES_READ, _("Show who would be asked now, and how it reads; nothing is sent")),
)
def preview_survey(request: Call, id_: UUID) -> dict[str, Any]:
    """Return the preview."""
    found = _found(request, id_)
    mails = {language: actions.rendered(found, language) for language in ("vi", "en")}
    return {
        **{language: {"subject": subject, "text": text} for language, (subject, text) in mails.items()},
        "recipients": [
            {"organization": one.organization.pk, "to": one.contacts[0].email if one.contacts else ""}
            for one in actions.reached(found, now=datetime.now(UTC))
        ],
    }


@router.post(
    "/{uuid:id_}/tests",
    response=list[SurveyTestOut],
    **route(Scope.NOTICES_WRITE, _("Hand it over to test addresses, marked as a test"), also=(409,)),
)
def test_survey(request: Call, id_: UUID, body: SurveyTestIn) -> Any:
    """Try it."""
    try:
        return actions.test(survey=_found(request, id_), to=body.to, actor=request.viewer, now=datetime.now(UTC))
    except actions.BadSurvey as error:
        raise _bad(error) from error
    except actions.NotADraft as error:
        raise _over() from error


@router.post(
    "/{uuid:id_}/sending",
    response=SurveyOut,
    **route(Scope.NOTICES_APPROVE, _("Ask everybody selected, once"), also=(409,)),
)
def send_survey(request: Call, id_: UUID, body: SurveySendIn, key: Key = "") -> Any:
    """Send it, once for each key."""
    found = _found(request, id_)

    def do() -> dict[str, Any]:
        try:
            actions.send(survey=found, actor=request.viewer, now=datetime.now(UTC), untested=body.untested)
        except actions.NotADraft as error:
            raise _over() from error
        except actions.NotTried as error:
            raise Problem(CONFLICT, gettext("Try it on a test address first, as it is now.")) from error
        except actions.NobodySelected as error:
            raise Problem(CONFLICT, gettext("No organization is in its selection.")) from error
        return SurveyOut.from_orm(_found(request, id_)).model_dump(mode="json")

    return once(request, key, body.model_dump_json(), do)


@router.post(
    "/{uuid:id_}/closing",
    response=SurveyOut,
    **route(Scope.NOTICES_WRITE, _("Take no answers any more, and remind nobody"), also=(409,)),
)
def close_survey(request: Call, id_: UUID) -> Survey:
    """Close it."""
    try:
        actions.close(survey=_found(request, id_), actor=request.viewer, now=datetime.now(UTC))
    except actions.NotSent as error:
        raise Problem(CONFLICT, gettext("It is not open for answers.")) from error
    return _found(request, id_)


@router.get(
    "/{uuid:id_}/figures", response=SurveyFigures, **route(Scope.NOTICES_READ, _("Tell what the answers come to"))
)
def get_survey_figures(request: Call, id_: UUID) -> dict[str, Any]:
    """Return counts, sums and medians."""
    found = queries.figures(request.viewer, _found(request, id_))
    tallies = [
        {**asdict(one), "question": one.question.key, "kind": one.question.kind, "sum": _said(one.total), "median": _said(one.median)}
        for one in found.tallies
    ]  # fmt: skip
    silent = {sector: n for sector, (n, _all) in found.silent.items() if n}
    return {
        "n_asked": found.n_asked,
        "n_answered": found.n_answered,
        "tallies": tallies,
        "silent_by_sector": silent,
    }


def _said(number: object) -> str | None:
    return None if number is None else f"{number:f}"


@router.get(
    "/{uuid:id_}/answers", response=Page[AskedOut], **route(Scope.NOTICES_READ, _("List who was asked, and the latest answers"))
)  # fmt: skip
def list_survey_answers(request: Call, response: HttpResponse, id_: UUID, wanted: Query[AskedWanted], paging: Query[Paging]) -> Found:  # fmt: skip
    """Return a page of answers."""
    rows = queries.asked(request.viewer).filter(survey=_found(request, id_))
    if wanted.silent is not None:
        rows = rows.filter(answered_at__isnull=wanted.silent)
    if wanted.organization:
        rows = rows.filter(organization=wanted.organization)
    return page(request, response, rows, paging, ("-id",))


@router.post(
    "/{uuid:id_}/chase",
    response=ChaseOut,
    **route(Scope.NOTICES_WRITE, _("Remind those who are silent now"), _("Whoever got a mail within four hours is left in peace."), also=(409,)),
)  # fmt: skip
def chase_survey(request: Call, id_: UUID, body: ChaseIn) -> dict[str, Any]:
    """Remind, or say who would be."""
    try:
        rows = actions.remind(
            survey=_found(request, id_), organizations=body.organizations, actor=request.viewer, now=datetime.now(UTC), dry_run=body.dry_run
        )  # fmt: skip
    except actions.NotSent as error:
        raise Problem(CONFLICT, gettext("It is not open for answers.")) from error
    return {"organizations": [row.organization_id for row in rows], "dry_run": body.dry_run}
