"""Read delimited text (CSV) fast and exactly: blocks of whole records, and each record that does not fit by its number.

Polars reads a block; it refuses one with a row that is too long, and fills a row that is too short
with nulls. So only rows whose last field is null need a second look. A block that is refused is read
again record by record, in plain Python. Where every line has as many separators as the heading, only
the columns asked for are read at first, and the others for the records that are kept. What real input brings is made plain first: byte order
marks, UTF-16, carriage returns, NUL bytes, broken UTF-8.

A record is a row after the heading; lines without any character are no records.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import polars as pl

from tocsin.pipeline.chunk import Reject

LONGEST = 16 << 20
"""A record longer than this many bytes is refused; it also bounds what waits for a closing quote."""
SHOWN = 4096
"""How much of a refused record is kept with the reject, in characters."""
MOST_COLUMNS = 2_000
"""A file whose heading has more columns is refused: the widest published report has a tenth of them."""
SLOPPY = 100_000
"""A line longer than this many characters is not read a second, more lenient time."""
ROW = "_row"
_SLICE = 1 << 18  # the processor's cache holds it, so that counting costs no memory traffic
_MARK = "\x01"


@dataclass(frozen=True, slots=True)
class Whole:
    """Some records with the columns that were asked for."""

    frame: pl.DataFrame
    """A String column per heading asked for, in the order of the headings."""
    plain: bool = False
    """Whether surely no field holds what JSON would have to escape: a quote, a backslash, a control character."""


@dataclass(frozen=True, slots=True)
class Records:
    """Consecutive records of a file: the columns asked for, and a way to the others."""

    n: int
    """How many records there were, those in `rejects` included."""
    frame: pl.DataFrame
    """A String column per heading that was asked for, and ROW, the record's number from 1."""
    whole: Callable[[np.ndarray, Collection[str] | None], Whole]
    """Given which records of `frame` (a boolean each) and which columns (None: all), return those: read once it is
    known who needs them."""
    rejects: list[Reject] = field(default_factory=list)


def unique_names(heading: list[str]) -> list[str]:
    """Return the heading with every name once: a name that comes again is `name_2`, an empty one `column_5`."""
    names: dict[str, None] = {}
    again: dict[str, int] = {}
    for place, name in enumerate(heading, start=1):
        wanted = name or f"column_{place}"
        candidate, n = wanted, again.get(wanted, 1)
        while candidate in names or candidate == ROW:
            n += 1
            candidate = f"{wanted}_{n}"
        again[wanted] = n  # the next of this name goes on from here
        names[candidate] = None
    return list(names)


def heading(head: bytes, separator: str = ",") -> list[str]:
    """Return the fields of the first record in these first bytes of a file, stripped; [] when there is none."""
    text = head[:4]
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: len(head) & ~1].decode("utf-16", "replace").encode()
    head = _plain(head.removeprefix(codecs.BOM_UTF8)).lstrip(b"\n")
    return [name.strip("\ufeff \t") for name in _split(_first_record(head).decode("utf-8", "replace"), separator) or []]


def read(
    file: BinaryIO,
    *,
    chunk_bytes: int,
    separator: str = ",",
    narrow: Callable[[list[str]], Collection[str]] | None = None,
) -> Iterator[tuple[list[str], Records]]:
    """Yield (names of the columns, records) for each block of the file. Nothing in the bytes makes it raise.

    `narrow` says, given all names, which columns the frames need; without it they have all.
    """
    names: list[str] | None = None
    columns: list[str] = []
    before = 0
    for block in _blocks(file, chunk_bytes, separator):
        if names is None and block is not None:
            data = block.data.lstrip(b"\n")
            first = _first_record(data)
            if not first:
                continue
            fields = _split(first.decode("utf-8", "replace"), separator) or []
            names = unique_names([name.strip("\ufeff \t") for name in fields[:MOST_COLUMNS]])
            wanted = narrow(names) if narrow else names
            if len(fields) > MOST_COLUMNS:
                reject = Reject(
                    0, "too-many-columns", f"the heading has {len(fields)} columns; {MOST_COLUMNS} are read"
                )
                yield names, _from_frame(1, _frame([], [], names), [reject])
                return
            columns = [name for name in names if name in wanted]
            block = _looked_at(data[len(first) + 1 :], separator)
        if block is None:
            reject = Reject(before + 1, "row-too-long", f"the record has more than {LONGEST} bytes")
            records = _from_frame(1, _frame([], [], names or []), [reject])
        elif block.data:
            records = _records(block, names or [], columns, before, separator)
        else:
            continue
        before += records.n
        yield names or [], records


