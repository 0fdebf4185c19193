"""Reports by API: bring one, and see what became of it. For programs of the team; to others they do not exist."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload, TemporaryFileUploadHandler
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Header, Query, Router, Schema
from ninja.responses import Status

from tocsin.accounts.idempotency import Key, once
from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, absolute, page
from tocsin.base.api.problems import BAD_REQUEST, CONFLICT, INVALID, TOO_LARGE, UNAVAILABLE, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.core import durations
from tocsin.intake import actions, queries
from tocsin.intake.actions import processing, reading, watching
from tocsin.intake.models import Arrival, Feed
from tocsin.lake import raw

reports = Router(tags=["reports"])


class Counts(Schema):
    """What became of the rows: rows = events + duplicates + rejects."""

    format: str | None = Field(description=_("The format it was read as."))
    rows: int
    events: int
    duplicates: int
    rejects: int


class ReportLine(Schema):
    """A report that arrived, kept byte for byte."""

    id: UUID
    name: str = Field(description=_("The name it came under."))
    sha256: str = Field(description=_("Checksum of its bytes."))
    size: int = Field(description=_("Its bytes."))
    received_at: datetime
    times_received: int = Field(description=_("How often the same bytes came."))
    feed: str | None = Field(description=_("The feed it came by."))
    state: Literal["waiting", "processed", "set-aside"] = Field(
        description=_("Whether it went through the pipeline yet, or cannot by itself.")
    )
    why: str = Field(alias="set_aside", description=_("Why it was set aside; else empty."))
    batch: UUID | None = Field(alias="batch_id", description=_("The batch that read it."))
    counts: Counts | None = Field(description=_("What became of its rows; null while it waits."))

    @staticmethod
    def resolve_feed(obj: Arrival) -> str | None:
        """Return the code of the feed."""
        return obj.feed.code if obj.feed else None

    @staticmethod
    def resolve_state(obj: Arrival) -> str:
        """Return where it stands."""
        return "processed" if obj.batch_id else "set-aside" if obj.set_aside else "waiting"

    @staticmethod
    def resolve_counts(obj: Arrival) -> dict[str, Any] | None:
        """Return this file's part of its batch."""
        files = obj.batch.files if obj.batch else []
        return next((file for file in files if file["sha256"] == obj.sha256), None)


class Report(ReportLine):
    """A report, with why rows of it were rejected."""

    rejected: dict[str, int] = Field(description=_("How many rows were rejected, by reason."))

    @staticmethod
    def resolve_rejected(obj: Arrival, context: dict[str, Any]) -> dict[str, int]:
        """Count the rejects of this file by reason."""
        return queries.rejected_of(context["request"].viewer, obj)


class Taken(Schema):
    """A report that was taken: it is on disk, and will be processed."""

    id: UUID
    sha256: str = Field(description=_("Checksum of the bytes that arrived."))
    size: int
    state: str = Field(description=_("Where it stands now: the same bytes may have come before."))
    url: str = Field(description=_("Address that tells what became of it."))


FeedHeader = Annotated[str, Header(alias="X-Feed", max_length=64, description=_("Code of the feed it belongs to."))]


class Told(Schema):
    """What the bringer says of a report."""

    feed: str = Field("", max_length=64, description=_("Code of the feed it belongs to; the header X-Feed does too."))
    name: str = Field("", max_length=1000, description=_("A name for it; of a multipart file its own, else `report`."))
    format: str = Field("", max_length=64, description=_("Read it as this format, instead of recognizing it."))
    window: str = Field("", max_length=16, description=_("Drop repeats within this time: `24h`, `7d`."))


