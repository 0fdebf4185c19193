"""Bytes to lines, whatever wrote them: byte order marks, UTF-16 and UTF-32, lone CR, NUL bytes, invalid bytes."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from tocsin.feeds.format import Source

LONGEST: Final = 16 << 20
"""Characters of one line that are kept; what follows up to the line's end is dropped, and the row cannot be read."""
LARGEST: Final = 512 << 20
"""Bytes of a document that has to be read whole."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding(head: bytes) -> str:
    """Return the encoding by the byte order mark, else by where the NUL bytes stand, else UTF-8."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[:2048]
    if len(sample) >= 8:
        at = [sample[n::4].count(0) * 4 / len(sample) for n in range(4)]
        if min(at[1:]) > 0.7 and at[0] < 0.3:
            return "utf-32-le"
        if min(at[:3]) > 0.7 and at[3] < 0.3:
            return "utf-32-be"
        if at[1] > 0.7 and at[3] > 0.7 and at[0] < 0.3 and at[2] < 0.3:
            return "utf-16-le"
        if at[0] > 0.7 and at[2] > 0.7 and at[1] < 0.3 and at[3] < 0.3:
            return "utf-16-be"
    return "utf-8"


def decode(content: bytes) -> str:
    """Return all the text. Invalid bytes become U+FFFD, NUL characters vanish, every line ends with LF."""
    found = content.decode(encoding(content[:4096]), errors="replace").replace("\0", "")
    return found.replace("\r\n", "\n").replace("\r", "\n")


@lru_cache(maxsize=4)
def head(content: bytes) -> str:
    """Return the beginning of a file as text, for recognizers: the same bytes are decoded once for all of them."""
    return decode(content)


def content_lines(content: bytes) -> list[str]:
    """Return the first lines of a head that are neither blank nor comment (`#`, `;`, `//`)."""
    whole = [line.strip() for line in head(content).split("\n")]
    return [line for line in whole if line and not line.startswith(("#", ";", "//"))][:200]


def lines(source: Source) -> Iterator[str]:
    """Yield every line without its end, in memory bounded by the longest line."""
    with source.open() as file:
        start = file.read(4096)
    with source.open() as raw:
        buffered = raw if isinstance(raw, io.BytesIO) else io.BufferedReader(raw, 1 << 18)  # type: ignore[type-var]
        reader = io.TextIOWrapper(buffered, encoding=encoding(start), errors="replace", newline=None)
        while line := reader.readline(LONGEST):
            whole = line
            while not whole.endswith("\n") and len(line) == LONGEST:
                line = reader.readline(LONGEST)
                if line.endswith("\n"):
                    break
            yield whole.rstrip("\n").replace("\0", "")


def too_large(source: Source) -> bool:
    """Tell whether a document is larger than what is read whole."""
    size = source.path.stat().st_size if source.path is not None else len(source.content or b"")
    return size > LARGEST
