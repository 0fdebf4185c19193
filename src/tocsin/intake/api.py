"""What came in, by API, for programs of the team. It holds everybody's reports: others get 404."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.intake import queries
from tocsin.intake.models import Arrival, Batch

reports = Router(tags=["reports"])
batches = Router(tags=["batches"])
rejects = Router(tags=["rejects"])
unattributed = Router(tags=["unattributed"])


class Counts(Schema):
    """What became of the rows: rows = events + duplicates + rejects."""

    format: str | None = Field(description=_("The format it was read as."))
    rows: int
    events: int
    duplicates: int
    rejects: int


class Report(Schema):
    """A report that arrived, kept byte for byte."""

    id: UUID
    name: str = Field(description=_("The name it came under."))
    sha256: str = Field(description=_("Checksum of its bytes."))
    size: int = Field(description=_("Its bytes."))
    received_at: datetime
    times_received: int = Field(description=_("How often the same bytes came."))
    state: Literal["waiting", "processed"] = Field(description=_("Whether it went through the pipeline yet."))
    batch: UUID | None = Field(alias="batch_id", description=_("The batch that read it."))
    counts: Counts | None = Field(description=_("What became of its rows; null while it waits."))

    @staticmethod
    def resolve_state(obj: Arrival) -> str:
        """Return where it stands."""
        return "processed" if obj.batch_id else "waiting"

    @staticmethod
    def resolve_counts(obj: Arrival) -> dict[str, Any] | None:
        """Return this file's part of its batch."""
        files = obj.batch.files if obj.batch else []
        return next((file for file in files if file["sha256"] == obj.sha256), None)


class BatchLine(Schema):
    """Some reports that went through the pipeline together."""

    id: UUID
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
    seconds: float


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


class UnattributedLine(Schema):
    """What nobody in the constituency holds."""

    id: int
    asset: str
    kind: str
    address: str
    asn: int | None
    n_events: int
    first_seen: datetime
    last_seen: datetime


@reports.get("", response=Page[Report], **route(Scope.INTAKE_READ, _("List reports, the latest first")))
def list_reports(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of arrivals."""
    team_only(request.viewer)
    rows = queries.arrivals(request.viewer).select_related("batch")
    return page(request, response, rows, paging, ("-received_at", "-id"))


@reports.get("/{uuid:id_}", response=Report, **route(Scope.INTAKE_READ, _("Tell what became of a report")))
def get_report(request: Call, id_: UUID) -> Arrival:
    """Return one arrival."""
    team_only(request.viewer)
    return get_object_or_404(queries.arrivals(request.viewer).select_related("batch"), pk=id_)


@batches.get("", response=Page[BatchLine], **route(Scope.INTAKE_READ, _("List batches, the latest first")))
def list_batches(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of batches."""
    team_only(request.viewer)
    return page(request, response, queries.batches(request.viewer).defer("files"), paging, ("-finished_at", "-id"))


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
        _("One JSON object a line: file, sha256, row, reason, detail, raw."),
        answers={200: {"description": "OK", "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
    ),
)
def stream_rejects(request: Call, id_: UUID) -> FileResponse:
    """Stream the file that holds them all."""
    team_only(request.viewer)
    batch = get_object_or_404(queries.batches(request.viewer), pk=id_)
    path = Path(settings.TOCSIN_HOME) / batch.folder / "rejects.ndjson"
    return FileResponse(path.open("rb"), content_type="application/x-ndjson")


class RejectFilters(Schema):
    """Which rejects."""

    reason: str = Field("", max_length=64, description=_("Why they were rejected, as a machine word."))
    batch: UUID | None = Field(None, description=_("The batch they came in."))


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


@unattributed.get(
    "", response=Page[UnattributedLine], **route(Scope.INTAKE_READ, _("List what nobody holds, the last seen first"))
)
def list_unattributed(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of the queue."""
    team_only(request.viewer)
    return page(request, response, queries.unattributed(request.viewer), paging, ("-last_seen", "-id"))
