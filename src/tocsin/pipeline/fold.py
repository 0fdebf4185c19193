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

    _waiting: list[pl.DataFrame] = field(default_factory=list)
    _waiting_rows: int = 0
    _parts: list[pl.DataFrame] = field(default_factory=list)
    _rows: int = 0
    _folded: int = 0

    def add(self, events: pl.DataFrame) -> None:
        """Fold the events that have an organization."""
        self._waiting.append(events.select(_NEEDED).filter(pl.col("organization").is_not_null()))
        self._waiting_rows += self._waiting[-1].height
        if self._waiting_rows >= _TOGETHER:
            self._fold()

    def _fold(self) -> None:
        if not self._waiting_rows:
            return
        owned = pl.concat(self._waiting)
        self._waiting, self._waiting_rows = [], 0
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
        if self._rows > max(1_000_000, 2 * self._folded):
            self._compact()

    def _compact(self) -> None:
        if len(self._parts) < 2:
            return
        parts = pl.concat(self._parts)
        # Most names come in one part only and need no grouping. The hash lives no longer than this call.
        again = parts.select(pl.struct(NAME).hash().is_duplicated()).to_series()
        merged = (
            parts.filter(again)
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
        merged = pl.concat([parts.filter(~again), merged])
        self._parts, self._rows, self._folded = [merged], merged.height, merged.height

    def findings(self) -> pl.DataFrame:
        """Return the findings so far, sorted by name."""
        self._fold()
        if not self._parts:
            return pl.DataFrame(schema=SCHEMA)
        self._compact()
        found = self._parts[0]
        # Sorting and comparing lists is dear; nearly every finding has one port, one feed and one event.
        many = (pl.col("feeds").list.len() > 1) | (pl.col("ports").list.len() > 1)
        once = pl.col("first_event") == pl.col("last_event")
        return (
            pl.concat([found.filter(~many), found.filter(many).with_columns(pl.col("feeds", "ports").list.sort())])
            .with_columns(
                pl.col("severity").cast(pl.String),
                pl.when(once)
                .then(pl.concat_list("first_event"))
                .otherwise(pl.concat_list("first_event", "last_event"))
                .alias("evidence"),
            )
            .select(list(SCHEMA))
            .sort(NAME)
        )


def merge(findings: pl.DataFrame) -> pl.DataFrame:
    """Return findings with every name once; those of one name, in their order, become one."""
    return (
        findings.with_columns(pl.col("severity").cast(RANKS))
        .group_by(NAME, maintain_order=True)
        .agg(
            pl.col("classification_taxonomy", "classification_type", "because", "related").last(),
            pl.col("severity").max().cast(pl.String),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("count").sum(),
            pl.col("feeds", "ports").list.explode().drop_nulls().unique().sort(),
            pl.col("evidence").list.explode().gather([0, -1]).unique(maintain_order=True),
        )
        .select(list(SCHEMA))
    )


_TOGETHER = 200_000
"""Events folded at once: many small groupings cost more than one."""
_NEEDED = [
    *NAME,
    "classification_taxonomy",
    "classification_type",
    "severity",
    "time_source",
    "feed_code",
    "source_port",
    "event_id",
    "because",
    "related",
]
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
