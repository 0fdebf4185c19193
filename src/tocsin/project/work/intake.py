"""Reports in, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.feeds.format import Options
from tocsin.findings import actions as finding_actions
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
from tocsin.intake.actions import reading, schemas
from tocsin.intake.actions.schemas import NoSchema
from tocsin.project.process import document
from tocsin.project.work import now

__all__ = ["NoSchema", "add", "reject_counts", "rejects", "replay"]


def add(
    files: list[Path],
    *,
    format_name: str | None = None,
    window: timedelta | None = None,
    schema: Path | None = None,
    mapping: Path | None = None,
    feed: str | None = None,
) -> dict[str, Any]:
    """Take report files through stops one to four. Raise NoSchema, ValueError, LookupError, OSError before anything is kept."""
    at = now()
    source = None
    if feed is not None and (source := arrived.feeds(SYSTEM).filter(code=feed).first()) is None:
        raise LookupError(feed)
    told = reading.told(
        format_name=format_name,
        window=window,
        mapping=document(mapping),
        schema=schemas.keep(schema.read_bytes()) if schema else None,
    )
    schemas.refresh(now=at)
    arrivals = []
    for path in files:
        with path.open("rb") as file:
            arrivals.append(intake.keep(name=str(path), content=file, now=at, feed=source, told=told, claim=True))
    folded = intake.process(arrivals=arrivals, now=at, fold=finding_actions.fold)
    summary = folded.summary.as_json()
    known = {file["sha256"] for file in summary["files"]}
    summary["files"] += [
        {
            "path": a.name,
            "format": None,
            "sha256": a.sha256,
            "rows": 0,
            "events": 0,
            "duplicates": 0,
            "rejects": 0,
            "repeated": True,
        }
        for a in arrivals
        if folded.batch is None or (a.batch_id is not None and a.sha256 not in known)
    ]
    return summary


def rejects(*, batch: UUID | None, reason: str) -> Iterator[dict[str, Any]]:
    """Yield the rejected rows, newest batch first."""
    return arrived.rejected(SYSTEM, batch=batch, reason=reason)


def reject_counts(*, batch: UUID | None, reason: str) -> list[dict[str, Any]]:
    """Return how many rows each file lost for which reason."""
    rows = arrived.reject_counts(SYSTEM, batch=batch, reason=reason)
    return [{"batch": str(c.batch_id), "file_name": c.file_name, "reason": c.reason, "n": c.n} for c in rows]


def replay(
    *,
    batch: UUID | None,
    reason: str,
    format_name: str | None,
    schema: Path | None,
    mapping: Path | None,
    window: int,
) -> dict[str, Any]:
    """Parse rejected rows again. Raise ValueError, OSError for a schema or mapping that cannot be read."""
    options = Options(schema=document(schema), mapping=document(mapping))
    done = intake.replay(
        now=now(),
        fold=finding_actions.fold,
        actor=SYSTEM,
        batch=batch,
        reason=reason,
        format_name=format_name,
        options=options,
        window=window,
    )
    return {
        "batches": [str(made.pk) for made in done.batches],
        **done.summary.as_json(),
        "skipped": [{"path": skipped.file, "reason": skipped.reason} for skipped in done.skipped],
    }
