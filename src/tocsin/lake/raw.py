"""Raw arrivals, kept byte for byte under their SHA-256: `raw/ab/abcdef…`.

The name is the content, so keeping the same bytes twice keeps them once.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from tocsin.lake import durable

BLOCK = 1 << 20


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; empty at the end."""
        ...


class TooLarge(Exception):
    """The arrival is larger than allowed; nothing was kept."""


def place(home: Path, sha256: str) -> Path:
    """Return where the bytes with this checksum live below the data folder `home`."""
    return home / "raw" / sha256[:2] / sha256


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hex. Raise OSError."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(home: Path, file: Readable, *, at_most: int | None = None) -> tuple[str, int, Path]:
    """Keep what `file` holds. Return its SHA-256, its size in bytes and its place.

    Raise TooLarge when it exceeds `at_most` bytes, having read no more than that.
    """
    incoming = home / "raw" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0

    def fill(aside: Path) -> None:
        nonlocal size
        with aside.open("wb") as out:
            while block := file.read(BLOCK):
                size += len(block)
                if at_most is not None and size > at_most:
                    raise TooLarge(f"more than {at_most} bytes")
                digest.update(block)
                out.write(block)

    # Written under a name of its own first: the checksum, and so the place, is known only at the end.
    landed = durable.write(incoming / uuid4().hex, fill)
    sha256 = digest.hexdigest()
    final = place(home, sha256)
    if final.exists():
        landed.unlink()
    else:
        final.parent.mkdir(parents=True, exist_ok=True)
        durable.write(final, lambda aside: shutil.move(landed, aside))
    return sha256, size, final
