"""One batch: unpack, recognize, parse, attribute, drop duplicates, fold; and the files that result.

    OUT/events/events-00000.parquet …  every event, columns of tocsin.core.event
    OUT/findings.parquet               columns of tocsin.pipeline.fold
    OUT/rejects.ndjson                 {file, sha256, row, reason, detail, raw}
    OUT/summary.json                   what the command prints
    OUT/manifest.json                  names, sizes, rows and times of the event files; written last

A file counts only when the manifest names it: it is the commit.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from tocsin.batches import nobody
from tocsin.batches.looking import Looking
from tocsin.batches.outcome import EventFile, FileSummary, Outcome, RejectCount, RejectedRow, Summary
from tocsin.engines import local
from tocsin.feeds import recognize
from tocsin.feeds.format import Format, Options, Source, labelled
from tocsin.lake import durable, raw, unpack
from tocsin.pipeline import steps
from tocsin.pipeline.attribute import Attributor
from tocsin.pipeline.chunk import Chunk, Reject
from tocsin.pipeline.duplicates import Memory
from tocsin.pipeline.fold import Folder
from tocsin.pipeline.registry import Registry

WHOLE_MAILS = {"arf", "xarf"}
KEPT_REJECTS = 2_000
KEPT_OF_ONE_REASON = 20
"""How many rejects of one file and reason are handed back; the counts are exact, and the file has all."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file given to a batch: where it is, what it is called, and what its feed says of it."""

    path: Path
    name: str
    options: Options = field(default_factory=Options)
    format: str | None = None


@dataclass(slots=True)
class _Opened:
    given: Given
    source: Source
    format: Format | None
    summary: FileSummary
    refusal: Reject | None = None


def run(
    files: Iterable[Given],
    *,
    registry: Registry,
    memory: Memory,
    out: Path,
    received_at: datetime,
    progress: Callable[[Summary], None] | None = None,
    again: Mapping[str, np.ndarray | None] | None = None,
) -> Outcome:
    """Take files through stops two to four into the folder `out`. Rows that fail become rejects; only I/O errors raise.

    `again` (SHA-256 of a file inside -> row numbers, None for all) takes these rows only, as when rejects are replayed.
    """
    began = time.perf_counter()
    (out / "events").mkdir(parents=True, exist_ok=True)
    scratch = out / "scratch"
    summary, folder, attributor = Summary(), Folder(), _attributor(registry)
    writer = _Writer(out / "events")
    unattributed: list[pl.DataFrame] = []
    rejected: list[RejectedRow] = []
    counts: dict[tuple[Path, str, str, str], int] = {}
    looking = Looking()
    try:
        with (out / ".rejects.part").open("w", encoding="utf-8") as rejects, writer:
            chunks = local.ahead(_chunks(files, summary, scratch, again, looking), depth=2)
            for opened, arrived, admitted in local.ahead(_admitted(chunks, memory, received_at), depth=1):
                if isinstance(admitted, Reject):
                    result = steps.Result(1, pl.DataFrame(), 0, [admitted])
                else:
                    sha256 = opened.summary.sha256
                    result = steps.complete(admitted, attributor=attributor, sha256=sha256, received_at=arrived)
                _count(summary, opened.summary, result, arrived)
                listed = opened.format is not None and opened.format.whole_list
                looking.see(opened.summary.sha256, result.observed, names=listed)
                for reject in result.rejects:
                    row = RejectedRow(opened.summary.path, opened.summary.sha256, **asdict(reject))
                    rejects.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
                    name = (opened.given.path, row.file, row.sha256, row.reason)
                    counts[name] = counts.get(name, 0) + 1
                    if counts[name] <= KEPT_OF_ONE_REASON and len(rejected) < KEPT_REJECTS:
                        rejected.append(row)
                if result.events.height:
                    folder.add(result.events)
                    unattributed = _unattributed(unattributed, result.events)
                    writer.add(result.events.drop("ignored"))
                if progress:
                    progress(summary)
        findings = folder.findings()
        summary.findings = findings.height
        durable.write(out / "rejects.ndjson", lambda aside: shutil.move(out / ".rejects.part", aside))
        durable.write(
            out / "findings.parquet",
            lambda aside: findings.write_parquet(aside, compression="zstd", compression_level=1),
        )
        summary.seconds = round(time.perf_counter() - began, 3)
        durable.replace(out / "summary.json", json.dumps(summary.as_json(), ensure_ascii=False, indent=1).encode())
        durable.replace(out / "manifest.json", json.dumps(writer.manifest, indent=1, default=str).encode())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        (out / ".rejects.part").unlink(missing_ok=True)
    return Outcome(
        summary,
        findings,
        nobody.merged(unattributed),
        memory.new(),
        [EventFile(**part) for part in writer.manifest],
        rejected,
        [RejectCount(*name, n) for name, n in counts.items()],
        looking.looks(summary.files) if again is None else [],
    )


