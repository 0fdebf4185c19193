"""Feeds by API: where reports come from, and how that goes. For programs of the team."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
from tocsin.base.web.views import team_only
from tocsin.intake import queries
from tocsin.intake.actions import feeds as actions
from tocsin.intake.models import Feed

feeds = Router(tags=["feeds"])
alarms = Router(tags=["alarms"])


class FeedValues(Schema):
    """What is said of a feed."""

    name: str = Field("", max_length=200)
    provider: str = Field("", max_length=200)
    way: Literal["folder", "http", "imap", "push"] = Field(description=_("How its reports come in."))
    address: str = Field(
        "", max_length=1000, description=_("Folder, web address or mailbox; pushed reports have none.")
    )
    user: str = Field("", max_length=254)
    link_hosts: list[str] = Field([], description=_("Hosts whose download links in mails are followed."))
    move_to: str = Field(
        "", max_length=200, description=_("Mail folder that a message goes to once its bytes are kept.")
    )
    interval: timedelta = Field(timedelta(hours=1), description=_("How often it is collected (ISO 8601 duration)."))
    format: str = Field("", max_length=64, description=_("Read everything as this format, instead of recognizing it."))
    mapping: dict[str, Any] | None = Field(None, description=_("How a table becomes events; see the mapping file."))
    schema_: str = Field(
        "", alias="schema", max_length=1000, description=_("Path or address of the published report schema.")
    )
    window: timedelta = Field(timedelta(0), description=_("Repeats within this time are duplicates."))
    classification_type: str = Field("", max_length=64)
    classification_identifier: str = Field("", max_length=200)
    severity: str = Field("", max_length=16)
    accuracy: float | None = Field(None, ge=0, le=100)
    tlp: str = Field("", max_length=20)
    silent_after: timedelta | None = Field(None, description=_("Without an arrival for so long it raises an alarm."))
    stale_after: timedelta | None = Field(None, description=_("With content older than this it raises an alarm."))


class FeedIn(FeedValues):
    """A feed to make or change."""

    code: str = Field(max_length=64, description=_("Its name for programs: lower-case letters, digits, hyphens."))
    secret: str | None = Field(
        None,
        max_length=4000,
        description=_("What it signs in with; left out, the one that is kept stays. Shown nowhere."),
    )


class FeedOut(FeedValues):
    """A feed, and how it does."""

    id: UUID
    code: str
    enabled: bool
    has_secret: bool
    reason: str = Field(description=_("Why the last collection failed; empty when it did not."))
    detail: str
    n_failures: int = Field(description=_("How often it failed in a row."))
    due_at: datetime | None
    checked_at: datetime | None = Field(description=_("When a collection last succeeded."))
    last_arrival_at: datetime | None
    newest_event_at: datetime | None = Field(description=_("Latest time of an event that it gave."))
    changed_at: datetime
    changed_by: str

    @staticmethod
    def resolve_has_secret(obj: Feed) -> bool:
        """Tell whether it signs in with something."""
        return bool(obj.secret)


class CollectionLine(Schema):
    """A visit to a feed's source that brought something, or failed."""

    id: UUID
    started_at: datetime
    finished_at: datetime | None
    state: str
    reason: str
    detail: str
    n_arrivals: int
    n_new: int
    bytes: int


class AlarmLine(Schema):
    """Something that needs a person."""

    id: UUID
    kind: str
    feed: str | None
    opened_at: datetime
    since: datetime | None
    reason: str
    detail: str

    @staticmethod
    def resolve_feed(obj: Any) -> str | None:
        """Return the code of the feed."""
        return obj.feed.code if obj.feed else None


