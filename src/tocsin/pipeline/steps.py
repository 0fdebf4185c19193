"""The steps of one chunk in order: name the asset, drop duplicates, attribute, complete.

This is the hot path. It works on the narrow keys of all rows, and asks the parser for the wide rest
of the rows that are kept, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from tocsin.core import severity, taxonomy
from tocsin.pipeline import addresses, assets, duplicates
from tocsin.pipeline.attribute import Attributor
from tocsin.pipeline.chunk import INSTANT, KEY_SCHEMA, SCHEMA, Chunk, Reject, completed


@dataclass(frozen=True, slots=True)
class Observed:
    """When a feed looked, by the rows it reports, repeats included; and what it saw."""

    feed: str
    first: datetime
    last: datetime
    names: pl.DataFrame
    """asset, kind: of every row."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one chunk: rows == events.height + duplicates + len(rejects)."""

    rows: int
    events: pl.DataFrame
    """Columns and types of SCHEMA, and `ignored`."""
    duplicates: int
    rejects: list[Reject]
    observed: Observed | None = None
    """What all rows together say of the look that reported them; None: there are none."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A chunk of which is known what is kept. Whose that is, and its wide rest, comes next."""

    chunk: Chunk
    kept: np.ndarray
    """Places in the chunk's keys."""
    narrow: pl.DataFrame
    """The keys of the kept events, the asset named."""
    read: addresses.Addresses
    """Their addresses."""
    duplicates: int
    rejects: list[Reject]
    observed: Observed | None


def run(
    chunk: Chunk, *, attributor: Attributor, memory: duplicates.Memory, sha256: str, received_at: datetime
) -> Result:
    """Take one parsed chunk through attribution and the search for duplicates."""
    admitted = admit(chunk, memory=memory, received_at=received_at)
    return complete(admitted, attributor=attributor, sha256=sha256, received_at=received_at)


def admit(chunk: Chunk, *, memory: duplicates.Memory, received_at: datetime) -> Admitted:
    """Name the asset of each row and find which rows are no duplicates; `memory` learns them."""
    keys = completed(chunk.keys, KEY_SCHEMA).with_columns(
        pl.col("time_source").cast(INSTANT).fill_null(received_at),
        pl.coalesce("classification_identifier", "classification_type").alias("kind"),
    )
    keys, read = assets.named(keys)
    rejects = list(chunk.rejects)
    if keys["asset"].null_count():
        lost = keys.filter(pl.col("asset").is_null())
        rejects += [Reject(row, "no-asset", "the row names no URL, host name or address") for row in lost["raw_row"]]
    found = duplicates.keys_of(keys, read)
    times = keys["time_source"].to_physical().to_numpy()
    has_asset = keys["asset"].is_not_null().to_numpy()
    if has_asset.all():
        keep = memory.admit(found, times)
    else:
        keep = np.zeros(keys.height, dtype=bool)
        keep[has_asset] = memory.admit(found[has_asset], times[has_asset])
    kept = np.flatnonzero(keep)
    part = addresses.Addresses(
        read.version[kept], read.v4[kept], read.v6[kept], read.text[pl.Series(kept, dtype=pl.UInt32)]
    )
    dropped = int(has_asset.sum()) - len(kept)
    return Admitted(chunk, kept, keys.filter(keep), part, dropped, rejects, _observed(keys))


def complete(admitted: Admitted, *, attributor: Attributor, sha256: str, received_at: datetime) -> Result:
    """Find whose the kept events are, and have the parser finish them."""
    chunk, narrow = admitted.chunk, admitted.narrow
    owners = attributor.attribute(narrow, admitted.read)
    wide = chunk.finish(pl.Series(admitted.kept, dtype=pl.UInt32))
    later = [name for name in wide.columns if name in KEY_SCHEMA and name not in chunk.keys.columns]
    narrow = narrow.with_columns(wide.select(later)) if later else narrow
    events = _joined(wide, narrow, owners, sha256, received_at)
    return Result(chunk.rows, events, admitted.duplicates, admitted.rejects, admitted.observed)


def _observed(keys: pl.DataFrame) -> Observed | None:
    if keys.is_empty():
        return None
    first, last = keys.select(
        pl.col("time_source").min().alias("first"), pl.col("time_source").max().alias("last")
    ).row(0)
    return Observed(keys["feed_code"][0] or "", first, last, keys.select("asset", "kind"))


_ASSUMED = {kind: severity.assumed(kind) for kind in taxonomy.TYPES}


def _joined(
    events: pl.DataFrame, narrow: pl.DataFrame, owners: pl.DataFrame, sha256: str, received_at: datetime
) -> pl.DataFrame:
    """Join what the parser finished, the keys and the owners to rows of SCHEMA."""
    kind = pl.col("classification_type").fill_null("undetermined")
    made = narrow.select(
        pl.lit(sha256).alias("raw_sha256"),
        pl.concat_str(pl.lit(sha256[:16] + "-"), pl.col("raw_row").cast(pl.String)).alias("event_id"),
        pl.lit(received_at, dtype=INSTANT).alias("time_observation"),
        kind.alias("classification_type"),
        kind.replace_strict(taxonomy.TYPES, default="other", return_dtype=pl.String).alias("classification_taxonomy"),
        pl.coalesce("severity", kind.replace_strict(_ASSUMED, default="low", return_dtype=pl.String)).alias("severity"),
        pl.coalesce("kind", kind).alias("kind"),
    )
    found = {column.name: column for frame in (events, narrow, owners, made) for column in frame.get_columns()}
    columns = pl.DataFrame([column for name, column in found.items() if name in SCHEMA])
    found = {column.name: column for column in completed(columns, SCHEMA)} | {"ignored": found["ignored"]}
    return pl.DataFrame([found[name] for name in (*SCHEMA, "ignored")])