@lru_cache(maxsize=1)
def _attributor(registry: Registry) -> Attributor:
    """Return what attributes by this registry; a worker's next batch finds it as it was, its chains numbered."""
    return Attributor(registry)


def _count(summary: Summary, file: FileSummary, result: steps.Result, arrived: datetime) -> None:
    for part in (summary, file):
        part.rows += result.rows
        part.events += result.events.height
        part.duplicates += result.duplicates
        part.rejects += len(result.rejects)
    if result.events.height:
        owned = result.events.height - result.events["organization"].null_count()
        ignored = int(result.events["ignored"].sum())
        summary.attributed += owned
        summary.ignored += ignored
        summary.unattributed += result.events.height - owned - ignored
        times = result.events["time_source"]
        # An event without a time of its own has that of the arrival, which says nothing of the content's age.
        newest = times.filter(times < arrived).max()
        if isinstance(newest, datetime):
            file.newest = max(newest, file.newest or newest)


def _chunks(
    files: Iterable[Given],
    summary: Summary,
    scratch: Path,
    again: Mapping[str, np.ndarray | None] | None,
    looking: Looking,
) -> Iterator[tuple[_Opened, Chunk | Reject]]:
    """Yield every chunk of every file; a file that cannot be read yields the reason as its one reject."""
    seen: set[str] = set()
    for opened in _opened(files, scratch):
        if again is not None and opened.summary.sha256 not in again:
            continue
        wanted = again[opened.summary.sha256] if again is not None else None
        summary.files.append(opened.summary)
        if opened.summary.sha256 in seen:
            opened.summary.repeated = True
            continue
        seen.add(opened.summary.sha256)
        looking.open(opened.summary.sha256, opened.given.path)
        if opened.format is not None and opened.format.code is not None:
            opened.summary.feed = opened.format.code(opened.source, opened.given.options)
        if opened.refusal is not None:
            yield opened, opened.refusal
        elif opened.format is None:
            yield opened, Reject(0, "unknown-format", "no format recognizes this content; --format forces one")
        else:
            options = opened.given.options
            chunks = (labelled(chunk, options) for chunk in opened.format.parse(opened.source, options))
            for chunk in chunks if wanted is None else _only(chunks, wanted):
                yield opened, chunk


def _admitted(
    chunks: Iterable[tuple[_Opened, Chunk | Reject]], memory: Memory, received_at: datetime
) -> Iterator[tuple[_Opened, datetime, steps.Admitted | Reject]]:
    """Yield of every chunk what is kept, and when its file arrived."""
    for opened, chunk in chunks:
        arrived = opened.given.options.received_at or received_at
        if isinstance(chunk, Chunk):
            yield opened, arrived, steps.admit(chunk, memory=memory, received_at=arrived)
        else:
            yield opened, arrived, chunk


def _only(chunks: Iterable[Chunk], rows: np.ndarray) -> Iterator[Chunk | Reject]:
    """Yield what chunks hold of these rows; a row that is not there any more stays a reject."""
    missing = rows
    for chunk in chunks:
        numbers = chunk.keys["raw_row"].to_numpy()
        refused = np.array([reject.row for reject in chunk.rejects], dtype=np.uint64)
        mask, kept = np.isin(numbers, rows), np.isin(refused, rows)
        missing = np.setdiff1d(missing, np.concatenate([numbers[mask], refused[kept]]))
        rejects = [reject for reject, wanted in zip(chunk.rejects, kept, strict=True) if wanted]
        yield _part(chunk, mask, rejects)
    for row in missing:
        yield Reject(int(row), "not-there-again", "as the file is read now, it has no row of this number")


