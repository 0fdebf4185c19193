"""One warning to many at once, by API, for programs of the team."""

from __future__ import annotations

from datetime import UTC, datetime
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
from tocsin.notices import queries
from tocsin.notices.actions import emergencies as doing
from tocsin.notices.models import Emergency

emergencies = Router(tags=["emergencies"])
Severity = Literal["critical", "high", "medium", "low", "info"]
Tlp = Literal["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR"]


class SelectionIn(Schema):
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


class EmergencyIn(Schema):
    """What an emergency warning says, and to whom it goes."""

    title_vi: str = Field(min_length=1, max_length=200)
    title_en: str = Field(min_length=1, max_length=200)
    text_vi: str = Field(min_length=1, max_length=20_000)
    text_en: str = Field(min_length=1, max_length=20_000)
    severity: Severity = Field("critical", description=_("The escalation plan of this severity follows."))
    tlp: Tlp = "TLP:AMBER"
    answer_hours: int = Field(24, ge=1, le=720, description=_("Within how many hours an answer is asked for."))
    selection: SelectionIn


class EmergencyOut(EmergencyIn):
    """An emergency warning, and how far it has come."""

    id: UUID
    state: str = Field(description=_("`draft`, `sent` or `dropped`."))
    made_by: str
    made_at: datetime
    changed_at: datetime
    tests: list[dict[str, Any]] = Field(description=_("Each test address, and what came of it."))
    sent_by: str
    sent_at: datetime | None
    n_organizations: int
    n_sent: int = Field(description=_("Organizations to which it went out."))
    n_unreached: int = Field(description=_("Organizations in which there was nobody to tell."))
    n_answered: int


class Address(Schema):
    """Somebody who would get it."""

    email: str
    name: str
    language: str


class ReachedOut(Schema):
    """An organization, and who there."""

    organization: str
    to: list[Address]


class Mail(Schema):
    """How it reads in a language."""

    subject: str
    text: str
    html: str


class EmergencyPreview(Schema):
    """Who would get it now, and how it reads; nothing is sent."""

    vi: Mail
    en: Mail
    recipients: list[ReachedOut]


class TestIn(Schema):
    """Test addresses."""

    to: list[str] = Field(min_length=1, max_length=20)


class TestOut(Schema):
    """What came of a test address."""

    to: str
    at: datetime
    by: str
    state: str
    says: str = ""


class SendIn(Schema):
    """Let it go."""

    untested: bool = Field(False, description=_("Though it was not tried on a test address as it is now."))


def _wanted(body: EmergencyIn) -> doing.Wanted:
    asked = body.selection
    chosen = Selection(
        asked.everyone, tuple(asked.organizations), tuple(asked.sectors), tuple(asked.criticalities), asked.essential, asked.below,
        tuple(asked.facts),
    )  # fmt: skip
    return doing.Wanted(selection=chosen, **body.model_dump(exclude={"selection"}))


def _found(request: Call, id_: UUID) -> Emergency:
    team_only(request.viewer)
    return get_object_or_404(queries.emergencies(request.viewer), pk=id_)


def _bad(error: doing.BadEmergency) -> Problem:
    return Problem(INVALID, errors=[{"pointer": f"body/{error.field}", "detail": str(error)}])


def _over() -> Problem:
    return Problem(CONFLICT, gettext("It was sent or dropped: it does not change any more."))


