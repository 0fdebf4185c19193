"""Attribute again what came in before, after something about who holds what changed.

Each event file knows which holdings its events were attributed by. What differs between those and today's names the
values to look at; the events they touch are attributed again, at their own time. A file in which an owner changes is
written anew; one transaction then names the new files in place of the old ones, with the findings and the queue that
result, and the old files go. So each event exists exactly once at any instant, and doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import transaction

from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.batches import again
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.core.constituency import Ignored, Organization
from tocsin.intake import rules
from tocsin.intake.actions import taking
from tocsin.intake.models import Batch, EventFile, HoldingsSnapshot
from tocsin.pipeline import registry
from tocsin.pipeline.attribute import Attributor

TRIES = 3
_MOVES = {"before": pl.String, "after": pl.String, "n": pl.UInt32}


@dataclass(slots=True)
class Reattributed:
    """What came, or would come, of it."""

    events: int = 0
    """How many events have another owner, reason or other matches."""
    files: int = 0
    """How many event files held them."""
    moves: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_MOVES))
    """before, after (organizations; null is nobody) and n: how many events went from whom to whom."""
    findings: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The findings of every asset and kind concerned as they are then: columns of tocsin.pipeline.fold.SCHEMA."""
    batch: Batch | None = None


@dataclass(slots=True)
class _Plan:
    """What is to be done: the files as they will be, and what changes in each."""

    parts: list[again.Part] = field(default_factory=list)
    rewritten: list[tuple[EventFile, Path, int]] = field(default_factory=list)
    """A file, where it was written anew, and its size there."""
    names: list[pl.DataFrame] = field(default_factory=list)
    moves: list[pl.DataFrame] = field(default_factory=list)


