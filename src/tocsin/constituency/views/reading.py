"""Pages to read the constituency, for the duty analyst; a contact sees their own organizations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin import roster
from tocsin.base.audit import queries as audit
from tocsin.base.tenancy import Viewer
from tocsin.base.web.chips import chips
from tocsin.base.web.paging import Page
from tocsin.base.web.templatetags.kit import figure
from tocsin.base.web.views import team_only
from tocsin.constituency import queries, words
from tocsin.constituency.models import Criticality, Organization
from tocsin.constituency.queries import Holdings, Standing, Wanted
from tocsin.constituency.rules.review import GRADES, NOTE, Remark, review
from tocsin.constituency.views import shared
from tocsin.constituency.views.shared import viewing

SIZE = 100
SHOWN_REMARKS = 200
"""Remarks of one kind that a page shows; the command line has them all."""
SHOWN_ACTS = 30


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that a higher floor adds to an organization: how many, of what, and where they are listed."""

    n: int
    label: str
    url: str
    calls: bool = False
    """Whether it asks for somebody to act."""


Figures = Callable[[Viewer, Sequence[str]], Mapping[str, Sequence[Figure]]]
"""The slot: figures of each of some organizations, for a viewer. `project.urls` fills it from the floors above."""
Used = Callable[[Viewer], Collection[str]]
"""The slot: the values by which something was ever attributed."""


@dataclass(frozen=True, slots=True)
class Row:
    """An organization as the list shows it."""

    organization: Organization
    standing: Standing
    holds: Holdings
    figures: Sequence[Figure]
    has_ended: bool

    @property
    def depth(self) -> int:
        """How far to indent; what is deeper than the page can show stands at the last step."""
        return min(self.standing.depth, 5)


@viewing
def organizations(request: HttpRequest, figures: Figures | None = None) -> HttpResponse:
    """List organizations as the tree they are; narrowed, as a flat list. The search finds text typed without accents."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    today = datetime.now(UTC).date()
    wanted = _wanted(request)
    standings = queries.standings(viewer, wanted, shared.language(), today)
    page = _page(request, standings)
    rows = queries.organizations(viewer).in_bulk([standing.id for standing in page.rows])
    holds = queries.holdings_on(viewer, list(rows), today)
    added = figures(viewer, list(rows)) if figures else {}
    context = {
        "page": page,
        "rows": [
            Row(row, s, holds[s.id], added.get(s.id, ()), row.valid_to is not None and row.valid_to < today)
            for s in page.rows
            if (row := rows.get(s.id)) is not None
        ],
        "wanted": wanted,
        "chips": _chips(request, viewer, wanted),
        "is_tree": any(standing.depth for standing in standings),
        "sectors": [(name, words.SECTORS.get(name, name)) for name in queries.sectors(viewer)],
        "criticalities": Criticality.choices,
        "has_figures": figures is not None,
        "kinds": [kind.upper() for kind in roster.KINDS],
    }
    return render(request, "constituency/organizations.html", context)


def _wanted(request: HttpRequest) -> Wanted:
    def one_of(name: str, offered: Collection[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in offered else ""

    return Wanted(
        search=request.GET.get("name", "").strip()[:200],
        sector=request.GET.get("sector", "")[:64],
        criticality=one_of("criticality", Criticality.values),
        essential=bool(request.GET.get("essential")),
        under=request.GET.get("under", "")[:100],
        state=one_of("state", ("current", "ended")),
    )


def _chips(request: HttpRequest, viewer: Viewer, wanted: Wanted) -> list[Any]:
    said = {
        "name": (_("Name"), wanted.search),
        "sector": (_("Sector"), words.SECTORS.get(wanted.sector, wanted.sector)),
        "criticality": (_("Criticality"), dict(Criticality.choices).get(wanted.criticality, "")),
        "essential": (_("Essential service"), _("yes")),
        "state": (_("State"), _("ended") if wanted.state == "ended" else _("current")),
    }
    if wanted.under:
        above = shared.names_of(viewer, [wanted.under])
        said["under"] = (_("Below"), above.get(wanted.under, wanted.under))
    return chips(request, said)


def _page(request: HttpRequest, standings: list[Standing]) -> Page:
    """Return the page after the organization that `after` names."""
    after = request.GET.get("after", "")
    start = next((place + 1 for place, standing in enumerate(standings) if standing.id == after), 0)
    found = standings[start : start + SIZE]
    n = len(standings)
    said = ngettext("%(n)s organization", "%(n)s organizations", n) % {"n": figure(n)}
    query = request.GET.copy()
    query.pop("after", None)
    first = query.urlencode() if start else None
    if start + SIZE >= n:
        return Page(found, None, first, said)
    query["after"] = found[-1].id
    return Page(found, query.urlencode(), first, said)


@viewing
def organization(request: HttpRequest, id_: str, figures: Figures | None = None) -> HttpResponse:
    """Show an organization: whom it tells, what it holds and held, who changed what."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.organizations(viewer).select_related("parent"), pk=id_)
    today = datetime.now(UTC).date()
    remarks = [
        r for r in review(queries.around(viewer, id_), on=today) if r.grade != NOTE and id_ in {r.organization, r.other}
    ]
    entries = list(audit.about(viewer, object_kind="organization", object_id=id_)[: SHOWN_ACTS + 1])
    lists = {
        "networks": found.networks.order_by("cidr", "pk"),
        "domains": found.domains.order_by("name", "pk"),
        "autonomoussystems": found.autonomoussystems.order_by("number", "pk"),
        "contacts": found.contacts.order_by("pk"),
    }
    split: dict[str, tuple[list[Any], list[Any]]] = {}
    for name, rows in lists.items():
        every = list(rows)
        ended = [row for row in every if row.valid_to is not None and row.valid_to < today]
        split[name] = ([row for row in every if row not in ended], ended)
    context = {
        "organization": found,
        "crumbs": queries.above(viewer, found),
        "below": sorted(queries.organizations(viewer).filter(parent=found), key=shared.collated_name),
        "held": [
            ("network", _("Networks"), *split["networks"]),
            ("domain", _("Domains"), *split["domains"]),
            ("asn", _("Autonomous systems"), *split["autonomoussystems"]),
        ],
        "contacts": split["contacts"][0],
        "former_contacts": split["contacts"][1],
        "figures": figures(viewer, [id_]).get(id_, ()) if figures else (),
        "remarks": shared.remarks_said(viewer, remarks) if viewer.sees_everything else [],
        "acts": shared.acts(viewer, entries[:SHOWN_ACTS]),
        "more_acts": len(entries) > SHOWN_ACTS,
        "has_ended": found.valid_to is not None and found.valid_to < today,
        "may_write": viewer.may_write and viewer.sees_everything,
        "today": today,
    }
    return render(request, "constituency/organization.html", context)


