"""Reports in, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.feeds.format import Options
from tocsin.findings import actions as finding_actions
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
from tocsin.project.process import document
from tocsin.project.work import now


def add(files: list[Path], *, format_name: str | None = None, window: int = 0) -> dict[str, Any]:
    """Take report files through stops one to four."""
    at = now()
    arrivals = []
    for path in files:
        with path.open("rb") as file:
            arrivals.append(intake.keep(name=str(path), content=file, now=at))
    folded = intake.process(
        arrivals=arrivals, now=at, fold=finding_actions.fold, format_name=format_name, window=window
    )
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