@feeds.get("", response=Page[FeedOut], by_alias=True, **route(Scope.INTAKE_READ, _("List feeds")))
def list_feeds(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of feeds."""
    team_only(request.viewer)
    return page(request, response, queries.feeds(request.viewer), paging, ("code",))


@alarms.get("", response=list[AlarmLine], **route(Scope.INTAKE_READ, _("List the open alarms")))
def list_alarms(request: Call) -> Any:
    """Return the open alarms, oldest first."""
    team_only(request.viewer)
    return queries.alarms(request.viewer)[:1000]


def _feed(request: Call, code: str) -> Feed:
    team_only(request.viewer)
    return get_object_or_404(queries.feeds(request.viewer), code=code)


@feeds.get("/{code}", response=FeedOut, by_alias=True, **route(Scope.INTAKE_READ, _("Tell one feed, and how it does")))
def get_feed(request: Call, code: str) -> Feed:
    """Return one feed."""
    return _feed(request, code)


@feeds.get(
    "/{code}/collections",
    response=Page[CollectionLine],
    **route(Scope.INTAKE_READ, _("List the visits to a feed's source, the latest first")),
)
def list_collections(request: Call, response: HttpResponse, code: str, paging: Query[Paging]) -> Found:
    """Return a page of visits."""
    rows = queries.collections(request.viewer, _feed(request, code))
    return page(request, response, rows, paging, ("-started_at", "-id"))


def _written(write: Callable[[], Feed]) -> Feed:
    try:
        return write()
    except actions.BadFeed as error:
        wrong = [{"pointer": f"body/{field}", "detail": str(text)} for field, text in error.problems.items()]
        raise Problem(INVALID, errors=wrong) from error


def _values(body: FeedIn) -> actions.FeedValues:
    said = body.model_dump()
    said["schema"] = said.pop("schema_")
    return actions.FeedValues(**said | {"link_hosts": tuple(body.link_hosts)})


@feeds.post(
    "", response={201: FeedOut}, by_alias=True, **route(Scope.FEEDS_WRITE, _("Add a feed; it is collected at once"))
)
def add_feed(request: Call, body: FeedIn) -> Status[Any]:
    """Add a feed."""
    team_only(request.viewer)
    values = _values(body)
    return Status(201, _written(lambda: actions.add(values=values, actor=request.viewer, now=datetime.now(UTC))))


@feeds.put("/{code}", response=FeedOut, by_alias=True, **route(Scope.FEEDS_WRITE, _("Replace what is said of a feed")))
def change_feed(request: Call, code: str, body: FeedIn) -> Feed:
    """Change a feed."""
    feed, values = _feed(request, code), _values(body)
    return _written(lambda: actions.change(feed=feed, values=values, actor=request.viewer, now=datetime.now(UTC)))


@feeds.delete(
    "/{code}",
    response={204: None},
    **route(Scope.FEEDS_WRITE, _("Remove a feed; what came by it stays"), also=(409,)),
)
def remove_feed(request: Call, code: str) -> Status[None]:
    """Remove a feed."""
    try:
        actions.remove(feed=_feed(request, code), actor=request.viewer, now=datetime.now(UTC))
    except actions.StillPending as error:
        raise Problem(CONFLICT, gettext("It is being collected, or reports of it wait.")) from error
    return Status(204, None)


class Switch(Schema):
    """On or off."""

    enabled: bool


@feeds.put("/{code}/enabled", response=FeedOut, by_alias=True, **route(Scope.FEEDS_WRITE, _("Switch a feed on or off")))
def switch_feed(request: Call, code: str, body: Switch) -> Feed:
    """Switch a feed."""
    actions.enable(feed=_feed(request, code), actor=request.viewer, now=datetime.now(UTC), on=body.enabled)
    return _feed(request, code)


@feeds.post(
    "/{code}/collection",
    response={202: FeedOut},
    by_alias=True,
    **route(Scope.FEEDS_WRITE, _("Have a feed collected at once"), also=(409,)),
)
def collect_feed(request: Call, code: str) -> Status[Any]:
    """Ask for a collection."""
    try:
        actions.ask(feed=_feed(request, code), actor=request.viewer, now=datetime.now(UTC))
    except actions.NotCollectable as error:
        raise Problem(CONFLICT, gettext("The feed is switched off, or its reports are pushed.")) from error
    return Status(202, _feed(request, code))
