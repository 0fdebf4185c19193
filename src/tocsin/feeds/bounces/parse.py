"""Mail that came back: a mailbox of delivery reports (RFC 3464). It holds no events; whoever warns reads it.

Never recognized by content: a mailbox is declared to be one, so that a report among others stays a person's to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.feeds.format import Format, Options, Source
from tocsin.pipeline.chunk import Chunk

NAME: Final = "bounces"


def recognize(head: bytes, name: str) -> int:
    """Recognize nothing."""
    return 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Yield nothing: what came back tells of addresses, not of anybody's systems."""
    yield from ()


FORMAT = Format(NAME, recognize, parse, "Mail that came back", events=False)
