"""Deliveries and decisions by API, for programs of the team."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, UNAVAILABLE, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.channels.letter.render import NoLibrary
from tocsin.notices import actions, queries, reading
from tocsin.notices.models import Delivery

deliveries = Router(tags=["deliveries"])
decisions = Router(tags=["decisions"])


class DeliveryLine(Schema):
    """A notice on its way to one recipient."""

    id: UUID
    notice: UUID = Field(alias="notice_id")
    reference: str = Field(alias="notice.reference")
    organization: str = Field(alias="notice.organization_id")
    channel: str = Field(description=_("`email`, `chat`, `webhook` or `letter`."))
    recipient: str
    name: str
    message_id: str
    state: str = Field(
        alias="known_state",
        description=_("`waiting`, `ready`, `by-hand`, `handed-over`, `answered`, `bounced`, `failed` or `cancelled`."),
    )
    attempts: int
    next_attempt_at: datetime
    handed_over_at: datetime | None
    response: str = Field(description=_("What the mail server said last."))
    failure: str = Field(description=_("Why it failed, in one word."))
    bounced_at: datetime | None = Field(description=_("When a server said that it could not be delivered after all."))
    answered_at: datetime | None = Field(description=_("When its recipient answered by its link."))


class AttachedOut(Schema):
    """A file in a message."""

    name: str
    size: int


class MessageOut(Schema):
    """A message as its recipient gets it; the link that answers it is left out."""

    frozen: bool = Field(description=_("Whether these are the bytes that go out at every attempt; else a preview."))
    subject: str
    headers: list[tuple[str, str]]
    text: str
    html: str
    attached: list[AttachedOut]
    sha256: str
    size: int
    problem: str = Field(description=_("Why it cannot be made; else empty."))


class DecisionFilters(Schema):
    """Which decisions."""

    organization: str = Field("", max_length=100, description=_("Identifier of an organization."))
    kind: str = Field("", max_length=200, description=_("Kind of the finding, whole."))
    reason: str = Field("", max_length=32, description=_("Why it did or did not hear from us."))


class Decision(Schema):
    """The latest decision about an organization and a kind."""

    organization: str = Field(alias="organization_id")
    kind: str
    network: str = Field(description=_("The network it is about, where the policy groups by network."))
    type: str
    reason: str = Field(description=_("Why it did or did not hear from us."))
    sends: bool
    at: datetime
    next_at: datetime | None = Field(description=_("When it is decided again though nothing happens."))
    notice: UUID | None = Field(alias="notice_id")


@deliveries.get("", response=Page[DeliveryLine], **route(Scope.NOTICES_READ, _("List deliveries, the newest first")))
def list_deliveries(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of deliveries."""
    team_only(request.viewer)
    return page(request, response, queries.deliveries(request.viewer), paging, ("-id",))


@deliveries.get("/{uuid:id_}", response=DeliveryLine, **route(Scope.NOTICES_READ, _("Tell one delivery")))
def get_delivery(request: Call, id_: UUID) -> Delivery:
    """Return one delivery."""
    team_only(request.viewer)
    return get_object_or_404(queries.deliveries(request.viewer), pk=id_)


@deliveries.get(
    "/{uuid:id_}/message",
    response=MessageOut,
    **route(Scope.NOTICES_READ, _("Read a message as its recipient gets it")),
)
def get_message(request: Call, id_: UUID) -> Any:
    """Return the message, without the link that answers it."""
    team_only(request.viewer)
    found = get_object_or_404(queries.deliveries(request.viewer).select_related("message"), pk=id_)
    return reading.read(request.viewer, found, datetime.now(UTC))


class CarriedIn(Schema):
    """That a letter was handed over."""

    on: Day


@deliveries.get(
    "/{uuid:id_}/letter",
    response={200: None},
    **route(
        Scope.NOTICES_READ,
        _("Take out an official letter as `pdf` or `docx`"),
        answers={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
    ),
)
def get_letter(request: Call, id_: UUID, ending: Literal["pdf", "docx"] = "pdf") -> HttpResponse:
    """Return a letter."""
    team_only(request.viewer)
    found = get_object_or_404(queries.deliveries(request.viewer).select_related("message"), pk=id_, channel="letter")
    try:
        content = actions.document(delivery=found, ending=ending, now=datetime.now(UTC))
    except NoLibrary as error:
        raise Problem(UNAVAILABLE, str(error)) from error
    return HttpResponse(content, content_type="application/pdf" if ending == "pdf" else "application/octet-stream")


@deliveries.post(
    "/{uuid:id_}/carried",
    response=DeliveryLine,
    **route(Scope.NOTICES_WRITE, _("Note on which day an official letter was handed over by hand"), also=(409,)),
)
def note_carried(request: Call, id_: UUID, body: CarriedIn) -> Delivery:
    """Note that a letter was handed over."""
    team_only(request.viewer)
    found = get_object_or_404(queries.deliveries(request.viewer), pk=id_)
    try:
        actions.note_carried(delivery=found, on=body.on, actor=request.viewer, now=datetime.now(UTC))
    except actions.NoLetter as error:
        raise Problem(CONFLICT, gettext("This letter does not wait to be carried.")) from error
    except actions.NotYet as error:
        detail = gettext("Please give the day: not before the letter was made, and not one to come.")
        raise Problem(INVALID, errors=[{"pointer": "body/on", "detail": detail}]) from error
    found.refresh_from_db()
    return found


@decisions.get(
    "",
    response=Page[Decision],
    **route(Scope.NOTICES_READ, _("List the latest decision for each organization and kind, with its reason")),
)
def list_decisions(
    request: Call, response: HttpResponse, filters: Query[DecisionFilters], paging: Query[Paging]
) -> Found:
    """Return a page of decisions."""
    team_only(request.viewer)
    rows = queries.decisions(request.viewer)
    if filters.organization:
        rows = rows.filter(organization_id=filters.organization)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.reason:
        rows = rows.filter(reason=filters.reason)
    return page(request, response, rows, paging, ("organization_id", "kind", "network"))
