"""Pages about findings, for the duty analyst; a contact sees their own."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tocsin.base.web.paging import page
from tocsin.base.web.views import signed_in
from tocsin.constituency.queries import viewer_of
from tocsin.core.severity import SEVERITIES
from tocsin.findings import queries
from tocsin.findings.models import Owner

viewing = signed_in(viewer_of)


@viewing
def findings(request: HttpRequest) -> HttpResponse:
    """List findings; the filters live in the address."""
    severity, owner = request.GET.get("severity", ""), request.GET.get("owner", "")
    rows = queries.findings(
        request.viewer,  # type: ignore[attr-defined]
        organization=request.GET.get("organization", ""),
        severity=severity if severity in SEVERITIES else "",
        owner=owner if owner in Owner.values else "",
        search=request.GET.get("search", ""),
    )
    context = {"page": page(request, rows, ranked=True), "severities": SEVERITIES, "owners": Owner}
    return render(request, "findings/findings.html", context)


@viewing
def finding(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Show one finding: both axes, why, and its history."""
    found = get_object_or_404(queries.findings(request.viewer), pk=id_)  # type: ignore[attr-defined]
    return render(request, "findings/finding.html", {"finding": found, "changes": found.changes.order_by("-at")})
