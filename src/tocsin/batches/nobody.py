"""What nobody holds, by asset and kind: how often and when it was seen."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "asset": pl.String,
    "kind": pl.String,
    "source_ip": pl.String,
    "source_asn": pl.UInt32,
    "count": pl.UInt64,
    "first_seen": pl.Datetime("us", "UTC"),
    "last_seen": pl.Datetime("us", "UTC"),
}


def grouped(nobody: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each asset and kind of events that nobody holds."""
    return nobody.group_by("asset", "kind").agg(
        pl.col("source_ip").last(),
        pl.col("source_asn").last(),
        pl.len().cast(pl.UInt64).alias("count"),
        pl.col("time_source").min().alias("first_seen"),
        pl.col("time_source").max().alias("last_seen"),
    )


def merged(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of several groupings as one."""
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    return (
        pl.concat(parts)
        .group_by("asset", "kind")
        .agg(
            pl.col("source_ip", "source_asn").last(),
            pl.col("count").sum(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
        )
        .select(list(SCHEMA))
    )
