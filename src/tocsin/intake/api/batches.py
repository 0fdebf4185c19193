"""Batches and their rejected rows by API, for programs of the team. They hold everybody's reports: others get 404."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.intake import queries
from tocsin.intake.api.reports import Counts
from tocsin.intake.models import Batch

batches = Router(tags=["batches"])
rejects = Router(tags=["rejects"])


class BatchLine(Schema):
    """Some reports that went through the pipeline together."""

    id: UUID
    kind: str = Field(description=_("What made it: `intake`, `replay` or `reattribution`."))
    feed: str | None = Field(description=_("The feed its reports came by."))
    started_at: datetime
    finished_at: datetime
    rows: int
    events: int
    duplicates: int
    rejects: int
    attributed: int = Field(description=_("Events whose owner is known."))
    unattributed: int = Field(description=_("Events that nobody in the constituency owns."))
    ignored: int = Field(description=_("Events that an ignore rule covers."))
    findings: int
    replayed: int = Field(description=_("Rejects that a later batch took over."))
    changed: int = Field(description=_("Events that a re-attribution gave another owner or reason."))
    seconds: float

    @staticmethod
    def resolve_feed(obj: Batch) -> str | None:
        """Return the code of the feed."""
        return obj.feed.code if obj.feed else None


class BatchFile(Counts):
    """A file of a batch."""

    path: str
    sha256: str
    repeated: bool = False


class BatchWhole(BatchLine):
    """A batch with its files."""

    files: list[BatchFile]


class RejectLine(Schema):
    """A row that became no event."""

    id: int
    batch: UUID = Field(alias="batch_id")
    file_name: str
    file_sha256: str
    row: int = Field(description=_("Number of the row in the file; 0 is the file as a whole."))
    reason: str = Field(description=_("Why, as a machine word."))
    detail: str = Field(description=_("Why, in words."))
    raw: str = Field(description=_("The row as it came."))


class RejectFilters(Schema):
    """Which rejects."""

    reason: str = Field("", max_length=64, description=_("Why they were rejected, as a machine word."))
    batch: UUID | None = Field(None, description=_("The batch they came in."))


class RejectCountLine(Schema):
    """How many rows of a file were rejected for a reason."""

    batch: UUID = Field(alias="batch_id")
    file_name: str
    file_sha256: str
    reason: str
    n: int


@batches.get("", response=Page[BatchLine], **route(Scope.INTAKE_READ, _("List batches, the latest first")))
def list_batches(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of batches."""
    team_only(request.viewer)
    return page(
        request,
        response,
        queries.batches(request.viewer).select_related("feed").defer("files"),
        paging,
        ("-finished_at", "-id"),
    )


@batches.get("/{uuid:id_}", response=BatchWhole, **route(Scope.INTAKE_READ, _("Tell one batch with its files")))
def get_batch(request: Call, id_: UUID) -> Batch:
    """Return one batch."""
    team_only(request.viewer)
    return get_object_or_404(queries.batches(request.viewer), pk=id_)


@batches.get(
    "/{uuid:id_}/rejects",
    **route(
        Scope.INTAKE_READ,
        _("Stream all rejected rows of a batch"),
        _("One JSON object a line: batch, file_name, file_sha256, row, reason, detail, raw."),
        answers={200: {"description": "OK", "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
    ),
)
def stream_rejects(request: Call, id_: UUID) -> StreamingHttpResponse:
    """Stream them from the batch's file."""
    team_only(request.viewer)
    batch = get_object_or_404(queries.batches(request.viewer), pk=id_)

    def lines() -> Iterator[bytes]:
        for row in queries.rejected(request.viewer, batch=batch.pk):
            yield msgspec.json.encode(row) + b"\n"

    return StreamingHttpResponse(lines(), content_type="application/x-ndjson")


@rejects.get(
    "",
    response=Page[RejectLine],
    **route(
        Scope.INTAKE_READ,
        _("List rejected rows, the latest first"),
        _("The first of each file and reason; a batch's stream holds them all."),
    ),
)
def list_rejects(request: Call, response: HttpResponse, filters: Query[RejectFilters], paging: Query[Paging]) -> Found:
    """Return a page of rejects."""
    team_only(request.viewer)
    rows = queries.rejects(request.viewer)
    if filters.reason:
        rows = rows.filter(reason=filters.reason)
    if filters.batch:
        rows = rows.filter(batch_id=filters.batch)
    return page(request, response, rows, paging, ("-id",))


@rejects.get(
    "/counts",
    response=Page[RejectCountLine],
    **route(Scope.INTAKE_READ, _("Count rejected rows by file and reason, the latest first")),
)
def count_rejects(request: Call, response: HttpResponse, filters: Query[RejectFilters], paging: Query[Paging]) -> Found:
    """Return a page of counts."""
    team_only(request.viewer)
    rows = queries.reject_counts(request.viewer, batch=filters.batch, reason=filters.reason)
    return page(request, response, rows, paging, ("-id",))
