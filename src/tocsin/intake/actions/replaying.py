"""Parse rejects again: after a new mapping, schema, format or version of a parser.

What is replayed moves: its rows leave the batch they were rejected in and become rows of a new one, as events,
duplicates or, again, rejects. So rows == events + duplicates + rejects holds in each batch and over all of them.
Only the rejected rows are taken from a file, by their numbers; what became an event before is not touched.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.batches import run as batches
from tocsin.batches.outcome import Outcome, Summary
from tocsin.feeds.format import Options
from tocsin.intake import queries
from tocsin.intake.actions import reading, remembering, taking
from tocsin.intake.models import Batch, Reject, RejectCount
from tocsin.lake import raw


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not parsed again, and why."""

    file: str
    reason: str


@dataclass(slots=True)
class Replayed:
    """What came of a replay: the new batches, all their figures together, and what was left alone."""

    batches: list[Batch] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    """Of everything parsed again, also where nothing new came of it and no batch was made."""
    skipped: list[Skipped] = field(default_factory=list)


def replay(
    *,
    now: datetime,
    fold: Any,
    actor: Viewer,
    batch: UUID | None = None,
    reason: str = "",
    format_name: str | None = None,
    options: Options | None = None,
    window: int = 0,
) -> Replayed:
    """Parse rejected rows again: all, or those of a batch or a reason. Raise NotAllowed.

    Each batch with rejects is replayed by itself and commits by itself, files first, as `taking.process` does.
    Where no row becomes more than a reject, nothing changes: replaying twice is replaying once.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    done = Replayed()
    with dialect.mutual_exclusion("fold"):
        taking.sweep()
        counts = queries.reject_counts(SYSTEM, batch=batch, reason=reason).order_by("batch_id", "pk")
        sources = [
            list(group) for _, group in groupby(counts.select_related("batch", "arrival__feed"), lambda c: c.batch_id)
        ]
        for source in sources:
            _replay(source, done, now, fold, actor, format_name, options or Options(), window)
    return done


def _replay(
    counts: Sequence[RejectCount],
    done: Replayed,
    now: datetime,
    fold: Any,
    actor: Viewer,
    format_name: str | None,
    options: Options,
    window: int,
) -> None:
    source = counts[0].batch
    files = {file["sha256"]: file for file in source.files if not file["repeated"]}
    counts, skipped = _fitting(counts, files, format_name)
    done.skipped += skipped
    if not counts:
        return
    home = Path(settings.TOCSIN_HOME)
    arrivals = list({count.arrival_id: count.arrival for count in counts}.values())
    id_ = uuid7()
    folder = home / "batches" / str(id_)
    held = taking.held_now()
    read = [reading.again(a, a.feed, format_name=format_name, options=options) for a in arrivals]
    given = [
        batches.Given(raw.place(home, a.sha256), a.name, how.options, how.format)
        for a, how in zip(arrivals, read, strict=True)
    ]
    outcome = batches.run(
        given,
        registry=held,
        memory=remembering.memory(window or read[0].window),
        out=folder,
        received_at=now,
        again=_rows(counts, files, source),
    )
    _add(done.summary, outcome.summary)
    if not outcome.summary.events + outcome.summary.duplicates:
        shutil.rmtree(folder, ignore_errors=True)
        return
    learned = remembering.write(id_, outcome.learned)
    with transaction.atomic():
        made = taking.record(id_, outcome, learned, held, arrivals, now, Batch.Kind.REPLAY.value)
        moved = _move(counts, source)
        fold(frame=outcome.findings, batch_id=str(id_), now=now)
        audit.record(
            actor=actor, action="rejects-replayed", object_kind="batch", object_id=str(source.pk), now=now,
            detail={"into": str(id_), "rejects": moved, **_figures(outcome)},
        )  # fmt: skip
    done.batches.append(made)


def _fitting(
    counts: Sequence[RejectCount], files: dict[str, Any], format_name: str | None
) -> tuple[list[RejectCount], list[Skipped]]:
    """Leave out files of which another format made events before: its row numbers mean other rows."""
    found, skipped = [], {}
    for count in counts:
        file = files.get(count.file_sha256, {})
        otherwise = format_name and file.get("format") not in {None, format_name.replace("-", "_")}
        if otherwise and file["events"] + file["duplicates"]:
            skipped[count.file_name] = Skipped(
                count.file_name, f"it was read as {file['format']}, and its other rows are events by that"
            )
        else:
            found.append(count)
    return found, list(skipped.values())


def _rows(
    counts: Sequence[RejectCount], files: dict[str, Any], source: Batch
) -> dict[str, np.ndarray | None]:  # fmt: skip
    """Return which rows of which file are to be read again; a file that gave nothing at all is read whole."""
    chosen: dict[str, int] = defaultdict(int)
    for count in counts:
        chosen[count.file_sha256] += count.n
    rows: dict[str, list[int]] = defaultdict(list)
    whole = {sum_ for sum_, n in chosen.items() if n == files.get(sum_, {}).get("rows")}
    reasons = {(count.file_sha256, count.reason) for count in counts}
    for reject in queries.rejected(SYSTEM, batch=source.pk):
        if (reject["file_sha256"], reject["reason"]) in reasons and reject["file_sha256"] not in whole:
            rows[reject["file_sha256"]].append(reject["row"])
    return {sum_: None if sum_ in whole else np.array(rows[sum_], dtype=np.uint64) for sum_ in chosen}


def _move(counts: Sequence[RejectCount], source: Batch) -> int:
    """Take the replayed rejects out of the batch they were rejected in."""
    moved = sum(count.n for count in counts)
    files = list(source.files)
    for count in counts:
        for file in files:
            if file["sha256"] == count.file_sha256 and not file["repeated"]:
                file["rows"] -= count.n
                file["rejects"] -= count.n
        Reject.objects.filter(
            batch=source, file_sha256=count.file_sha256, file_name=count.file_name, reason=count.reason
        ).delete()
    RejectCount.objects.filter(pk__in=[count.pk for count in counts]).delete()
    Batch.objects.filter(pk=source.pk).update(
        rows=F("rows") - moved, rejects=F("rejects") - moved, replayed=F("replayed") + moved, files=files
    )
    return moved


_FIGURES = ("rows", "events", "duplicates", "rejects", "attributed", "unattributed", "ignored", "findings", "seconds")


def _add(total: Summary, part: Summary) -> None:
    total.files += part.files
    for name in _FIGURES:
        setattr(total, name, getattr(total, name) + getattr(part, name))


def _figures(outcome: Outcome) -> dict[str, int]:
    return {name: getattr(outcome.summary, name) for name in ("events", "duplicates")}
