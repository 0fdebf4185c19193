"""The figures of the loop, and what was frozen of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.project.work import now
from tocsin.reports import actions, queries
from tocsin.reports.models import Snapshot


def loop(begins_on: date, ends_on: date, as_of: datetime | None = None) -> dict[str, Any]:
    """Return the figures of the warnings that went out in a period."""
    return queries.loop(SYSTEM, begins_on=begins_on, ends_on=ends_on, now=now(), as_of=as_of)


def freeze(begins_on: date, ends_on: date, *, corrects: UUID | None, reason: str) -> dict[str, Any]:
    """Freeze the figures of a period. Raise ValueError: not over, frozen before, nothing to correct."""
    made = actions.freeze(
        begins_on=begins_on, ends_on=ends_on, actor=SYSTEM, now=now(), corrects=corrects, reason=reason
    )
    return _told(made)


def snapshots() -> list[dict[str, Any]]:
    """Return what was frozen, without the figures."""
    return [_told(row) for row in queries.snapshots(SYSTEM)]


def snapshot(id_: UUID) -> dict[str, Any] | None:
    """Return one with its figures, and whether they are still those that were taken."""
    row = queries.snapshots(SYSTEM).filter(pk=id_).first()
    if row is None:
        return None
    return {**_told(row), "is_whole": actions.checksum(row.figures) == row.sha256, "figures": row.figures}


def _told(row: Snapshot) -> dict[str, Any]:
    return {
        "id": str(row.pk), "begins_on": row.begins_on.isoformat(), "ends_on": row.ends_on.isoformat(), "as_of": row.as_of.isoformat(),
        "taken_at": row.taken_at.isoformat(), "taken_by": row.taken_by, "sha256": row.sha256,
        "corrects": row.corrects_id and str(row.corrects_id), "reason": row.reason,
    }  # fmt: skip