def reattribute(
    *, now: datetime, refold: Any, actor: Viewer, since: datetime | None = None, dry_run: bool = False
) -> Reattributed:
    """Attribute again what today's holdings may touch, perhaps only events at or after `since`. Raise NotAllowed.

    `refold` is called inside the transaction with the names (asset, kind) concerned, the frame of their findings, the
    batch's id and `now`. Where no owner changes there is no batch.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    began = perf_counter()
    with dialect.mutual_exclusion("fold"):
        taking.sweep()
        noted = list(
            constituents.holdings_changes(SYSTEM).values_list("pk", flat=True)
        )  # before the holdings themselves
        held = registry.build(*constituents.as_values(SYSTEM))
        id_ = uuid7()
        plan = _planned(held, since, None if dry_run else id_)
        done = _result(plan)
        names = pl.concat(plan.names).unique() if plan.names else None
        nobodys = pl.DataFrame()
        if names is not None:
            done.findings, nobodys = again.refold(plan.parts, names)
        if dry_run:
            return done
        with transaction.atomic():
            if names is not None:
                done.batch = _commit(id_, done, plan, held, names, nobodys, since, actor, now, perf_counter() - began)
                refold(names=names, frame=done.findings, batch_id=str(id_), now=now)
            if since is None:
                _mark(held)
                constituency.forget_changes(seen=noted)
        for file, _, _ in plan.rewritten:
            (Path(settings.TOCSIN_HOME) / file.path).unlink(missing_ok=True)
    return done


def preview(*, organizations: Sequence[Organization], ignored: Sequence[Ignored]) -> Reattributed:
    """Say what attributing again would do if these were the organizations and the ignore list; nothing changes.

    It waits for no batch that is going on, and tells what holds before it.
    """
    held = registry.build(organizations, ignored)
    for attempt in range(TRIES):
        try:
            plan = _planned(held, None, None)
            done = _result(plan)
            if plan.names:
                done.findings, _ = again.refold(plan.parts, pl.concat(plan.names).unique())
            return done
        except FileNotFoundError:  # it was written anew meanwhile: its successor is named now
            if attempt == TRIES - 1:
                raise
    raise AssertionError


def pending() -> bool:
    """Tell whether something about who holds what changed since events were last attributed again."""
    return constituents.holdings_changes(SYSTEM).exists()


def _planned(held: registry.Registry, since: datetime | None, id_: UUID | None) -> _Plan:
    """Find what changes in every file, and write those files anew into the folder of batch `id_`; None: write nothing."""
    home = Path(settings.TOCSIN_HOME)
    content = rules.holdings(held)
    current = rules.fingerprint(content)
    values = {
        snapshot.sha256: rules.changed(bytes(snapshot.content), content)
        for snapshot in HoldingsSnapshot.objects.exclude(sha256=current)
    }
    attributor = Attributor(held)
    plan = _Plan()
    for file in EventFile.objects.order_by("path"):
        path = home / file.path
        if file.holdings_id == current or not values[file.holdings_id] or (since and file.last_seen < since):
            plan.parts.append(again.Part(path))
            continue
        found = again.changes(path, attributor, values=values[file.holdings_id], since=since)
        if found.is_empty():
            plan.parts.append(again.Part(path))
            continue
        plan.names.append(found.select("asset", "kind").unique())
        plan.moves.append(found.group_by("before", pl.col("organization").alias("after")).agg(pl.len().alias("n")))
        if id_ is None:
            plan.parts.append(again.Part(path, found))
            plan.rewritten.append((file, path, file.size))
            continue
        target = home / f"batches/{id_}/events/events-{len(plan.rewritten):05d}.parquet"
        plan.rewritten.append((file, target, again.rewrite(path, found, target)))
        plan.parts.append(again.Part(target))
    return plan


def _result(plan: _Plan) -> Reattributed:
    if not plan.moves:
        return Reattributed()
    moves = pl.concat(plan.moves).group_by("before", "after").agg(pl.col("n").sum())
    return Reattributed(int(moves["n"].sum()), len(plan.rewritten), moves.sort("n", "after", descending=True))


def _commit(
    id_: UUID,
    done: Reattributed,
    plan: _Plan,
    held: registry.Registry,
    names: pl.DataFrame,
    nobodys: pl.DataFrame,
    since: datetime | None,
    actor: Viewer,
    now: datetime,
    seconds: float,
) -> Batch:
    owned = int(done.moves.filter(pl.col("after").is_not_null())["n"].sum())
    batch = Batch.objects.create(
        id=id_, kind=Batch.Kind.REATTRIBUTION, started_at=now, finished_at=now, rows=0, events=0, duplicates=0, rejects=0,
        attributed=owned, unattributed=done.events - owned, ignored=0, findings=done.findings.height, changed=done.events,
        seconds=round(seconds, 3), files=[],
    )  # fmt: skip
    holdings = taking.snapshot(held)
    EventFile.objects.filter(pk__in=[file.pk for file, _, _ in plan.rewritten]).delete()
    EventFile.objects.bulk_create(
        EventFile(
            batch=batch, path=f"{batch.folder}/events/{target.name}", rows=file.rows, size=size,
            first_seen=file.first_seen, last_seen=file.last_seen, holdings=holdings if since is None else file.holdings,
        )
        for file, target, size in plan.rewritten
    )  # fmt: skip
    taking.requeue(names, nobodys)
    moves = [dict(zip(("before", "after", "events"), row, strict=True)) for row in done.moves.head(50).iter_rows()]
    audit.record(
        actor=actor, action="events-reattributed", object_kind="batch", object_id=str(id_), now=now,
        detail={"events": done.events, "files": done.files, "since": since, "moves": moves},
    )  # fmt: skip
    return batch


def _mark(held: registry.Registry) -> None:
    """Note that all files are attributed by today's holdings, and forget those of which no file speaks."""
    if not EventFile.objects.exists():
        return
    holdings = taking.snapshot(held)
    EventFile.objects.exclude(holdings=holdings).update(holdings=holdings)
    HoldingsSnapshot.objects.exclude(pk=holdings.pk).delete()
