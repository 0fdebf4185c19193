"""The audit trail, for administrators: who did what, to look at and to take away."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date

from tocsin.base.audit import queries, words
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.views import administrators_only
from tocsin.core.cells import inert

HEADING = ["id", "at", "actor", "action", "object_kind", "object_id", "detail", "entry_hash"]


@administrators_only
def entries(request: HttpRequest) -> HttpResponseBase:
    """For administrators: list acts, newest first; what is shown exports as CSV."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    given = {name: request.GET.get(name, "") for name in ("actor", "action", "about", "since", "until")}
    since, until = _midnight(given["since"]), _midnight(given["until"])
    rows = queries.entries(
        viewer,
        actor=given["actor"],
        action=given["action"],
        about=given["about"],
        since=since,
        until=until + timedelta(days=1) if until else None,
    )
    if request.GET.get("export") == "csv":
        return _export(rows)
    query = request.GET.copy()
    query.pop("after", None)
    query["export"] = "csv"
    shown = page(request, rows)
    for entry in shown.rows:
        entry.said = words.act(entry.action)
        entry.facts = list(entry.detail.items())
    context = {
        "page": shown,
        "acts": [(action, words.act(action)) for action in queries.actions_known(viewer)],
        "given": given,
        "is_filtered": any(given.values()),
        "export": query.urlencode(),
    }
    return render(request, "audit/entries.html", context)


@administrators_only
def verification(request: HttpRequest) -> HttpResponse:
    """For administrators: walk the whole chain and say whether it is whole."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    holds = request.GET.get("holds", "").strip().lower()
    verdict = queries.verify(viewer, holds=holds)
    return render(request, "audit/verification.html", {"verdict": verdict, "asked": holds})


def _midnight(text: str) -> datetime | None:
    """Return the beginning of a day as people here count days; None for no day."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class _Echo:
    def write(self, text: str) -> str:
        return text


def _export(rows: QuerySet[AuditEntry]) -> StreamingHttpResponse:
    """Send every row that fits, a piece at a time; no cell is a formula."""
    columns = ["pk", "at", "actor_email", "action", "object_kind", "object_id", "detail", "entry_hash"]

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo(), lineterminator="\r\n")
        yield "\ufeff" + str(writer.writerow(HEADING))
        for row in rows.values_list(*columns).iterator(chunk_size=queries.CHUNK):
            yield str(writer.writerow([inert(value) for value in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response
