"""Pages about what came in, for the duty analyst. Contacts get 404: it holds everybody's reports."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency.queries import viewer_of
from tocsin.intake import queries

viewing = signed_in(viewer_of)
SHOWN = 100


@viewing
def intake(request: HttpRequest) -> HttpResponse:
    """Show the latest batches and rejects."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    context = {"batches": queries.batches(viewer)[:20], "rejects": queries.rejects(viewer)[:SHOWN]}
    return render(request, "intake/intake.html", context)


@viewing
def unattributed(request: HttpRequest) -> HttpResponse:
    """Show what nobody holds."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    return render(request, "intake/unattributed.html", {"rows": queries.unattributed(viewer)[:SHOWN]})
