"""The search field on top of every page: assets, organizations, notices."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tocsin.base.tenancy import Viewer
from tocsin.base.web.views import signed_in
from tocsin.constituency import queries as constituency
from tocsin.findings import listing
from tocsin.findings import queries as findings
from tocsin.notices import queries

viewing = signed_in(constituency.viewer_of)
SHOWN = 10
_NUMBER = re.compile(r"(?:TC-?)?(?:(\d{4})-)?0*(\d{1,6})", re.IGNORECASE)


@viewing
def search(request: HttpRequest) -> HttpResponse:
    """For everybody: find what a text means. A whole reference leads straight to its notice."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    text = request.GET.get("q", "").strip()[:200]
    notices = queries.notices(viewer).filter(reference__in=_references(text, now))[:SHOWN] if text else []
    if text and any(notice.reference == text.upper() for notice in notices):
        return redirect("notice", id_=next(n.pk for n in notices if n.reference == text.upper()))
    found = None
    if text:
        order = listing.ORDERS["-severity"]
        found = findings.listed(viewer, listing.Wanted(asset=text.lower()), order=order, key=None, now=now, size=SHOWN)
    context = {
        "text": text,
        "notices": notices,
        "organizations": constituency.organizations(viewer, text)[: SHOWN + 1] if text else [],
        "shown": SHOWN,
        "found": found,
    }
    return render(request, "notices/search.html", context)


def _references(text: str, now: datetime) -> list[str]:
    """Return the references that a text may mean: `TC-2026-000017`, `2026-17`, and `17` of the last three years."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return []
    years = [int(match[1])] if match[1] else range(now.year, now.year - 3, -1)
    return [f"TC-{year}-{int(match[2]):06d}" for year in years]