@dataclass(frozen=True, slots=True)
class _Block:
    """Bytes, and what one pass over them tells."""

    data: bytes
    feeds: np.ndarray
    """Where its line feeds are."""
    odd: bool
    """Whether it has other control characters."""
    separators: int
    quotes: int
    tidy: bool
    """Whether each quote stands at the beginning or at the end of what separators part, and half of them at either."""


def _looked_at(data: bytes, separator: str) -> _Block:
    array = np.frombuffer(data, dtype=np.uint8)
    feeds: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
    separators = quotes = closing = 0
    opening = int(data.startswith(b'"'))
    odd = False
    room = np.empty((4, _SLICE + 8), dtype=bool)
    for start in range(0, len(array), _SLICE):
        part = array[start : start + _SLICE + 1]  # one more, for what stands beside the last
        n = min(len(part), _SLICE)
        edge, quote, parting, both = room[:, : len(part)]
        np.less(part, 32, out=edge)
        control = _set(room[0], n)
        if not (part[control] == ord("\n")).all():
            odd = True
            np.equal(part, ord("\n"), out=edge)
            control = _set(room[0], n)
        feeds.append(control + start)
        np.equal(part, ord(separator), out=parting)
        separators += int(np.count_nonzero(parting[:n]))
        np.equal(part, ord('"'), out=quote)
        if found := int(np.count_nonzero(quote[:n])):
            quotes += found
            np.logical_or(edge, parting, out=edge)
            opening += int(np.count_nonzero(np.logical_and(quote[1:], edge[:-1], out=both[1:])))
            closing += int(np.count_nonzero(np.logical_and(quote[:-1], edge[1:], out=both[1:])))
        elif len(part) > n and quote[n] and (edge[n - 1] or parting[n - 1]):
            opening += 1
    tidy = opening == closing and quotes == opening + closing
    return _Block(data, np.concatenate(feeds), odd, separators, quotes, tidy)


def _set(marks: np.ndarray, n: int) -> np.ndarray:
    """Return the places of the first n marks that are set; few are. Eight are looked at in one step."""
    whole = n & ~7
    eights = marks[:whole].view(np.uint64)
    some = np.flatnonzero(eights != 0)
    places = np.flatnonzero(eights[some].view(bool))
    return np.concatenate([some[places >> 3] * 8 + (places & 7), np.flatnonzero(marks[whole:n]) + whole])


def _blocks(file: BinaryIO, size: int, separator: str) -> Iterator[_Block | None]:
    """Yield blocks of whole records, UTF-8 with line feeds and without NUL; None for a record that is too long."""
    read = _reader(file)
    rest, skipping = b"", False
    while True:
        fresh = read(size)
        block = _looked_at(rest + fresh if rest else fresh, separator)
        if block.odd and (plain := _plain(block.data)) is not block.data:
            block = _looked_at(plain, separator)
        data = block.data
        if skipping:
            end = data.find(b"\n") + 1
            if not end and fresh:
                continue
            block, skipping = _looked_at(data[end:] if end else b"", separator), False
            data = block.data
        if not fresh:
            if data:
                yield _looked_at(data if data.endswith(b"\n") else data + b"\n", separator)
            return
        end = _cut(block)
        if not end and len(data) > LONGEST:
            end = data.rfind(b"\n") + 1  # a quote that never closes: reading record by record finds where it went wrong
            if not end:
                yield None
                rest, skipping = b"", True
                continue
        rest = data[end:]
        if end:
            yield block if end == len(data) else _looked_at(data[:end], separator)


def _reader(file: BinaryIO) -> Callable[[int], bytes]:
    """Return a function that reads about so many bytes as plain UTF-8; b"" at the end only."""
    first = file.read(4)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
    else:
        decoder = None
        first = first.removeprefix(codecs.BOM_UTF8)

    def read(size: int) -> bytes:
        nonlocal first
        data, first = first + _up_to_a_line(file, size), b""
        if not data:
            return decoder.decode(b"", final=True).encode() if decoder else b""
        if decoder:
            data = decoder.decode(data).encode()
        while data.endswith(b"\r"):  # perhaps the first half of a pair
            following = file.read(2 if decoder else 1)
            data += decoder.decode(following).encode() if decoder else following
            if not following:
                break
        return data

    return read


def _up_to_a_line(file: BinaryIO, size: int) -> bytes:
    """Read about `size` bytes that end with a line, where one ends close enough: what follows it need not be copied."""
    if size > 4 * _SLICE and file.seekable():
        here = file.tell()
        file.seek(here + size - _SLICE)
        end = file.read(_SLICE).rfind(b"\n") + 1
        file.seek(here)
        if end:
            size += end - _SLICE
    return file.read(size)


