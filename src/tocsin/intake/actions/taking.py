"""Take reports in: stops one to four into the database."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base import dialect
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM
from tocsin.batches import run as batches
from tocsin.batches.outcome import Outcome, Summary
from tocsin.constituency import queries as constituency
from tocsin.feeds.format import Options
from tocsin.intake.models import Arrival, Batch, Reject, Segment, Unattributed
from tocsin.lake import durable, raw
from tocsin.pipeline import duplicates, registry

KEPT_REJECTS = 10_000


@dataclass(frozen=True, slots=True)
class Folded:
    """A batch that was taken in: its row, its findings frame, and what the command prints."""

    batch: Batch | None
    outcome: Outcome | None
    summary: Summary


def keep(*, name: str, content: BinaryIO, now: datetime, at_most: int | None = None) -> Arrival:
    """Keep an arrival byte for byte. The same bytes again only count one more time. Raise TooLarge."""
    sha256, size, _ = raw.keep(_home(), content, at_most=at_most)
    arrival, new = Arrival.objects.get_or_create(
        sha256=sha256, defaults={"name": name[:1000], "size": size, "received_at": now}
    )
    if not new:
        Arrival.objects.filter(pk=arrival.pk).update(times_received=F("times_received") + 1)
    return arrival


def take(*, content: bytes, name: str, now: datetime) -> Arrival:
    """Keep bytes that are in memory."""
    return keep(name=name, content=BytesIO(content), now=now)


def process(
    *,
    arrivals: Sequence[Arrival],
    now: datetime,
    fold: Any,
    format_name: str | None = None,
    window: int = 0,
    options: Options | None = None,
) -> Folded:
    """Take arrivals through stops two to four. Those processed before are left alone.

    `fold` is called inside the transaction with the frame of findings, the batch's id and `now`. The
    event files and the segment are on disk before it commits; if it never does, no row names them.
    """
    with dialect.mutual_exclusion("fold"):
        _sweep()
        todo = list(Arrival.objects.filter(pk__in=[a.pk for a in arrivals], batch=None))
        if not todo:
            return Folded(None, None, Summary())
        organizations, ignored = constituency.as_values(SYSTEM)
        parts = [np.load(_home() / path) for path in Segment.objects.values_list("path", flat=True)]
        id_ = uuid7()
        folder = _home() / "batches" / str(id_)
        given = [batches.Given(raw.place(_home(), a.sha256), a.name, options or Options(), format_name) for a in todo]
        outcome = batches.run(
            given,
            registry=registry.build(organizations, ignored),
            memory=duplicates.remember(parts, window),
            out=folder,
            received_at=now,
        )
        segment = f"segments/{id_}.npy"
        durable.write(_home() / segment, lambda aside: _save(aside, outcome.segment))
        with transaction.atomic():
            batch = _record(id_, outcome, now)
            Segment.objects.create(batch=batch, path=segment)
            Arrival.objects.filter(pk__in=[a.pk for a in todo]).update(batch=batch)
            fold(frame=outcome.findings, batch_id=str(id_), now=now)
    return Folded(batch, outcome, outcome.summary)


def _home() -> Path:
    return Path(settings.TOCSIN_HOME)


def _save(path: Path, segment: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, segment)


def _record(id_: UUID, outcome: Outcome, now: datetime) -> Batch:
    figures = outcome.summary.as_json()
    batch = Batch.objects.create(id=id_, started_at=now, finished_at=now, **figures)
    Reject.objects.bulk_create(
        Reject(
            batch=batch, file_name=r.file[:1000], file_sha256=r.sha256, row=r.row, reason=r.reason,
            detail=_storable(r.detail), raw=_storable(r.raw),
        )
        for r in outcome.rejects[:KEPT_REJECTS]
    )  # fmt: skip
    rows: list[dict[str, object]] = [
        {
            "asset": _storable(row["asset"])[:2000],
            "kind": row["kind"][:200],
            "address": row["source_ip"] or "",
            "asn": row["source_asn"],
            "n_events": row["count"],
            "first_seen": row["first_seen"],
            "last_seen": row["last_seen"],
        }
        for row in outcome.unattributed.iter_rows(named=True)
    ]
    dialect.upsert(
        Unattributed,
        rows,
        unique=["asset", "kind"],
        update="n_events = old.n_events + excluded.n_events,"
        " last_seen = CASE WHEN excluded.last_seen > old.last_seen THEN excluded.last_seen ELSE old.last_seen END",
    )
    return batch


def _storable(text: str) -> str:
    """Return a text without NUL, which PostgreSQL refuses, and without broken halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _sweep() -> None:
    """Remove the files of batches that never committed: a crash came between their writing and the rows."""
    place = _home() / "batches"
    if not place.is_dir():
        return
    known = {str(id_) for id_ in Batch.objects.values_list("pk", flat=True)}
    for folder in place.iterdir():
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
            (_home() / "segments" / f"{folder.name}.npy").unlink(missing_ok=True)