@emergencies.get(
    "", response=Page[EmergencyOut], **route(Scope.NOTICES_READ, _("List emergency warnings, the newest first"))
)
def list_emergencies(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of emergency warnings."""
    team_only(request.viewer)
    return page(request, response, queries.emergencies(request.viewer), paging, ("-id",))


@emergencies.post(
    "", response={201: EmergencyOut}, **route(Scope.NOTICES_WRITE, _("Draft an emergency warning; nothing is sent"))
)
def draft_emergency(request: Call, body: EmergencyIn) -> Status[Any]:
    """Draft one."""
    team_only(request.viewer)
    try:
        made = doing.draft(wanted=_wanted(body), actor=request.viewer, now=datetime.now(UTC))
    except doing.BadEmergency as error:
        raise _bad(error) from error
    return Status(201, _found(request, made.pk))


@emergencies.get("/{uuid:id_}", response=EmergencyOut, **route(Scope.NOTICES_READ, _("Tell one emergency warning")))
def get_emergency(request: Call, id_: UUID) -> Emergency:
    """Return one."""
    return _found(request, id_)


@emergencies.put(
    "/{uuid:id_}",
    response=EmergencyOut,
    **route(Scope.NOTICES_WRITE, _("Change a draft"), _("It must be tried again before it goes out."), also=(409,)),
)
def change_emergency(request: Call, id_: UUID, body: EmergencyIn) -> Emergency:
    """Change a draft."""
    try:
        doing.redraft(
            emergency=_found(request, id_), wanted=_wanted(body), actor=request.viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except doing.BadEmergency as error:
        raise _bad(error) from error
    except doing.NotADraft as error:
        raise _over() from error
    return _found(request, id_)


@emergencies.delete(
    "/{uuid:id_}", response={204: None}, **route(Scope.NOTICES_WRITE, _("Give a draft up"), also=(409,))
)
def drop_emergency(request: Call, id_: UUID) -> Status[None]:
    """Drop a draft; it is kept as it was."""
    try:
        doing.drop(emergency=_found(request, id_), actor=request.viewer, now=datetime.now(UTC))
    except doing.NotADraft as error:
        raise _over() from error
    return Status(204, None)


@emergencies.get(
    "/{uuid:id_}/preview",
    response=EmergencyPreview,
    **route(Scope.NOTICES_READ, _("Show who would get it now, and how it reads; nothing is sent")),
)
def preview_emergency(request: Call, id_: UUID) -> dict[str, Any]:
    """Return the preview."""
    found, now = _found(request, id_), datetime.now(UTC)
    mails = {language: doing.rendered(found, language, now=now) for language in ("vi", "en")}
    return {
        **{language: {"subject": m.subject, "text": m.text, "html": m.html} for language, m in mails.items()},
        "recipients": [
            {
                "organization": one.organization.pk,
                "to": [{"email": to.email, "name": to.name, "language": to.language} for to in one.recipients],
            }
            for one in doing.reached(found, now=now)
        ],
    }


@emergencies.post(
    "/{uuid:id_}/tests",
    response=list[TestOut],
    **route(Scope.NOTICES_WRITE, _("Hand it over to test addresses, marked as a test"), also=(409,)),
)
def test_emergency(request: Call, id_: UUID, body: TestIn) -> Any:
    """Try it."""
    try:
        return doing.test(emergency=_found(request, id_), to=body.to, actor=request.viewer, now=datetime.now(UTC))
    except doing.BadEmergency as error:
        raise _bad(error) from error
    except doing.NotADraft as error:
        raise _over() from error


@emergencies.post(
    "/{uuid:id_}/sending",
    response=EmergencyOut,
    **route(
        Scope.NOTICES_APPROVE,
        _("Let it go to everybody selected, once"),
        _("It goes out before anything else that waits, at any hour, whatever policies say."),
        also=(409,),
    ),
)
def send_emergency(request: Call, id_: UUID, body: SendIn, key: Key = "") -> Any:
    """Send it, once for each key."""
    found = _found(request, id_)

    def do() -> dict[str, Any]:
        try:
            doing.send(emergency=found, actor=request.viewer, now=datetime.now(UTC), untested=body.untested)
        except doing.NotADraft as error:
            raise _over() from error
        except doing.NotTested as error:
            raise Problem(CONFLICT, gettext("Try it on a test address first, as it is now.")) from error
        except doing.NobodySelected as error:
            raise Problem(CONFLICT, gettext("No organization is in its selection.")) from error
        return EmergencyOut.from_orm(_found(request, id_)).model_dump(mode="json")

    return once(request, key, body.model_dump_json(), do)