def _plain(data: bytes) -> bytes:
    if b"\0" in data:
        data = data.replace(b"\0", b"")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _cut(block: _Block) -> int:
    """Return how many bytes are whole records: up to the last line feed outside quotes."""
    data, end = block.data, int(block.feeds[-1]) + 1 if len(block.feeds) else 0
    if block.quotes % 2 == 0 and end == len(data):
        return end
    array = np.frombuffer(data, dtype=np.uint8)
    inside = np.cumsum(array == ord('"'), dtype=np.uint8) & 1
    breaks = block.feeds[inside[block.feeds] == 0]
    return int(breaks[-1]) + 1 if len(breaks) else 0


def _first_record(data: bytes) -> bytes:
    end = 0
    while (end := data.find(b"\n", end)) >= 0:
        if data.count(b'"', 0, end) % 2 == 0:
            return data[:end]
        end += 1
    return data


def _records(block: _Block, names: list[str], columns: list[str], before: int, separator: str) -> Records:
    found = None
    try:
        if len(columns) < len(names):
            found = _narrow(block, names, columns, before, separator)
        if names and found is None:
            found = _wide(block, names, before, separator)
    except pl.exceptions.PolarsError:
        found = None
    return found or _slow(block.data.decode("utf-8", "replace"), names, before, separator)


def _narrow(block: _Block, names: list[str], columns: list[str], before: int, separator: str) -> Records | None:
    """Read some columns of all records, and all columns of those asked for later; None when only `_wide` can tell what fits.

    Of 32 columns six decide what is kept. Reading them first takes a third of the time of reading all. Polars
    overlooks what is wrong in columns that it does not read; so every line must have as many separators as the
    heading, and quotes only around whole fields. A field with a separator or a line feed in it shows as a line
    whose last field is missing, or as fewer records than lines.
    """
    ends = block.feeds + 1
    if block.odd or not block.tidy or block.separators != len(ends) * (len(names) - 1):
        return None
    last = names[-1]
    frame = _parsed(block.data, names, separator, [*columns, *({last} - set(columns))])
    open_ended = frame[last].is_null()
    if frame.height != len(ends) or (
        open_ended.any() and not _whole(_lines(block.data).filter(open_ended), len(names), separator).all()
    ):
        return None

    def whole(wanted: np.ndarray, needed: Collection[str] | None) -> Whole:
        data, edges = block.data, np.concatenate(([0], ends))
        runs = edges[np.flatnonzero(np.diff(wanted, prepend=False, append=False))].tolist()
        part = b"".join([data[begin:end] for begin, end in zip(runs[::2], runs[1::2], strict=True)])
        asked = names if needed is None else [name for name in names if name in needed]
        return Whole(_parsed(part, names, separator, asked), plain=b"\\" not in part)

    return Records(frame.height, frame.with_row_index(ROW, before + 1).select(ROW, *columns), whole)


def _wide(block: _Block, names: list[str], before: int, separator: str) -> Records | None:
    """Read all of the block with Polars; None (or a Polars error) when it needs reading record by record."""
    frame = _parsed(block.data, names, separator, names)
    if not (open_ended := frame[names[-1]].is_null()).any():
        return _from_frame(frame.height, frame.with_row_index(ROW, before + 1), [], block)
    lines = _lines(block.data)
    if len(lines) != frame.height:
        return None  # line feeds inside quotes: which line belongs to which record is not known here
    blank = lines.is_null()
    if blank.any():
        frame, lines, open_ended = frame.filter(~blank), lines.filter(~blank), open_ended.filter(~blank)
    numbered = frame.with_row_index(ROW, before + 1)
    whole = ~open_ended.to_numpy()
    whole[~whole] = _whole(lines.filter(open_ended), len(names), separator)
    mask = pl.Series(whole)
    short = zip(numbered.filter(~mask)[ROW], lines.filter(~mask), strict=True)
    rejects = [_ragged(row, _split(line, separator), names, line) for row, line in short]
    return _from_frame(numbered.height, numbered.filter(mask) if rejects else numbered, rejects, block)


def _from_frame(n: int, frame: pl.DataFrame, rejects: list[Reject], block: _Block | None = None) -> Records:
    """Return records of which every column has been read; `block` is what they were read from."""

    def whole(wanted: np.ndarray, needed: Collection[str] | None) -> Whole:
        part = frame if wanted.all() else frame.filter(wanted)
        plain = block is not None and not block.odd and not block.quotes and b"\\" not in block.data
        asked = part.columns if needed is None else [name for name in part.columns if name in needed]
        return Whole(part.select(name for name in asked if name != ROW), plain)

    return Records(n, frame, whole, rejects)


