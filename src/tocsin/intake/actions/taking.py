"""Take reports in: stops one to four into the database."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import numpy as np
import polars as pl
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, Sum

from tocsin.base import dialect
from tocsin.base.dialect import bulk
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM
from tocsin.batches import run as batches
from tocsin.batches.outcome import Outcome, Summary
from tocsin.constituency import queries as constituency
from tocsin.feeds import recognize
from tocsin.feeds.format import Source
from tocsin.feeds.known_exploited import parse as known_exploited
from tocsin.intake import rules
from tocsin.intake.actions import looking, reading, remembering, watching
from tocsin.intake.models import (
    Arrival,
    Batch,
    Dismissal,
    EventFile,
    Feed,
    HoldingsSnapshot,
    Reject,
    RejectCount,
    Unattributed,
    UnattributedGroup,
)
from tocsin.lake import raw
from tocsin.pipeline import places, registry
from tocsin.pipeline.chunk import INSTANT

CLAIM = timedelta(minutes=5)
"""How long a command that brings reports may take to begin with them, before the worker takes them up."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A batch that was taken in: its row, its findings frame, and what the command prints."""

    batch: Batch | None
    outcome: Outcome | None
    summary: Summary

    @classmethod
    def nothing(cls) -> Self:
        """Return that no batch came of it."""
        return cls(None, None, Summary())


def keep(
    *,
    name: str,
    content: raw.Readable,
    now: datetime,
    at_most: int | None = None,
    feed: Feed | None = None,
    told: dict[str, Any] | None = None,
    claim: bool = False,
    set_aside: str = "",
) -> Arrival:
    """Keep an arrival byte for byte. The same bytes again only count one more time. Raise TooLarge.

    `told` (of `reading.told`) goes with it, so that whoever processes it reads it the same way. The worker takes it
    up by itself; with `claim` only once the caller had its time to do so.
    """
    sha256, size, _ = raw.keep(_home(), content, at_most=at_most)
    return arrived(sha256=sha256, size=size, name=name, now=now, feed=feed, told=told, claim=claim, set_aside=set_aside)


def keep_files(
    *, paths: Sequence[Path], now: datetime, feed: Feed | None, told: dict[str, Any] | None, claim: bool
) -> list[Arrival]:
    """Keep files, two at a time: one is hashed while another is written. Raise OSError before any of them counts."""

    def bytes_of(path: Path) -> tuple[str, int]:
        with path.open("rb") as file:
            return raw.keep(_home(), file)[:2]

    with ThreadPoolExecutor(2, "keep") as two:
        kept = list(two.map(bytes_of, paths))
    return [
        arrived(sha256=sha256, size=size, name=str(path), now=now, feed=feed, told=told, claim=claim)
        for path, (sha256, size) in zip(paths, kept, strict=True)
    ]


def arrived(
    *,
    sha256: str,
    size: int,
    name: str,
    now: datetime,
    feed: Feed | None = None,
    told: dict[str, Any] | None = None,
    claim: bool = False,
    set_aside: str = "",
) -> Arrival:
    """Make the row of bytes that are kept already: before it they do not count."""
    until = now + CLAIM if claim else None
    told, asked = told or {}, bool(told) or claim
    if not set_aside and (aside := _no_report(sha256, name, told.get("format") or (feed.format if feed else ""))):
        set_aside, told = watching.EVIDENCE, {**told, "format": aside}
    arrival, new = Arrival.objects.get_or_create(
        sha256=sha256,
        defaults={
            "name": name[:1000], "size": size, "received_at": now, "feed": feed, "told": told, "claimed_until": until,
            "set_aside": set_aside,
        },
    )  # fmt: skip
    if not new:
        rows = Arrival.objects.filter(pk=arrival.pk)
        rows.update(times_received=F("times_received") + 1)
        if asked:  # somebody says how it is to be read; else bytes that came before are no news
            rows.filter(batch=None).update(told=told, feed=feed, claimed_until=until, set_aside=set_aside, n_attempts=0)
        arrival.refresh_from_db()
        looking.repeat(arrival=arrival, name=name, now=now)
    return arrival


