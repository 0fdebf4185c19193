"""Pages about organizations, for the duty analyst; a contact sees their own."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tocsin.base.web.views import signed_in
from tocsin.constituency import queries

viewing = signed_in(queries.viewer_of)


@viewing
def organizations(request: HttpRequest) -> HttpResponse:
    """List organizations; the search finds text typed without accents."""
    rows = queries.organizations(request.viewer, request.GET.get("name", "")).select_related("parent")  # type: ignore[attr-defined]
    return render(request, "constituency/organizations.html", {"rows": rows})


@viewing
def organization(request: HttpRequest, id_: str) -> HttpResponse:
    """Show what an organization holds and who is told."""
    found = get_object_or_404(queries.organizations(request.viewer), pk=id_)  # type: ignore[attr-defined]
    contacts = queries.contacts_on(request.viewer, found.pk, datetime.now(UTC).date())  # type: ignore[attr-defined]
    return render(request, "constituency/organization.html", {"organization": found, "contacts": contacts})
