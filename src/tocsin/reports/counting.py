"""Count warnings: a frame of them in, figures out. Pure; what the figures mean is in rules.

A period of a large installation has hundreds of thousands of warnings. The database reads them once; all that is counted
of them is counted here: grouping by organization, by kind and by duration in SQL took ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from tocsin.core.severity import RANK
from tocsin.pipeline.chunk import INSTANT
from tocsin.reports.rules import ACKNOWLEDGE, STEP, Figures, Group

WARNINGS: Final[dict[str, pl.DataType]] = {
    "organization_id": pl.String(),
    "kind": pl.String(),
    "severity_rank": pl.Int64(),
    "owner": pl.String(),
    **dict.fromkeys(("warned_at", "due_at", "answered_at", "heard_at", "verified_at"), INSTANT),
}
"""Columns and types of warnings, one row each."""
_NAMES = {rank: name for name, rank in RANK.items()}
_FIGURES = (
    "acknowledged", "acknowledged_in_time", "says_fixed", "fixed_in_time", "verified", "refuted", "accepted", "overdue",
)  # fmt: skip
_STEPS = ("to_acknowledge", "to_verify", "open")


def judged(warnings: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return warnings with a boolean for each figure, and how long they took in whole steps; only what was until `as_of` counts."""
    as_of = as_of.astimezone(UTC)
    warned, due, owner = pl.col("warned_at"), pl.col("due_at"), pl.col("owner")
    answered, gone = pl.col("answered_at") <= as_of, pl.col("verified_at") <= as_of
    within = pl.col("severity_rank").replace_strict({RANK[name]: span for name, span in ACKNOWLEDGE.items()}, return_dtype=pl.Duration("us"))  # fmt: skip
    says_fixed = (owner == "says-fixed") & (pl.col("heard_at") <= as_of)
    refuted, accepted = owner.is_in(["not-ours", "false-positive"]), owner == "risk-accepted"
    gone, answered = gone.fill_null(value=False), answered.fill_null(value=False)
    figures = {
        "acknowledged": answered,
        "acknowledged_in_time": answered & (pl.col("answered_at") <= warned + within),
        "says_fixed": says_fixed,
        "fixed_in_time": gone & (pl.col("verified_at") <= due) | says_fixed & (pl.col("heard_at") <= due),
        "verified": gone,
        "refuted": refuted & ~gone,
        "accepted": accepted & ~gone,
        "overdue": (due < as_of) & ~(gone | refuted | accepted),
    }
    return warnings.select(
        "organization_id",
        "kind",
        "severity_rank",
        *(value.fill_null(value=False).alias(name) for name, value in figures.items()),
        pl.when(answered).then(_steps(warned, pl.col("answered_at"))).alias("to_acknowledge"),
        pl.when(gone).then(_steps(warned, pl.col("verified_at"))).alias("to_verify"),
        _steps(warned, pl.lit(as_of, dtype=INSTANT)).alias("open"),
    )


def _steps(begin: pl.Expr, end: pl.Expr) -> pl.Expr:
    whole = (end - begin).dt.total_microseconds() // (STEP // timedelta(microseconds=1))
    return pl.max_horizontal(whole, pl.lit(0, dtype=pl.Int64))


def groups(found: pl.DataFrame) -> Iterator[Group]:
    """Yield equal warnings, counted, of what was judged."""
    sums = [pl.col(name).sum().cast(pl.Int64) for name in _FIGURES]
    for row in found.group_by("severity_rank", *_STEPS).agg(pl.len().alias("n"), *sums).sort("severity_rank", *_STEPS).iter_rows(named=True):  # fmt: skip
        yield Group(
            _NAMES[row["severity_rank"]], row["n"], row["to_acknowledge"], row["to_verify"], row["open"], row["acknowledged_in_time"],
            row["says_fixed"], row["fixed_in_time"], row["refuted"], row["accepted"], row["overdue"],
        )  # fmt: skip


def by(found: pl.DataFrame, column: str) -> dict[str, Figures]:
    """Return the figures of what was judged for each value of a column, in their order."""
    sums = [pl.col(name).sum().cast(pl.Int64) for name in _FIGURES]
    rows = found.group_by(column).agg(pl.len().cast(pl.Int64).alias("told"), *sums).sort(column)
    return {value: Figures(*counts) for value, *counts in rows.iter_rows()}
