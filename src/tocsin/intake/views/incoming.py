"""Pages about what came in, for the duty analyst. Contacts get 404: it holds everybody's reports."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency.queries import viewer_of
from tocsin.intake import queries
from tocsin.intake.actions import processing

viewing = signed_in(viewer_of)
SHOWN = 100
REASONS = 12


@viewing
def intake(request: HttpRequest) -> HttpResponse:
    """For the duty analyst: how the feeds do, what waits, what the batches made of it, why rows were rejected."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    wanted = {name: request.GET.get(name, "") for name in ("feed", "reason")}
    context = {
        "feeds": queries.feeds(viewer),
        "wanted": wanted,
        "page": page(request, queries.batches_of(viewer, **wanted)),
        "reasons": queries.reject_reasons(viewer, REASONS),
        "waiting": queries.waiting(viewer),
        "set_aside": queries.set_aside(viewer)[:SHOWN],
        "beaten_at": queries.beaten_at(viewer, "worker"),
    }
    return render(request, "intake/intake.html", context)


@viewing
def batch(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the duty analyst: one batch, its files, what became of every row, and the first rejected ones."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.batches(viewer).select_related("feed"), pk=id_)
    context = {
        "batch": found,
        "arrivals": queries.arrivals(viewer).filter(batch=found).select_related("feed")[:SHOWN],
        "counts": queries.reject_counts(viewer, batch=id_)[:SHOWN],
        "rejects": queries.rejects(viewer).filter(batch=found).order_by("pk")[:SHOWN],
    }
    return render(request, "intake/batch.html", context)


@require_POST
@viewing
def retry(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the duty analyst: let an arrival that was set aside be processed again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    arrival = get_object_or_404(queries.set_aside(viewer), pk=id_)
    try:
        processing.retry(arrival=arrival, actor=viewer, now=datetime.now(UTC))
    except NotAllowed:
        messages.error(request, _("Your role looks on; it does not change anything."))
    else:
        messages.success(request, _("%(name)s is processed again.") % {"name": arrival.name})
    return redirect("intake")