def _no_report(sha256: str, name: str, said: str) -> str:
    """Return the format of an arrival that tells of no systems: whoever it is for reads it; nothing of any other."""
    if said:
        found = recognize.by_name(said)
    else:
        head = Source(name, raw.place(_home(), sha256)).head()
        found = known_exploited.FORMAT if known_exploited.recognize(head, name) else None
    return found.name if found is not None and not found.events else ""


def take(
    *, content: bytes, name: str, now: datetime, feed: Feed | None = None, told: dict[str, Any] | None = None
) -> Arrival:
    """Keep bytes that are in memory."""
    return keep(name=name, content=BytesIO(content), now=now, feed=feed, told=told)


def process(*, arrivals: Sequence[Arrival], now: datetime, fold: Any) -> Folded:
    """Take arrivals that are read the same way through stops two to four. Those processed before are left alone.

    `fold` is called inside the transaction with the frame of findings, the batch's id and `now`. The
    event files and the segment are on disk before it commits; if it never does, no row names them.
    """
    with dialect.mutual_exclusion("fold"), _swept():
        todo = list(Arrival.objects.filter(pk__in=[a.pk for a in arrivals], batch=None).select_related("feed"))
        todo = [arrival for arrival in todo if reading.key(arrival) == reading.key(todo[0])]
        if not todo:
            return Folded.nothing()
        read = [reading.of(arrival, arrival.feed) for arrival in todo]
        held = held_now()
        id_ = uuid7()
        folder = _home() / "batches" / str(id_)
        given = [
            batches.Given(raw.place(_home(), a.sha256), a.name, how.options, how.format)
            for a, how in zip(todo, read, strict=True)
        ]
        outcome = batches.run(
            given, registry=held, memory=remembering.memory(read[0].window), out=folder, received_at=now
        )
        learned = remembering.write(id_, outcome.learned)
        places = looking.keep_names(f"batches/{id_}", outcome.looks)
        with transaction.atomic():
            batch = record(id_, outcome, learned, held, todo, now)
            looking.note(
                taken=outcome.looks, batch=batch, arrivals={arrival.sha256: arrival for arrival in todo},
                window=timedelta(microseconds=read[0].window), places=places,
            )  # fmt: skip
            Arrival.objects.filter(pk__in=[a.pk for a in todo]).update(batch=batch, claimed_until=None, detail="")
            fold(frame=outcome.findings, batch_id=str(id_), now=now)
    return Folded(batch, outcome, outcome.summary)


def _note_newest(feed: Feed | None, outcome: Outcome) -> None:
    note_newest(feed, max(filter(None, (file.newest for file in outcome.summary.files)), default=None))


def note_newest(feed: Feed | None, newest: datetime | None) -> None:
    """Remember how new the content of the feed is, by the source's own times."""
    if feed is not None and newest is not None:
        older = Q(newest_event_at=None) | Q(newest_event_at__lt=newest)
        Feed.objects.filter(older, pk=feed.pk).update(newest_event_at=newest)


def _home() -> Path:
    return Path(settings.TOCSIN_HOME)


def held_now() -> registry.Registry:
    """Return who holds what: made anew only if the rows are other than last time, for it takes a second to make."""
    global _held
    rows = constituency.holdings(SYSTEM)
    if _held is None or _held[0] != rows:
        _held = rows, registry.build(*constituency.as_values(SYSTEM))
    return _held[1]


def get_ready(now: datetime) -> None:
    """Make what the first batch needs: with ten thousand prefixes it takes a second, in which nothing waits yet."""
    held = held_now()
    held.at(int(held.slice_of(np.array([now.date().toordinal()]))[0]))


_held: tuple[tuple[list[tuple[Any, ...]], ...], registry.Registry] | None = None


def snapshot(held: registry.Registry) -> HoldingsSnapshot:
    """Return the row that says who holds what, made if nobody held so before."""
    content, sha256 = _content(held)
    made = {"content": lambda: rules.packed(content)}  # only when there is none: packing takes a tenth of a second
    return HoldingsSnapshot.objects.get_or_create(sha256=sha256, defaults=made)[0]


@lru_cache(maxsize=1)
def _content(held: registry.Registry) -> tuple[bytes, str]:
    content = rules.holdings(held)
    return content, rules.fingerprint(content)


