"""What one visit to a source may cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.collectors.failures import TooMuch


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visit to a source may cost. Bytes and seconds."""

    size: int = 2 << 30
    """Of one thing that arrives."""
    seconds: float = 600.0
    """Of one thing that arrives, however it drips."""
    silence: float = 30.0
    """Without a byte from the other side."""


class Deadline:
    """The instant by which something must be done, on a clock that does not jump."""

    def __init__(self, seconds: float, silence: float) -> None:
        """Begin now."""
        self._ends = time.monotonic() + seconds
        self._silence = silence
        self._seconds = seconds

    def wait(self) -> float:
        """Return how many seconds the next operation may wait. Raise TooMuch when none are left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TooMuch("too-slow", f"not done within {self._seconds:g} seconds")
        return min(left, self._silence)


class Counted:
    """A stream that is read within a size; what a source says of its own length is never believed."""

    def __init__(self, blocks: Iterator[bytes], at_most: int) -> None:
        """Read from `blocks`; more than `at_most` bytes raise TooMuch."""
        self._blocks = blocks
        self._left = at_most
        self._at_most = at_most
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes; empty at the end."""
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._left -= len(block)
            if self._left < 0:
                raise TooMuch("too-large", f"more than {self._at_most} bytes")
            self._rest = block
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken
