"""What a format is: a name, a way to recognize its content, and a parser."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from tocsin.pipeline.chunk import SCHEMA, Chunk

HEAD = 65_536
"""Bytes of the beginning that a recognizer sees."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to parse: on disk (`path`) or in memory (`content`). `name` is how it arrived."""

    name: str
    path: Path | None = None
    content: bytes | None = None

    def open(self) -> BinaryIO:
        """Open the bytes for reading."""
        if self.path is not None:
            return self.path.open("rb", buffering=0)
        return io.BytesIO(self.content or b"")

    def head(self) -> bytes:
        """Return the first HEAD bytes."""
        with self.open() as file:
            return file.read(HEAD)

    def read(self) -> bytes:
        """Return all bytes (formats that need the whole document)."""
        with self.open() as file:
            return b"".join(iter(lambda: file.read(1 << 20), b""))


@dataclass(frozen=True, slots=True)
class Options:
    """What a parser may be told: by the feed's row, or by the command line."""

    feed_code: str | None = None
    feed_name: str | None = None
    feed_provider: str | None = None
    feed_accuracy: float | None = None
    """0 to 100, as the operator judges the feed."""
    tlp: str | None = None
    """TLP 2.0 label of what the source does not label itself."""
    received_at: datetime | None = None
    """Time of arrival: the event's time where the format has none of its own."""
    schema: dict[str, Any] | None = None
    """Shadowserver's published report schema (`intelmq.json`), already read, when the operator has it."""
    mapping: dict[str, Any] | None = None
    """A mapping file, already read (format `mapped`)."""
    classification_type: str | None = None
    """RSIT type to assume for formats that state none (plain lists)."""
    classification_identifier: str | None = None
    severity: str | None = None
    chunk_bytes: int = 24 << 20
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Format:
    """A source format."""

    name: str
    recognize: Callable[[bytes, str], int]
    """(first bytes, file name) -> 0 no … 100 certainly. Content decides; the name may only break ties."""
    parse: Callable[[Source, Options], Iterator[Chunk]]
    title: str = ""
    whole_list: bool = False
    """A file is a complete list: what it names is there, what it does not name any more is gone."""
    events: bool = True
    """Whether it tells of systems; else it is set aside for whoever reads it whole."""
    code: Callable[[Source, Options], str] | None = None
    """The feed's code of a file without rows: a report that says "nothing found" was a look all the same."""


def labelled(chunk: Chunk, options: Options) -> Chunk:
    """Return the chunk with what the feed says of every event, where the parser gave none: accuracy and TLP."""
    said = {"feed_accuracy": options.feed_accuracy, "tlp": options.tlp}
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return chunk

    def finish(kept: pl.Series) -> pl.DataFrame:
        events = chunk.finish(kept)
        filled = []
        for name, value in given.items():
            constant = pl.lit(value, dtype=SCHEMA[name])
            filled.append((pl.coalesce(name, constant) if name in events.columns else constant).alias(name))
        return events.with_columns(filled)

    return replace(chunk, finish=finish)
