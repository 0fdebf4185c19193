"""Pages for the duty analyst, who keeps watch: the loop, notices, sent mail."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tocsin.base.web.paging import page
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.findings import queries as findings
from tocsin.notices import queries, reading
from tocsin.notices.models import State

viewing = signed_in(constituency.viewer_of)


@viewing
def loop(request: HttpRequest) -> HttpResponse:
    """Show the loop and what needs a person now."""
    viewer = request.viewer  # type: ignore[attr-defined]
    counts = findings.by_organization(viewer)
    tiles = [(o, *counts.get(o.pk, (0, 0))) for o in constituency.organizations(viewer)]
    todo = {
        "waiting": queries.notices(viewer, state=State.WAITING.value).count(),
        "failed": queries.notices(viewer, state=State.FAILED.value).count(),
        "no_contact": queries.notices(viewer, state=State.NO_CONTACT.value).count(),
    }
    context = {
        "loop": queries.loop(viewer, datetime.now(UTC)),
        "tiles": tiles,
        "todo": todo,
        "calm": not any(todo.values()),
    }
    return render(request, "notices/loop.html", context)


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