@viewing
def check(request: HttpRequest, used: Used | None = None) -> HttpResponse:
    """For the duty analyst: overlaps, gaps and organizations nobody can tell, the gravest first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    organizations, _ignored = queries.as_values(viewer)
    found = review(organizations, on=datetime.now(UTC).date(), used=(used(viewer) if used else None) or None)
    wanted = request.GET.get("organization", "")
    if wanted:
        found = [remark for remark in found if wanted in {remark.organization, remark.other}]
    groups = [_group(viewer, code, list(remarks)) for code, remarks in groupby(found, key=lambda remark: remark.code)]
    grades = [(words.GRADES[grade], sum(g["n"] for g in groups if g["grade"] == grade), grade) for grade in GRADES]
    names = shared.names_of(viewer, [wanted])
    context = {
        "groups": groups,
        "grades": grades,
        "any": bool(organizations),
        "chips": chips(request, {"organization": (_("Organization"), names.get(wanted, wanted))}),
    }
    return render(request, "constituency/check.html", context)


def _group(viewer: Viewer, code: str, remarks: list[Remark]) -> dict[str, Any]:
    return {
        "code": code,
        "title": words.REMARK_TITLES[code],
        "grade": remarks[0].grade,
        "grade_said": words.GRADES[remarks[0].grade],
        "n": len(remarks),
        "remarks": shared.remarks_said(viewer, remarks[:SHOWN_REMARKS]),
        "more": max(0, len(remarks) - SHOWN_REMARKS),
    }


@viewing
def ignored(request: HttpRequest) -> HttpResponse:
    """For the duty analyst: what is kept but nobody is warned of."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    today = datetime.now(UTC).date()
    rows = list(queries.ignored(viewer))
    ended = [row for row in rows if row.valid_to is not None and row.valid_to < today]
    context = {
        "rows": [row for row in rows if row not in ended],
        "ended": ended,
        "may_write": viewer.may_write,
        "acts": shared.acts(viewer, list(audit.about(viewer, object_kind="ignore-list", object_id="all")[:SHOWN_ACTS])),
    }
    return render(request, "constituency/ignored.html", context)


@viewing
def file(request: HttpRequest, ending: str) -> HttpResponse:
    """For the team: the whole constituency as a file that an import takes back."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if ending not in roster.KINDS:
        raise Http404
    content = roster.content(f"constituency.{ending}", *queries.as_values(viewer))
    kind = roster.KINDS[ending]
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8" if ending != "xlsx" else kind)
    day = datetime.now(UTC).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="constituency-{day}.{ending}"'
    return response
