"""What nobody holds, by API, for programs of the team: look, and say whose it is, or that it is nobody's here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

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
from tocsin.constituency import actions as constituency
from tocsin.intake import queries
from tocsin.intake.actions import assigning
from tocsin.intake.models import Dismissal

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


class AssetFilters(Schema):
    """Which of them."""

    place: str = Field("", max_length=253, description=_("Standing in this place."))


class PlaceFilters(Schema):
    """Which places."""

    dismissed: bool = Field(False, description=_("Those that were dismissed, instead of those that wait."))


@unattributed.get(
    "", response=Page[UnattributedLine], **route(Scope.INTAKE_READ, _("List what nobody holds, the last seen first"))
)
def list_unattributed(
    request: Call, response: HttpResponse, filters: Query[AssetFilters], paging: Query[Paging]
) -> Found:
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


class Options(Schema):
    """Whether to do it."""

    dry_run: bool = Field(False, description=_("Only tell what would come of it."))


class Said(Schema):
    """A range, a domain or an AS."""

    value: str = Field(
        min_length=1, max_length=253, description=_("As in `203.0.113.0/24`, `soyte.example` or `AS64500`.")
    )


class Assignment(Said):
    """Whose it is, and since when."""

    organization: str = Field(max_length=100, description=_("Identifier of the organization that holds it."))
    valid_from: Day | None = Field(None, description=_("The first day it holds it, in UTC; null is since ever."))


class Reasoned(Said):
    """A decision that says why."""

    reason: str = Field(min_length=1, max_length=300)


class Move(Schema):
    """How many events go from whom to whom; null is nobody."""

    before: str | None
    after: str | None
    events: int


class Outcome(Schema):
    """What attributing again does, or would do."""

    events: int = Field(description=_("Events that get another owner, reason or other matches."))
    files: int
    findings: int = Field(description=_("Findings of the assets concerned, as they are then."))
    moves: list[Move] = Field(description=_("The largest first, at most 50."))


class Decided(Schema):
    """A decision that was taken, or would be."""

    value: str = Field(description=_("The value in its one spelling."))
    dry_run: bool
    outcome: Outcome | None = Field(
        description=_(
            "What comes of it for what came in before: told by a dry run; else the worker does it within a minute."
        )
    )


class Dismissed(Schema):
    """What is left out of the queue."""

    value: str
    dry_run: bool
    places: int = Field(description=_("Places in the queue that it covers."))


class DismissalLine(Schema):
    """A value that is left out of the queue, now and later."""

    id: int
    value: str
    reason: str
    by: str
    at: datetime


def outcome(found: Any) -> dict[str, Any]:
    """Return what attributing again does as the API tells it."""
    return {
        "events": found.events,
        "files": found.files,
        "findings": found.findings.height,
        "moves": [{"before": before, "after": after, "events": n} for before, after, n in found.moves.head(50).iter_rows()],
    }  # fmt: skip


@contextmanager
def _read() -> Iterator[None]:
    """Answer what is wrong with what was sent."""
    try:
        yield
    except assigning.NoValue as error:
        raise _wrong("value", gettext("This is no range, no domain and no AS.")) from error
    except assigning.NoSuchOrganization as error:
        raise _wrong("organization", gettext("There is no such organization.")) from error
    except constituency.HeldAlready as error:
        raise Problem(CONFLICT, gettext("It stands there already on some of these days.")) from error
    except assigning.DismissedAlready as error:
        raise Problem(CONFLICT, gettext("It was dismissed before.")) from error


def _wrong(name: str, detail: str) -> Problem:
    return Problem(INVALID, errors=[{"pointer": f"body/{name}", "detail": detail}])


@unattributed.post(
    "/assignments",
    response=Decided,
    **route(Scope.ORGANIZATIONS_WRITE, _("Say whose a range, domain or AS is"), also=(409,)),
)
def assign_unattributed(request: Call, body: Assignment, options: Query[Options]) -> dict[str, Any]:
    """Let an organization hold it, or tell what would come of it."""
    team_only(request.viewer)
    given = {"value": body.value, "organization": body.organization, "valid_from": body.valid_from}
    with _read():
        if options.dry_run:
            return _told(body.value, assigning.preview_assignment(**given))  # type: ignore[arg-type]
        assigning.assign(**given, actor=request.viewer, now=datetime.now(UTC))  # type: ignore[arg-type]
    return _told(body.value, None)


@unattributed.post(
    "/ignoring",
    response=Decided,
    **route(
        Scope.ORGANIZATIONS_WRITE,
        _("Put a range, domain or AS on the ignore list"),
        _("Its events are kept and never warned of: own scanners, sinkholes."),
        also=(409,),
    ),
)
def ignore_unattributed(request: Call, body: Reasoned, options: Query[Options]) -> dict[str, Any]:
    """Ignore it, or tell what would come of it."""
    team_only(request.viewer)
    with _read():
        if options.dry_run:
            return _told(body.value, assigning.preview_ignoring(value=body.value))
        assigning.ignore(value=body.value, reason=body.reason, actor=request.viewer, now=datetime.now(UTC))
    return _told(body.value, None)


def _told(value: str, found: Any) -> dict[str, Any]:
    return {
        "value": assigning.spelled(assigning.read(value)), "dry_run": found is not None, "outcome": found and outcome(found),
    }  # fmt: skip


@unattributed.get(
    "/dismissals",
    response=Page[DismissalLine],
    **route(Scope.INTAKE_READ, _("List what was dismissed, the latest first")),
)
def list_dismissals(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of dismissals."""
    team_only(request.viewer)
    return page(request, response, queries.dismissals(request.viewer), paging, ("-at", "-id"))


@unattributed.post(
    "/dismissals",
    response=Dismissed,
    **route(Scope.INTAKE_WRITE, _("Leave a range, domain or AS out of the queue, now and later"), also=(409,)),
)
def dismiss_unattributed(request: Call, body: Reasoned, options: Query[Options]) -> dict[str, Any]:
    """Dismiss it, or tell what that would leave out."""
    team_only(request.viewer)
    with _read():
        places = len(assigning.preview_dismissal(value=body.value))
        if not options.dry_run:
            assigning.dismiss(value=body.value, reason=body.reason, actor=request.viewer, now=datetime.now(UTC))
    return {"value": assigning.spelled(assigning.read(body.value)), "dry_run": options.dry_run, "places": places}


@unattributed.delete(
    "/dismissals/{int:id_}", response={204: None}, **route(Scope.INTAKE_WRITE, _("Put back what was dismissed"))
)
def restore_unattributed(request: Call, id_: int) -> Status[None]:
    """Let it stand in the queue again."""
    team_only(request.viewer)
    found: Dismissal = get_object_or_404(queries.dismissals(request.viewer), pk=id_)
    assigning.restore(dismissal=found, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)
