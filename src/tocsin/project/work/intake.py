"""Reports in, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency.actions import HeldAlready
from tocsin.feeds.format import Options
from tocsin.findings import actions as finding_actions
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
from tocsin.intake.actions import assigning, reading, schemas
from tocsin.intake.actions.assigning import DismissedAlready, NoSuchOrganization, NoValue
from tocsin.intake.actions.schemas import NoSchema
from tocsin.project.process import document
from tocsin.project.work import now

__all__ = [
    "DismissedAlready",
    "HeldAlready",
    "NoSchema",
    "NoSuchOrganization",
    "NoValue",
    "add",
    "assign",
    "dismiss",
    "reattribute",
    "reattribute_changed",
    "reject_counts",
    "rejects",
    "replay",
    "unattributed",
]


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
    arrivals = intake.keep_files(paths=files, now=at, feed=source, told=told, claim=True)
    folded = intake.process(arrivals=arrivals, now=at, fold=finding_actions.fold)
    finding_actions.read_lists(now=at)
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


def reattribute(*, since: datetime | None, dry_run: bool) -> dict[str, Any]:
    """Attribute again what changes of holdings touch; findings are listed by a dry run only."""
    done = intake.reattribute(now=now(), refold=finding_actions.refold, actor=SYSTEM, since=since, dry_run=dry_run)
    return reattributed(done, with_findings=dry_run)


def reattribute_changed() -> bool:
    """Attribute again if holdings changed; return whether they had."""
    if not intake.pending():
        return False
    intake.reattribute(now=now(), refold=finding_actions.refold, actor=SYSTEM)
    return True


def reattributed(done: intake.Reattributed, *, with_findings: bool) -> dict[str, Any]:
    """Return what came of attributing again as commands print it."""
    names = ("organization", "asset", "kind", "severity", "count", "first_seen", "last_seen")
    found = done.findings.select(names).rows(named=True) if with_findings and done.findings.width else []
    return {
        "batch": str(done.batch.pk) if done.batch else None,
        "events": done.events,
        "files": done.files,
        "findings": found if with_findings else done.findings.height,
        "moves": [{"before": before, "after": after, "events": n} for before, after, n in done.moves.iter_rows()],
    }


def unattributed(*, dismissed: bool, search: str) -> Iterator[dict[str, Any]]:
    """Yield the places of what nobody holds, the most events first, with the first assets and whose they may be."""
    rows = arrived.groups(SYSTEM, dismissed=dismissed, search=search)
    for portion in batched(rows.iterator(chunk_size=2000), 200):
        said = arrived.suggestions(SYSTEM, portion)
        for group in portion:
            assets = arrived.unattributed(SYSTEM).filter(place=group.value)
            yield {
                "value": group.value, "how": group.how, "asn": group.asn, "events": group.n_events,
                "first_seen": group.first_seen.isoformat(), "last_seen": group.last_seen.isoformat(),
                "assets": [
                    {"asset": a.asset, "kind": a.kind, "address": a.address, "events": a.n_events,
                     "first_seen": a.first_seen.isoformat(), "last_seen": a.last_seen.isoformat()}
                    for a in assets[:ASSETS]
                ],
                "suggestions": [
                    {"organization": s.organization, "why": s.why, "value": s.value, "day": s.day and s.day.isoformat()} for s in said[group.value]
                ],
            }  # fmt: skip


ASSETS = 20
"""Assets of a place that a command prints."""


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield lists of at most `size` rows."""
    each = iter(rows)
    while portion := list(islice(each, size)):
        yield portion


def assign(*, value: str, organization: str, valid_from: date | None, dry_run: bool) -> dict[str, Any]:
    """Let an organization hold a value and attribute again, or say what would come of it.

    Raise NoValue, NoSuchOrganization, HeldAlready.
    """
    if dry_run:
        preview = assigning.preview_assignment(value=value, organization=organization, valid_from=valid_from)
        return reattributed(preview, with_findings=True)
    assigning.assign(value=value, organization=organization, valid_from=valid_from, actor=SYSTEM, now=now())
    return reattribute(since=None, dry_run=False)


def dismiss(*, value: str, reason: str) -> int:
    """Leave a value out of the queue; return how many places that were in it. Raise NoValue, DismissedAlready."""
    made = assigning.dismiss(value=value, reason=reason, actor=SYSTEM, now=now())
    return arrived.groups(SYSTEM, dismissed=True).filter(dismissal=made).count()
