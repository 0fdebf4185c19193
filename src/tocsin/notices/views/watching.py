"""Pages for the duty analyst, who keeps watch: the loop, notices, sent mail."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tocsin.base.web.paging import page, part
from tocsin.base.web.pictures import Tile, tiles
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.findings.queries import FIGURES
from tocsin.notices import queries, reading, watch
from tocsin.notices.models import State

viewing = signed_in(constituency.viewer_of)


MAP_HOLDS = 400
"""Tiles that a map shows in their own order; of more, the calm ones are only counted."""


@viewing
def loop(request: HttpRequest) -> HttpResponse:
    """For the duty analyst, at a glance: the loop, what needs a person, what comes by itself. A contact sees their own."""
    viewer = request.viewer  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    _at, places = watch.standing(viewer, now)
    many = len(places) > MAP_HOLDS
    shown = sorted((p for p in places if p.tone != "calm"), key=lambda p: watch.TONES.index(p.tone)) if many else places
    context = {
        "loop": watch.loop(viewer, now),
        "needs": watch.needs(viewer, now),
        "coming": watch.coming(viewer, now),
        "recently": watch.recently(viewer),
        "places": len(places),
        "left": len(places) - len(shown),
        "tiles": tiles(_tile(place) for place in shown),
        "tones": [(tone, sum(1 for place in places if place.tone == tone)) for tone in watch.TONES],
        "now": now,
    }
    return render(request, "notices/loop.html", context)


def _tile(place: watch.Place) -> Tile:
    figures = place.figures
    says = _("%(name)s: %(open)s open, %(overdue)s overdue, %(unanswered)s without an answer") % {
        "name": place.organization.name_in(get_language() or "vi"), "open": figures["open"], "overdue": figures["overdue"], "unanswered": figures["unanswered"],
    }  # fmt: skip
    return Tile(f"{reverse('findings')}?organization={quote(place.organization.pk)}", says, f"tile-{place.tone}")


@viewing
def standing(request: HttpRequest) -> HttpResponse:
    """For the duty analyst: the table behind the map, how each organization stands, the worst first."""
    viewer = request.viewer  # type: ignore[attr-defined]
    at, places = watch.standing(viewer, datetime.now(UTC))
    wanted = request.GET.get("state", "")
    chosen = [place for place in places if wanted not in watch.TONES or place.tone == wanted]
    by = request.GET.get("sort", "").lstrip("-")
    by = by if by in FIGURES else "overdue"
    chosen.sort(key=lambda place: (-place.figures[by], -place.figures["overdue"], -place.figures["open"]))
    context = {
        "at": at,
        "page": part(request, chosen, size=100),
        "tones": [(tone, sum(1 for place in places if place.tone == tone)) for tone in watch.TONES],
        "n": len(places),
        "wanted": wanted,
        "ordering": f"-{by}",
        "columns": FIGURES,
    }
    return render(request, "notices/standing.html", context)


@viewing
def notices(request: HttpRequest) -> HttpResponse:
    """List notices."""
    state = request.GET.get("state", "")
    rows = queries.notices(
        request.viewer,  # type: ignore[attr-defined]
        state=state if state in State.values else "",
        organization=request.GET.get("organization", ""),
    )
    return render(request, "notices/notices.html", {"page": page(request, rows), "states": State})


@viewing
def notice(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Show one notice: the six stops, every reason."""
    viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.notices(viewer), pk=id_)
    return render(
        request,
        "notices/notice.html",
        {"notice": found, "stops": queries.explain(viewer, found), "may_approve": viewer.may_approve},
    )


@viewing
def sent(request: HttpRequest) -> HttpResponse:
    """List deliveries with their state."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    return render(request, "notices/sent.html", {"page": page(request, queries.deliveries(viewer))})


@viewing
def message(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the duty analyst: the very bytes that went out to a recipient, or would; without the link that answers them."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    delivery = get_object_or_404(queries.deliveries(viewer).select_related("message"), pk=id_)
    return render(
        request,
        "notices/message.html",
        {"delivery": delivery, "mail": reading.read(viewer, delivery, datetime.now(UTC))},
    )
