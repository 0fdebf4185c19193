"""Rows that became no event: for the duty analyst, and for whoever mends a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from tocsin.base.tenancy import Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency.queries import viewer_of
from tocsin.intake import queries

viewing = signed_in(viewer_of)
SAMPLE = 50


@viewing
def rejects(request: HttpRequest) -> HttpResponse:
    """For the duty analyst: how many rows each file lost for which reason, the first of them, and how to read them again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    reason, batch = _asked(request)
    counts = queries.reject_counts(viewer, reason=reason, batch=batch).select_related("batch")
    sample = queries.rejects(viewer)
    if reason:
        sample = sample.filter(reason=reason)
    if batch is not None:
        sample = sample.filter(batch=batch)
    context = {
        "page": page(request, counts, order=("-id",)), "sample": sample[:SAMPLE], "reason": reason, "batch": batch,
        "reasons": queries.reject_reasons(viewer, 50),
    }  # fmt: skip
    return render(request, "intake/rejects.html", context)


@viewing
def rejected_rows(request: HttpRequest) -> StreamingHttpResponse:
    """For whoever mends a mapping: all rejected rows, one JSON object a line, read from the batches as they are sent."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    reason, batch = _asked(request)

    def lines() -> Iterator[bytes]:
        for row in queries.rejected(viewer, batch=batch, reason=reason):
            yield msgspec.json.encode(row) + b"\n"

    response = StreamingHttpResponse(lines(), content_type="application/x-ndjson")
    day = datetime.now(UTC).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="rejects-{day}.ndjson"'
    return response


def _asked(request: HttpRequest) -> tuple[str, UUID | None]:
    try:
        batch = UUID(request.GET["batch"]) if request.GET.get("batch") else None
    except ValueError:
        raise Http404 from None
    return request.GET.get("reason", "")[:64], batch