def _parsed(block: bytes, names: list[str], separator: str, columns: list[str]) -> pl.DataFrame:
    return pl.read_csv(
        block,
        has_header=False,
        schema=dict.fromkeys(names, pl.String()),
        columns=[names.index(name) for name in columns],
        separator=separator,
        quote_char='"',
    )


def _lines(block: bytes) -> pl.Series:
    # A separator that cannot occur, for NUL is gone: each line is one field; a line without anything is null.
    return pl.read_csv(
        block, has_header=False, schema={"line": pl.String()}, separator="\0", quote_char=None
    ).to_series()


def _whole(lines: pl.Series, n: int, separator: str) -> np.ndarray:
    """Return which lines have all n fields: with one more field at their end, that one must come out as number n + 1."""
    if lines.is_empty():
        return np.zeros(0, dtype=bool)
    guide = separator * n
    text = "\n".join([guide, (lines + separator + _MARK).str.join("\n").item()])
    names = {str(place): pl.String() for place in range(n + 1)}
    marks = pl.read_csv(text.encode(), has_header=False, schema=names, separator=separator, quote_char='"', columns=[n])
    return (marks.to_series()[1:] == _MARK).fill_null(value=False).to_numpy()


def _slow(text: str, names: list[str], before: int, separator: str) -> Records:
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    rejects: list[Reject] = []
    n = place = 0
    while place < len(lines):
        line = lines[place]
        if not line:
            place += 1
            continue
        n += 1
        record, taken = _joined(lines, place)
        fields = None if record is None else _split(record, separator)
        if record is None:
            taken = 1
        if taken > 1 and (fields is None or len(fields) != len(names)) and _stray(lines[place + 1], names, separator):
            taken, fields = 1, None  # a stray quote must not swallow the rows that follow
        if taken == 1 and (fields is None or len(fields) != len(names)):
            fields = _leniently(line, names, separator) or fields
        if fields is None:
            rejects.append(Reject(before + n, "bad-quotes", "a quote is not closed where the field ends", line[:SHOWN]))
        elif len(fields) != len(names):
            rejects.append(_ragged(before + n, fields, names, line))
        else:
            rows.append([value or None for value in fields])
            numbers.append(before + n)
        place += taken
    return _from_frame(n, _frame(rows, numbers, names), rejects)


def _leniently(line: str, names: list[str], separator: str) -> list[str] | None:
    """Read a line whose quotes stand wrongly as most readers would, if that gives as many fields as the heading has."""
    if '"' not in line or len(line) > SLOPPY:
        return None
    try:
        (fields,) = csv.reader([line], delimiter=separator)
    except (csv.Error, ValueError):
        return None
    return fields if len(fields) == len(names) else None


def _stray(following: str, names: list[str], separator: str) -> bool:
    """Say whether the line after an open quote reads well by itself."""
    fields = _split(following, separator) if following.count('"') % 2 == 0 else None
    return fields is not None and len(fields) == len(names)


def _joined(lines: list[str], place: int) -> tuple[str | None, int]:
    """Return the record that begins on this line and how many lines it takes; None when its quotes never close."""
    record, taken, quotes = lines[place], 1, lines[place].count('"')
    if quotes % 2 == 0:
        return record, 1
    size = len(record)
    while quotes % 2:
        if place + taken >= len(lines) or size > LONGEST:
            return None, taken
        following = lines[place + taken]
        quotes += following.count('"')
        size += len(following)
        taken += 1
    return "\n".join(lines[place : place + taken]), taken


def _split(record: str, separator: str) -> list[str] | None:
    """Return the fields of one record; None when a quote is not closed where its field ends."""
    if '"' not in record:
        return record.split(separator)
    fields: list[str] = []
    quoted: list[str] | None = None
    for part in record.split(separator):
        if quoted is None:
            if not part.startswith('"'):
                fields.append(part)
                continue
            quoted, body = [part], part[1:]
        else:
            quoted.append(part)
            body = part
        if (len(body) - len(body.rstrip('"'))) % 2:
            inner = separator.join(quoted)[1:-1]
            if '"' in inner.replace('""', ""):
                return None
            fields.append(inner.replace('""', '"'))
            quoted = None
    return fields if quoted is None else None


def _ragged(row: int, fields: list[str] | None, names: list[str], line: str) -> Reject:
    n = len(fields or [])
    return Reject(row, "ragged-row", f"{n} fields where the heading has {len(names)}", line[:SHOWN])


def _frame(rows: list[list[str | None]], numbers: list[int], names: list[str]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    data = {name: pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)}
    return pl.DataFrame({ROW: pl.Series(numbers, dtype=pl.get_index_type()), **data})
