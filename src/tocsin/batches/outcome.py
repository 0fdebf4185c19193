"""What a batch gives back: the summary everyone sees, and the frames that `intake` turns into rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from tocsin.pipeline.duplicates import Segment


@dataclass(slots=True)
class FileSummary:
    """What became of one file. rows == events + duplicates + rejects."""

    path: str
    format: str | None
    sha256: str
    rows: int = 0
    events: int = 0
    duplicates: int = 0
    rejects: int = 0
    repeated: bool = False
    """The same bytes came earlier in this batch; they were not read again."""
    feed: str = ""
    """Code of its feed, where the format knows it without any row."""
    newest: datetime | None = None
    """The latest time that the source itself gives one of the events, before the file arrived."""


@dataclass(slots=True)
class Summary:
    """What became of a batch. events == attributed + unattributed + ignored."""

    files: list[FileSummary] = field(default_factory=list)
    rows: int = 0
    events: int = 0
    duplicates: int = 0
    rejects: int = 0
    attributed: int = 0
    unattributed: int = 0
    ignored: int = 0
    findings: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the summary as the command line prints it."""
        found = asdict(self)
        for file in found["files"]:
            file["newest"] = file["newest"] and file["newest"].isoformat()
        return found


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A reject with the file it stands in."""

    file: str
    sha256: str
    row: int
    reason: str
    detail: str
    raw: str


@dataclass(frozen=True, slots=True)
class RejectCount:
    """How many rows of one file were rejected for one reason."""

    given: Path
    """The file given to the batch, in which `file` was found."""
    file: str
    sha256: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class EventFile:
    """An event file that was written, as the manifest names it."""

    file: str
    rows: int
    bytes: int
    first: datetime
    """Earliest and latest `time_source` in it."""
    last: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """A file as one look of its feed at the constituency: what it does not show was not there then."""

    feed: str
    given: Path
    """The file given to the batch, in which `file` was found."""
    file: str
    sha256: str
    first: datetime | None
    """Time of the earliest row, repeats included; None: it reports nothing."""
    last: datetime | None
    rows: int
    whole: bool
    """Whether (nearly) every row could be read: a row that was refused may have been the thing looked for."""
    names: pl.DataFrame | None
    """asset, kind: everything on a complete list; None: the file is no list."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a batch gives back."""

    summary: Summary
    findings: pl.DataFrame
    """Columns of tocsin.pipeline.fold.SCHEMA."""
    unattributed: pl.DataFrame
    """asset, kind, host, source_ip, source_asn, count, first_seen, last_seen: what nobody holds."""
    learned: Segment
    """What the memory of duplicates learned."""
    event_files: list[EventFile]
    """The event files written, in order."""
    rejects: list[RejectedRow]
    """The first rejects of each file and reason, up to a bound; the file rejects.ndjson has all."""
    reject_counts: list[RejectCount]
    """How many there are of each file and reason, exactly."""
    looks: list[Look]
    """Which feeds looked, a file each."""
