"""Show the events that prove something: read from the event files by their identifiers, with where they came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
from django.conf import settings

from tocsin.base.tenancy import SYSTEM, Viewer
from tocsin.core import event as columns
from tocsin.intake import queries
from tocsin.intake.models import Arrival

FILES = 60
"""Files that are searched at most: a page waits for it."""
_SHOWN_ELSEWHERE = {"event_id", "raw_sha256", "raw_row", "extra", "organization", "related", "because"}
_SAYS = {column.name: column.says for column in columns.COLUMNS}


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what the source said, column by column, and the row of the file that says so."""

    id: str
    at: datetime
    values: list[tuple[str, str, Any]]
    """Column, what it means, value; empty ones are left out."""
    extra: list[tuple[str, Any]]
    because: str
    row: int
    sha256: str
    file: str
    received_at: datetime | None
    batch_id: UUID | None


def events(viewer: Viewer, ids: Sequence[str], *, organization: str, since: datetime, until: datetime) -> list[Event]:
    """Return the events with these identifiers, of one organization the viewer may see, seen between two instants.

    A contact gets the events of their own organization, and not the names of the files: these hold others' as well.
    """
    if viewer.organization_ids is not None and organization not in viewer.organization_ids:
        return []
    wanted = set(ids)
    # The newest files first: what was attributed again was written anew.
    files = queries.event_files(SYSTEM).filter(first_seen__lte=until, last_seen__gte=since).order_by("-pk")
    found: dict[str, dict[str, Any]] = {}
    for path in list(files.values_list("path", flat=True)[:FILES]):
        place = Path(settings.TOCSIN_HOME) / path
        if not place.exists():
            continue  # written anew by a re-attribution since the row was read
        rows = pl.scan_parquet(place).filter(pl.col("event_id").is_in(wanted - found.keys()), pl.col("organization") == organization)  # fmt: skip
        found.update({row["event_id"]: row for row in rows.collect().iter_rows(named=True)})
        if len(found) == len(wanted):
            break
    hashes = {row["raw_sha256"] for row in found.values()}
    arrivals = {a.sha256: a for a in queries.arrivals(SYSTEM).filter(sha256__in=hashes)}
    made = [_event(row, arrivals.get(row["raw_sha256"]), viewer) for row in found.values()]
    return sorted(made, key=lambda one: one.at)


def _event(row: dict[str, Any], arrival: Arrival | None, viewer: Viewer) -> Event:
    extra = json.loads(row["extra"]) if row["extra"] else {}
    return Event(
        id=row["event_id"],
        at=row["time_source"] or row["time_observation"],
        values=[
            (name, _SAYS[name], value)
            for name, value in row.items()
            if name in _SAYS and name not in _SHOWN_ELSEWHERE and value is not None and value != []
        ],
        extra=sorted(extra.items()) if isinstance(extra, dict) else [("", extra)],
        because=row["because"] or "",
        row=row["raw_row"],
        sha256=row["raw_sha256"],
        file=arrival.name if arrival is not None and viewer.sees_everything else "",
        received_at=arrival.received_at if arrival is not None else None,
        batch_id=arrival.batch_id if arrival is not None and viewer.sees_everything else None,
    )
