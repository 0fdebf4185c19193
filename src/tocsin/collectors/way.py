"""What every way in is given, and gives."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tocsin.collectors.guard import Guard
from tocsin.collectors.limits import Limits


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed is fetched, and how its host is spoken to."""

    address: str
    guard: Guard
    user: str = ""
    secret: str = field(default="", repr=False)
    link_hosts: tuple[str, ...] = ()
    move_to: str = ""
    limits: Limits = field(default_factory=Limits)


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes; empty at the end."""
        ...


@dataclass(slots=True)
class Found:
    """One thing that came. Who keeps its bytes says so in `kept`, then asks for the next."""

    name: str
    content: Stream
    changed_at: datetime | None = None
    """How new its source says it is."""
    is_report: bool = True
    """False for what is kept as evidence only: a mail whose link led to the report."""
    kept: bool = False


Memory = dict[str, Any]
"""What a way in remembers between two visits; plain JSON. It says of a thing that it came only once that was kept."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way in."""

    collect: Callable[[Place, Memory, datetime], Generator[Found, None, None]]
    """(where, what it remembers, now) -> what came. Raises NotCollected, at the end if the rest could be had."""
    check: Callable[[str, Guard], object]
    """(address, guard): raises NotCollected when it can be no address of this way; asks nobody."""