def _part(chunk: Chunk, mask: np.ndarray, rejects: list[Reject]) -> Chunk:
    positions = pl.Series(np.flatnonzero(mask), dtype=pl.UInt32)
    return Chunk(
        rows=len(positions) + len(rejects),
        keys=chunk.keys.filter(pl.Series(mask)),
        finish=lambda kept: chunk.finish(positions.gather(kept)),
        rejects=rejects,
    )


def _opened(files: Iterable[Given], scratch: Path) -> Iterator[_Opened]:
    """Unpack, recognize and check-sum; the sum of the next file is made while this one is parsed."""
    with ThreadPoolExecutor(1, thread_name_prefix="checksum") as pool:
        previous: tuple[Given, unpack.Member | unpack.Refusal, Future[str]] | None = None
        for given, member in _members(files, scratch):
            if isinstance(member, unpack.Refusal):
                checksum = pool.submit(_text_sum, member.name)
            else:
                checksum = pool.submit(raw.checksum, member.path)
            if previous is not None:
                yield _open(*previous)
            previous = (given, member, checksum)
        if previous is not None:
            yield _open(*previous)


def _open(given: Given, member: unpack.Member | unpack.Refusal, checksum: Future[str]) -> _Opened:
    sha256 = checksum.result()
    if isinstance(member, unpack.Refusal):
        reject = Reject(0, member.reason, member.detail)
        return _Opened(given, Source(member.name), None, FileSummary(member.name, None, sha256), reject)
    source = Source(member.name, member.path)
    format_ = recognize.by_name(given.format) if given.format else recognize.recognize(source)
    return _Opened(given, source, format_, FileSummary(member.name, format_.name if format_ else None, sha256))


def _members(files: Iterable[Given], scratch: Path) -> Iterator[tuple[Given, unpack.Member | unpack.Refusal]]:
    for given in files:

        def whole(head: bytes, given: Given = given) -> bool:
            if given.format in WHOLE_MAILS:
                return True
            found = recognize.recognize(Source(given.name, content=head)) if unpack.kind_of(head) == "mail" else None
            return found is not None and found.name in WHOLE_MAILS

        for member in unpack.members(given.name, given.path, scratch, whole=whole):
            yield given, member


def _text_sum(name: str) -> str:
    """Stand in for the checksum of something that could not be opened: of its name."""
    import hashlib

    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _unattributed(found: list[pl.DataFrame], events: pl.DataFrame) -> list[pl.DataFrame]:
    rest = events.filter(pl.col("organization").is_null() & ~pl.col("ignored"))
    if rest.is_empty():
        return found
    found.append(nobody.grouped(rest))
    return [nobody.merged(found)] if len(found) > 256 else found


class _Writer:
    """Gathers events to files of a good size and writes them durably, in a thread of its own."""

    ROWS = 100_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[pl.DataFrame] = []
        self._rows = 0
        self.manifest: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._behind = local.Behind(self._write, depth=1)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._waiting:
            self._behind.put(self._waiting)
        self._behind.close()

    def add(self, events: pl.DataFrame) -> None:
        self._waiting.append(events)
        self._rows += events.height
        if self._rows >= self.ROWS:
            self._behind.put(self._waiting)
            self._waiting, self._rows = [], 0

    def _write(self, parts: list[pl.DataFrame]) -> None:
        events = pl.concat(parts)
        name = f"events-{len(self.manifest):05d}.parquet"
        path = durable.write(
            self._folder / name,
            lambda aside: events.write_parquet(aside, compression="zstd", compression_level=1, statistics=False),
        )
        first, last = events.select(pl.col("time_source").min().alias("first"), pl.col("time_source").max()).row(0)
        self.manifest.append(
            {"file": name, "rows": events.height, "bytes": path.stat().st_size, "first": first, "last": last}
        )
