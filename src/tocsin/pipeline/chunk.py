"""What a parser gives: a chunk of a source's rows, as events that can still be dropped cheaply.

Attribution and the search for duplicates look at a few narrow columns only (`KEYS`); the wide rest
(`extra` above all) is built once, for the rows that are kept. A chunk therefore carries its keys,
and a function that finishes the kept rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from tocsin.core import event

INSTANT = pl.Datetime("us", "UTC")
_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "instant": INSTANT,
    "port": pl.UInt16(),
    "asn": pl.UInt32(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "json": pl.String(),
    "texts": pl.List(pl.String()),
    "row": pl.UInt64(),
}
SCHEMA: dict[str, pl.DataType] = {column.name: _TYPES[column.kind] for column in event.COLUMNS}
"""Name and type of every column of an event file, in order."""

KEYS: tuple[str, ...] = (
    "raw_row",
    "time_source",
    "source_ip",
    "source_port",
    "source_fqdn",
    "source_url",
    "source_asn",
    "source_network",
    "source_account",
    "destination_ip",
    "destination_port",
    "destination_fqdn",
    "destination_url",
    "protocol_transport",
    "classification_type",
    "classification_identifier",
    "malware_name",
    "malware_hash_md5",
    "malware_hash_sha1",
    "malware_hash_sha256",
    "feed_code",
    "severity",
)
"""Columns that attribution, duplicates and folding may look at. A parser gives those it has; a missing one is null."""

KEY_SCHEMA: dict[str, pl.DataType] = {name: SCHEMA[name] for name in KEYS}


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not become an event: where it stands, why, and the row itself.

    `row` counts records from 1 as `raw_row` does; 0 means the whole file. `reason` is a short
    machine word (`ragged-row`, `bad-time`, `no-asset` …), `detail` says it in a sentence.
    """

    row: int
    reason: str
    detail: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive rows of one source. Invariant: rows == len(keys) + len(rejects)."""

    rows: int
    keys: pl.DataFrame
    """Columns of KEYS (any subset that includes raw_row), typed by KEY_SCHEMA, one row per event."""
    finish: Callable[[pl.Series], pl.DataFrame]
    """Given positions in `keys` (UInt32, ascending), return those events with every other column the
    source fills, `extra` included, in that order. Columns of KEYS need not be repeated."""
    rejects: list[Reject] = field(default_factory=list)


def completed(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the frame with a column of nulls for each name of the schema that it lacks, and the others in its types.

    Nulls of one type are one piece of memory, however many columns show it.
    """
    have, columns = frame.schema, []
    nulls: dict[pl.DataType, pl.Series] = {}
    for name, dtype in schema.items():
        if name not in have:
            if dtype not in nulls:
                nulls[dtype] = pl.Series([None], dtype=dtype).new_from_index(0, frame.height)
            columns.append(nulls[dtype].alias(name))
        elif have[name] != dtype:
            columns.append(frame[name].cast(dtype))
    return frame.with_columns(columns) if columns else frame


def whole(events: pl.DataFrame, rejects: list[Reject] | None = None) -> Chunk:
    """Return the chunk of a parser that has built its events completely (small or nested formats)."""
    rejects = rejects or []
    keys = events.select([name for name in KEYS if name in events.columns])
    return Chunk(rows=events.height + len(rejects), keys=keys, finish=lambda kept: events[kept], rejects=rejects)
