"""Which format is it? Decided by content; the file's name only breaks ties."""

from __future__ import annotations

from typing import Final

from tocsin.feeds.format import Format, Source
from tocsin.feeds.shadowserver.parse import FORMAT as SHADOWSERVER

FORMATS: Final[tuple[Format, ...]] = (SHADOWSERVER,)


def by_name(name: str) -> Format | None:
    """Return the format with this name."""
    return next((format_ for format_ in FORMATS if format_.name == name), None)


def recognize(source: Source) -> Format | None:
    """Return the format that recognizes the content best, or None."""
    head = source.head()
    best = max(FORMATS, key=lambda format_: format_.recognize(head, source.name))
    return best if best.recognize(head, source.name) > 0 else None
