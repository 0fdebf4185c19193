"""The places of the console, grouped along the loop. A page appears here as soon as its route exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.base.tenancy import Role, Viewer


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the navigation: its route, its name, the letter after `g`, and who sees it."""

    route: str
    label: Promise
    key: str = ""
    contacts_too: bool = False
    only: frozenset[Role] | None = None
    """Roles that see it; None: everybody of the team."""


CONTACTS: Final = frozenset({Role.CONTACT})
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
GROUPS: Final[tuple[tuple[Promise, tuple[Place, ...]], ...]] = (
    (
        _("Your organization"),
        (
            Place("portal", _("What is open with us"), contacts_too=True, only=CONTACTS),
            Place("questions", _("Questions to us"), contacts_too=True, only=CONTACTS),
            Place("portal-history", _("Warnings and answers"), contacts_too=True, only=CONTACTS),
            Place("portal-organization", _("What the team knows of us"), contacts_too=True, only=CONTACTS),
        ),
    ),
    (
        _("Keep watch"),
        (
            Place("loop", _("The loop"), "l"),
            Place("findings", _("Findings"), "f", contacts_too=True),
            Place("notices", _("Notices"), "n", contacts_too=True),
            Place("sent", _("Sent mail"), "s"),
            Place("campaigns", _("Campaigns"), "k"),
            Place("emergencies", _("Emergency warnings"), "m"),
            Place("figures", _("Figures"), "w", contacts_too=True),
        ),
    ),
    (
        _("What came in"),
        (
            Place("intake", _("Intake"), "i"),
            Place("feeds", _("Feeds"), "e"),
            Place("known-exploited", _("Known to be exploited")),
            Place("unattributed", _("Unattributed"), "u"),
            Place("rejects", _("Rejects"), "r"),
        ),
    ),
    (
        _("Whom we look after"),
        (
            Place("organizations", _("Organizations"), "o", contacts_too=True),
            Place("reachability", _("Reachability"), "h"),
            Place("drills", _("Exercises")),
            Place("surveys", _("Questions to organizations"), "q"),
            Place("proposals", _("Proposed changes")),
            Place("registrations", _("Requests to be looked after")),
            Place("ignored", _("Ignored")),
        ),
    ),
    (
        _("Rules of warning"),
        (
            Place("preview", _("Before it goes out"), "b"),
            Place("policies", _("Policies"), "p"),
            Place("permissions", _("Permitted re-checks")),
            Place("escalations", _("Escalations")),
            Place("calendar", _("Working time")),
            Place("duty", _("On duty")),
            Place("silences", _("Silences")),
            Place("trials", _("Trials")),
            Place("decisions", _("Decisions"), "d"),
            Place("claims", _("What owners claim"), "c"),
        ),
    ),
    (
        _("The installation"),
        (
            Place("people", _("People"), only=ADMINISTRATORS),
            Place("tokens", _("Tokens"), only=ADMINISTRATORS),
            Place("api-reference", _("API")),
            Place("audit", _("Audit trail"), only=ADMINISTRATORS),
        ),
    ),
    (
        _("Oneself"),
        (Place("account", _("My account"), contacts_too=True),),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A place as the page shows it."""

    label: Promise
    url: str
    key: str
    here: bool


def places(request: HttpRequest, viewer: Viewer) -> list[tuple[Promise, list[Shown]]]:
    """Return the groups with the places this viewer may open; the one that is open is marked."""
    found = [(label, [(place, url) for place in members if (url := _url(place, viewer))]) for label, members in GROUPS]
    # The longest address that begins the path: a detail page keeps its list marked, "/" only itself.
    open_ = max(
        (url for _, members in found for _, url in members if request.path == url or (url != "/" and request.path.startswith(url))),
        key=len,
        default="",
    )  # fmt: skip
    return [
        (label, [Shown(place.label, url, place.key, url == open_) for place, url in members])
        for label, members in found
        if members
    ]


def _url(place: Place, viewer: Viewer) -> str:
    if not viewer.sees_everything and not place.contacts_too:
        return ""
    if place.only is not None and viewer.role not in place.only:
        return ""
    try:
        return reverse(place.route)
    except NoReverseMatch:
        return ""