def record(
    id_: UUID,
    outcome: Outcome,
    learned: remembering.Written | None,
    held: registry.Registry,
    arrivals: Sequence[Arrival],
    now: datetime,
    kind: str = "intake",
) -> Batch:
    """Make the rows of a batch, inside the caller's transaction: itself, its files, its rejects, what nobody holds."""
    figures = outcome.summary.as_json()
    feed = arrivals[0].feed if len({arrival.feed_id for arrival in arrivals}) == 1 else None
    batch = Batch.objects.create(id=id_, kind=kind, started_at=now, finished_at=now, feed=feed, **figures)
    _note_newest(feed, outcome)
    remembering.count(learned)
    if outcome.event_files:
        holdings = snapshot(held)
        EventFile.objects.bulk_create(
            EventFile(
                batch=batch, path=f"{batch.folder}/events/{f.file}", rows=f.rows, size=f.bytes, first_seen=f.first, last_seen=f.last, holdings=holdings,
            )
            for f in outcome.event_files
        )  # fmt: skip
    by_sum = {arrival.sha256: arrival for arrival in arrivals}
    RejectCount.objects.bulk_create(
        RejectCount(
            batch=batch, arrival=by_sum[c.given.name], file_name=c.file[:1000], file_sha256=c.sha256, reason=c.reason, n=c.n
        )
        for c in outcome.reject_counts
    )  # fmt: skip
    Reject.objects.bulk_create(
        Reject(
            batch=batch, file_name=r.file[:1000], file_sha256=r.sha256, row=r.row, reason=r.reason,
            detail=_storable(r.detail), raw=_storable(r.raw),
        )
        for r in outcome.rejects
    )  # fmt: skip
    _queue(outcome.unattributed)
    return batch


def queue_disowned(findings: pl.DataFrame) -> None:
    """Put findings whose owner was agreed not to be theirs to what nobody holds, inside the caller's transaction."""
    address = pl.when(pl.col("asset").str.contains(r"^[0-9a-f.:]+$")).then(pl.col("asset").str.slice(0, 45))
    seen = findings.select("asset", "kind", "count", "first_seen", "last_seen")
    _queue(seen.with_columns(address.alias("source_ip"), pl.lit(None, dtype=pl.Int64).alias("source_asn")))


def _queue(nobody: pl.DataFrame) -> None:
    """Add what nobody holds to the queue, asset by asset and place by place."""
    if nobody.is_empty():
        return
    nobody = _fitted(nobody)
    with bulk.staged(Unattributed, _assets(nobody)) as rows:
        bulk.upsert(Unattributed, rows, unique=["asset", "kind"], update=_MORE)
    nobody = pl.concat([nobody, places.of(nobody["asset"])], how="horizontal")
    groups = nobody.group_by(pl.col("place").alias("value")).agg(
        pl.col("how").first(), pl.col("source_asn").min().alias("asn"), *_SEEN
    )
    _add_groups(groups, _MORE)


_SEEN = (pl.col("count").sum().alias("n_events"), pl.col("first_seen").min(), pl.col("last_seen").max())


def _fitted(names: pl.DataFrame) -> pl.DataFrame:
    return names.with_columns(_without_nul("asset").str.slice(0, 2000), pl.col("kind").str.slice(0, 200))


def _assets(nobody: pl.DataFrame) -> pl.DataFrame:
    assets = nobody.group_by("asset", "kind", maintain_order=True).agg(
        pl.col("source_ip").last().fill_null("").alias("address"), pl.col("source_asn").last().alias("asn"), *_SEEN
    )
    return assets.with_columns(places.of(assets["asset"])["place"])


def _add_groups(groups: pl.DataFrame, update: str) -> None:
    """Insert groups (value, how, asn and figures), each with the dismissal that covers it."""
    dismissed = pl.Series("dismissal_id", [None], dtype=pl.Int64).new_from_index(0, groups.height)
    if dismissals := dict(Dismissal.objects.values_list("value", "pk")):
        cover = rules.Cover(dismissals)
        covers = (cover.find(value, asn) for value, asn in groups.select("value", "asn").iter_rows())
        dismissed = pl.Series("dismissal_id", [dismissals.get(found or "") for found in covers], dtype=pl.Int64)
    with bulk.staged(UnattributedGroup, groups.with_columns(dismissed)) as rows:
        bulk.upsert(UnattributedGroup, rows, unique=["value"], update=update)


