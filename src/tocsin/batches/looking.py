"""Gathers, file by file, what a batch's files say as looks of their feeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from tocsin.batches.outcome import FileSummary, Look
from tocsin.pipeline.steps import Observed

LOST = 100
"""A look counts as whole when at most one row in so many was refused."""


@dataclass(slots=True)
class _File:
    feed: str
    first: datetime
    last: datetime
    names: list[pl.DataFrame] = field(default_factory=list)


class Looking:
    """What was observed so far. Memory grows with lists only: of other files two instants are kept."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._given: dict[str, Path] = {}

    def open(self, sha256: str, given: Path) -> None:
        """Remember in which of the given files a file was found."""
        self._given.setdefault(sha256, given)

    def see(self, sha256: str, observed: Observed | None, *, names: bool) -> None:
        """Take what a chunk of a file shows; `names`: keep what it names, since the file is a complete list."""
        if observed is None:
            return
        file = self._files.setdefault(sha256, _File(observed.feed, observed.first, observed.last))
        file.first, file.last = min(file.first, observed.first), max(file.last, observed.last)
        if names:
            file.names.append(observed.names.drop_nulls().unique())

    def looks(self, files: Iterable[FileSummary]) -> list[Look]:
        """Return a look for every file whose feed is known, one that reports nothing included."""
        found = []
        for summary in files:
            file = self._files.get(summary.sha256)
            feed = file.feed if file else summary.feed
            if feed and not summary.repeated:
                names = pl.concat(file.names).unique() if file and file.names else None
                whole = summary.rejects * LOST <= summary.rows
                first, last = (file.first, file.last) if file else (None, None)
                given = self._given[summary.sha256]
                found.append(Look(feed, given, summary.path, summary.sha256, first, last, summary.rows, whole, names))
        return found
