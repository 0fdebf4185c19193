"""Stop four: many events of one asset and kind become one finding.

A finding is named by (organization, asset, kind). Folding is associative: partial findings of chunks
merge into the same rows in any grouping, so memory grows with assets, never with rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from tocsin.core import severity

NAME = ["organization", "asset", "kind"]
RANKS = pl.Enum(list(reversed(severity.SEVERITIES)))
"""Severities as an ordered type, so that the worst is the maximum."""


@dataclass(slots=True)
class Folder:
    """Folds chunks of events; `findings()` gives the rows so far.

    Columns: organization, asset, kind, classification_taxonomy, classification_type, severity (text), first_seen and last_seen
    (UTC, microseconds), count, feeds, ports, evidence (identifiers of the first and the last event), because, related.
    """

    _parts: list[pl.DataFrame] = field(default_factory=list)
    _rows: int = 0
    _folded: int = 0

    def add(self, events: pl.DataFrame) -> None:
        """Fold the events that have an organization."""
        owned = events.filter(pl.col("organization").is_not_null())
        if owned.is_empty():
            return
        part = (
            owned.group_by(NAME)
            .agg(
                pl.col("classification_taxonomy").last(),
                pl.col("classification_type").last(),
                pl.col("severity").cast(RANKS).max(),
                pl.col("time_source").min().alias("first_seen"),
                pl.col("time_source").max().alias("last_seen"),
                pl.len().cast(pl.UInt64).alias("count"),
                pl.col("feed_code").drop_nulls().unique().alias("feeds"),
                pl.col("source_port").drop_nulls().unique().alias("ports"),
                pl.col("event_id").first().alias("first_event"),
                pl.col("event_id").last().alias("last_event"),
                pl.col("because").last(),
                pl.col("related").last(),
            )
        )  # fmt: skip
        self._parts.append(part)
        self._rows += part.height
        if self._rows > max(500_000, 2 * self._folded):
            self._compact()

    def _compact(self) -> None:
        merged = (
            pl.concat(self._parts)
            .group_by(NAME)
            .agg(
                pl.col("classification_taxonomy", "classification_type").last(),
                pl.col("severity").max(),
                pl.col("first_seen").min(),
                pl.col("last_seen").max(),
                pl.col("count").sum(),
                pl.col("feeds", "ports").list.explode().drop_nulls().unique(),
                pl.col("first_event").first(),
                pl.col("last_event").last(),
                pl.col("because", "related").last(),
            )
        )
        self._parts, self._rows, self._folded = [merged], merged.height, merged.height

    def findings(self) -> pl.DataFrame:
        """Return the findings so far, sorted by name."""
        if not self._parts:
            return pl.DataFrame(schema=SCHEMA)
        self._compact()
        return (
            self._parts[0]
            .with_columns(
                pl.col("severity").cast(pl.String),
                pl.col("feeds", "ports").list.sort(),
                pl.concat_list("first_event", "last_event").list.unique(maintain_order=True).alias("evidence"),
            )
            .select(list(SCHEMA))
            .sort(NAME)
        )  # fmt: skip


SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "organization": pl.String,
    "asset": pl.String,
    "kind": pl.String,
    "classification_taxonomy": pl.String,
    "classification_type": pl.String,
    "severity": pl.String,
    "first_seen": pl.Datetime("us", "UTC"),
    "last_seen": pl.Datetime("us", "UTC"),
    "count": pl.UInt64,
    "feeds": pl.List(pl.String),
    "ports": pl.List(pl.UInt16),
    "evidence": pl.List(pl.String),
    "because": pl.String,
    "related": pl.List(pl.String),
}
