"""Reports in, and what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as finding_actions
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
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


def rejects() -> list[dict[str, Any]]:
    """Return the rejected rows, newest first."""
    fields = ("id", "file_name", "file_sha256", "row", "reason", "detail", "raw")
    return [{name: getattr(r, name) for name in fields} for r in arrived.rejects(SYSTEM)]