def requeue(names: pl.DataFrame, nobody: pl.DataFrame) -> None:
    """Make the queue hold exactly what `nobody` says of these names (asset, kind), inside the caller's transaction."""
    names = _fitted(names).select("asset", "kind").unique()
    touched = places.of(names["asset"]).unique()
    with bulk.staged(Unattributed, names) as rows, connection.cursor() as cursor:
        table = connection.ops.quote_name(Unattributed._meta.db_table)  # noqa: SLF001 - Django's public-by-use API
        cursor.execute(
            f"DELETE FROM {table} WHERE id IN (SELECT old.id FROM {rows} AS name"
            f" JOIN {table} AS old ON name.asset = old.asset AND name.kind = old.kind)"
        )
    if nobody.height:
        with bulk.staged(Unattributed, _assets(_fitted(nobody))) as rows:
            bulk.upsert(Unattributed, rows, unique=["asset", "kind"], update=_MORE)
    how = dict(touched.iter_rows())
    for start in range(0, len(how), 500):
        _regroup({value: how[value] for value in sorted(how)[start : start + 500]})


def _regroup(how: dict[str, str]) -> None:
    """Count these places anew from what stands in them."""
    found = (
        Unattributed.objects.filter(place__in=how)
        .order_by()
        .values_list("place")
        .annotate(Min("asn"), Sum("n_events"), Min("first_seen"), Max("last_seen"))
    )
    rows = [(place, how[place], *figures) for place, *figures in found]
    UnattributedGroup.objects.filter(value__in=how.keys() - {row[0] for row in rows}).delete()
    if rows:
        schema: dict[str, pl.DataType] = {
            "value": pl.String(), "how": pl.String(), "asn": pl.Int64(), "n_events": pl.Int64(), "first_seen": INSTANT, "last_seen": INSTANT,
        }  # fmt: skip
        update = ", ".join(f"{name} = excluded.{name}" for name in ("asn", "n_events", "first_seen", "last_seen"))
        _add_groups(pl.DataFrame(rows, schema=schema, orient="row"), update)


def _without_nul(name: str) -> pl.Expr:
    return pl.col(name).str.replace_all("\0", "", literal=True)  # PostgreSQL refuses it


_MORE = (
    "n_events = old.n_events + excluded.n_events,"
    " first_seen = CASE WHEN excluded.first_seen < old.first_seen THEN excluded.first_seen ELSE old.first_seen END,"
    " last_seen = CASE WHEN excluded.last_seen > old.last_seen THEN excluded.last_seen ELSE old.last_seen END"
)


def _storable(text: str) -> str:
    """Return a text without NUL, which PostgreSQL refuses, and without broken halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


SWEEP = 3600.0
LEFT = 86_400.0
"""Seconds after which half an arrival is nobody's any more."""
_swept_at: dict[Path, float] = {}


@contextmanager
def _swept() -> Iterator[None]:
    """Sweep when this process did not for an hour, and before the next batch after one that failed.

    Looking at every folder there is takes longer than a small batch; what a crash left harms nobody meanwhile.
    Of segments there are few, and each batch leaves some that it took in.
    """
    remembering.sweep()
    if time.monotonic() - _swept_at.get(_home(), -SWEEP) >= SWEEP:
        sweep()
        _swept_at[_home()] = time.monotonic()
    try:
        yield
    except BaseException:
        _swept_at.pop(_home(), None)
        raise


def sweep() -> None:
    """Remove files that no row names: a crash came between their writing and the rows, or after the rows that replaced them."""
    for half in (_home() / "raw" / "incoming").glob("*"):
        with suppress(OSError):
            if time.time() - half.stat().st_mtime > LEFT:
                half.unlink()
    place = _home() / "batches"
    if not place.is_dir():
        return
    known = {str(id_) for id_ in Batch.objects.values_list("pk", flat=True)}
    named = set(EventFile.objects.values_list("path", flat=True))
    for folder in place.iterdir():
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        for file in (folder / "events").glob("*"):  # what a re-attribution wrote anew, and could not remove in time
            if f"batches/{folder.name}/events/{file.name}" not in named:
                file.unlink()