@reports.get("", response=Page[ReportLine], **route(Scope.INTAKE_READ, _("List reports, the latest first")))
def list_reports(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of arrivals."""
    team_only(request.viewer)
    rows = queries.arrivals(request.viewer).select_related("batch", "feed")
    return page(request, response, rows, paging, ("-received_at", "-id"))


@reports.get("/{uuid:id_}", response=Report, **route(Scope.INTAKE_READ, _("Tell what became of a report")))
def get_report(request: Call, id_: UUID) -> Arrival:
    """Return one arrival."""
    team_only(request.viewer)
    return get_object_or_404(queries.arrivals(request.viewer).select_related("batch", "feed"), pk=id_)


@reports.post(
    "/{uuid:id_}/retry",
    response=Report,
    **route(Scope.INTAKE_WRITE, _("Process again a report that was set aside"), also=(409,)),
)
def retry_report(request: Call, id_: UUID) -> Arrival:
    """Let it wait for the pipeline again, and return it."""
    team_only(request.viewer)
    rows = queries.arrivals(request.viewer).select_related("batch", "feed")
    try:
        processing.retry(arrival=get_object_or_404(rows, pk=id_), actor=request.viewer, now=datetime.now(UTC))
    except processing.NotSetAside as error:
        raise Problem(CONFLICT, gettext("It is not set aside: there is nothing to process again.")) from error
    return rows.get(pk=id_)


@reports.post(
    "",
    response={202: Taken},
    **route(
        Scope.REPORTS_WRITE,
        _("Bring a report"),
        _(
            "The body is the report itself, of any content type and any format that is known, or a multipart form with "
            "one file. The answer comes once the bytes are safe on disk; processing follows. The same bytes are "
            "processed once, however often they come."
        ),
        also=(409,),
        takes={
            "application/octet-stream": {"type": "string", "format": "binary"},
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            },
        },
    ),
)
def bring_report(
    request: Call,
    response: HttpResponse,
    told: Query[Told],
    key: Key = "",
    x_feed: FeedHeader = "",
) -> Status[Any]:
    """Take a report. The body goes to disk as it is read; only then is a row made, once for each key."""
    team_only(request.viewer)
    now = datetime.now(UTC)
    feed = _feed(request, told.feed or x_feed)
    said = _said(told)
    if watching.is_paused(now=now):
        raise Problem(
            UNAVAILABLE, gettext("Collecting is paused: the pipeline is behind, or the disk is low."), headers={"Retry-After": "60"}
        )  # fmt: skip
    name, sha256, size = _kept(request, told.name)

    def do() -> dict[str, Any]:
        arrival = actions.arrived(sha256=sha256, size=size, name=name, now=now, feed=feed, told=said)
        url = absolute(request, reverse("api:get_report", args=[arrival.pk]))
        state = ReportLine.resolve_state(arrival)
        return {"id": str(arrival.pk), "sha256": sha256, "size": size, "state": state, "url": url}

    asked = f"{sha256} {told.model_dump_json()} {x_feed}"
    answer = once(request, key, asked, do)
    response.headers["Location"] = answer["url"]
    return Status(202, answer)


def _feed(request: Call, code: str) -> Feed | None:
    if not code:
        return None
    found = queries.feeds(request.viewer).filter(code=code).first()
    if found is None:
        raise Problem(INVALID, errors=[{"pointer": "query/feed", "detail": gettext("There is no feed of this code.")}])
    if not found.enabled:
        raise Problem(CONFLICT, gettext("The feed is switched off."))
    return found


def _said(told: Told) -> dict[str, Any]:
    from tocsin.feeds import recognize

    if told.format and recognize.by_name(told.format) is None:
        known = ", ".join(format_.name for format_ in recognize.FORMATS)
        detail = gettext("No format is called so; known are %(known)s.") % {"known": known}
        raise Problem(INVALID, errors=[{"pointer": "query/format", "detail": detail}])
    try:
        window = durations.parse(told.window) if told.window else None
    except durations.BadDuration as error:
        raise Problem(INVALID, errors=[{"pointer": "query/window", "detail": str(error)}]) from error
    return reading.told(format_name=told.format or None, window=window)


def _kept(request: Call, name: str) -> tuple[str, str, int]:
    """Put the body on disk, under its checksum. Return its name, checksum and size."""
    limit = settings.TOCSIN_ARRIVAL_LIMIT
    home = Path(settings.TOCSIN_HOME)
    try:
        if request.content_type == "multipart/form-data":
            quota = _Quota(request, limit)
            request.upload_handlers = [quota, TemporaryFileUploadHandler(request)]
            files = [file for _name, many in request.FILES.lists() for file in many]
            if quota.left < 0:
                raise raw.TooLarge
            if len(files) != 1:
                raise Problem(INVALID, errors=[{"pointer": "body/file", "detail": gettext("Send exactly one file.")}])
            name = name or files[0].name or ""
            assert files[0].file is not None
            sha256, size, _place = raw.keep(home, files[0].file, at_most=limit)
        else:
            sha256, size, _place = raw.keep(home, request, at_most=limit)
    except raw.TooLarge as error:
        raise Problem(TOO_LARGE, gettext("At most %(limit)s bytes.") % {"limit": limit}) from error
    except MultiPartParserError as error:
        raise Problem(BAD_REQUEST, str(error)[:200]) from error
    if size == 0:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": gettext("The report is empty.")}])
    return name.replace("\0", "") or "report", sha256, size


class _Quota(FileUploadHandler):
    """Counts what is uploaded while it comes, and stops it."""

    def __init__(self, request: Call, at_most: int) -> None:
        super().__init__(request)
        self.left = at_most

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Let a chunk pass on to the next handler, or stop without reading the rest."""
        self.left -= len(raw_data)
        if self.left < 0:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Make no file: the next handler does."""
