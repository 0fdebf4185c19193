"""What nobody holds, by API, for programs of the team."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.intake import queries

unattributed = Router(tags=["unattributed"])


class UnattributedLine(Schema):
    """What nobody in the constituency holds."""

    id: int
    asset: str
    kind: str
    place: str = Field(description=_("The place it stands in; list these with /unattributed/places."))
    address: str
    asn: int | None
    n_events: int
    first_seen: datetime
    last_seen: datetime


class PlaceLine(Schema):
    """What nobody holds, by the place it stands in: a /24 or /48, a registered domain, an AS."""

    value: str
    how: str = Field(description=_("`network`, `domain`, `asn` or `other`."))
    asn: int | None
    n_events: int
    first_seen: datetime
    last_seen: datetime


class Filters(Schema):
    """Which of them."""

    place: str = Field("", max_length=253, description=_("Standing in this place."))


class PlaceFilters(Schema):
    """Which places."""

    dismissed: bool = Field(False, description=_("Those that were dismissed, instead of those that wait."))


@unattributed.get(
    "", response=Page[UnattributedLine], **route(Scope.INTAKE_READ, _("List what nobody holds, the last seen first"))
)
def list_unattributed(request: Call, response: HttpResponse, filters: Query[Filters], paging: Query[Paging]) -> Found:
    """Return a page of the queue."""
    team_only(request.viewer)
    rows = queries.unattributed(request.viewer)
    if filters.place:
        rows = rows.filter(place=filters.place)
    return page(request, response, rows, paging, ("-last_seen", "-id"))


@unattributed.get(
    "/places",
    response=Page[PlaceLine],
    **route(Scope.INTAKE_READ, _("List the places of what nobody holds, by their names")),
)
def list_places(request: Call, response: HttpResponse, filters: Query[PlaceFilters], paging: Query[Paging]) -> Found:
    """Return a page of places."""
    team_only(request.viewer)
    return page(request, response, queries.groups(request.viewer, dismissed=filters.dismissed), paging, ("value",))
