"""Cut a large CSV file into blocks of whole records, and find the records that do not fit the heading.

A block ends at a line break outside quotes. Whether every record has as many fields as the heading
is counted with arrays over the bytes; only a block that fails is read record by record.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

LONGEST = 16 << 20
"""A record longer than this many bytes is not a record."""
csv.field_size_limit(LONGEST)


def blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the file in blocks of whole records of about `size` bytes, as UTF-8 with line feeds, without NUL."""
    rest = file.read(4)
    if rest.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = (rest + b"".join(iter(lambda: file.read(1 << 20), b""))).decode("utf-16", "replace")
        file, rest = io.BytesIO(text.encode()), b""
    while True:
        block = file.read(size)
        data = rest + _plain(block) if rest or b"\r" in block or b"\0" in block else block
        if not block:
            if data:
                yield data if data.endswith(b"\n") else data + b"\n"
            return
        end = _cut(data)
        if end == 0 and len(data) < LONGEST + size:
            rest = data
            continue
        end = end or len(data)
        rest = data[end:]
        yield data[:end]


def _plain(block: bytes) -> bytes:
    if b"\0" in block:
        block = block.replace(b"\0", b"")
    if b"\r" in block:
        # A lone carriage return ends a line too; one at the very end may belong to a pair; the empty record that makes is skipped.
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return block


def _cut(data: bytes) -> int:
    """Return how many bytes of `data` are whole records: up to the last line break outside quotes."""
    end = data.rfind(b"\n") + 1
    if data.count(b'"', 0, end) % 2 == 0:
        return end
    inside = np.cumsum(np.frombuffer(data, dtype=np.uint8) == ord('"'), dtype=np.uint8) & 1
    breaks = np.flatnonzero((np.frombuffer(data, dtype=np.uint8) == ord("\n")) & (inside == 0))
    return int(breaks[-1]) + 1 if len(breaks) else 0


def regular(block: bytes, fields: int) -> int | None:
    """Return the number of records when each has `fields` fields and none is empty; None when some do not."""
    array = np.frombuffer(block, dtype=np.uint8)
    separators, breaks = array == ord(","), array == ord("\n")
    if b'"' in block:
        outside = (np.cumsum(array == ord('"'), dtype=np.uint8) & 1) == 0
        separators &= outside
        breaks &= outside
    ends = np.flatnonzero(breaks)
    if not len(ends) or ends[-1] != len(array) - 1:
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    if (ends == starts).any():
        return None
    counts = np.add.reduceat(separators.view(np.uint8), starts, dtype=np.int32)
    return len(ends) if (counts == fields - 1).all() else None


def records(block: bytes) -> Iterator[list[str] | str]:
    """Read a block record by record; a record that even the csv module refuses comes as the message why."""
    reader = csv.reader(io.StringIO(block.decode("utf-8", "replace"), newline=""), strict=False)
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield str(error)
            continue
        if record:
            yield record
