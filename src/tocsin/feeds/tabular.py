"""Delimited text, record by record: comments, quotes over several lines, ragged rows, headings that say a name twice."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

JOINED: Final = 64
"""Lines that one quoted field may span; a quote that is open longer was never meant as one."""
FIELD: Final = 1 << 24
csv.field_size_limit(FIELD)  # the module's own 128 KiB refuses long URLs and payloads that real reports hold


def records(
    lines: Iterable[str], delimiter: str = ",", comments: tuple[str, ...] = ("#",)
) -> Iterator[tuple[str, list[str] | None]]:
    """Yield (text of the record, its fields); fields are None when it cannot be read. Blanks and comments are left out."""
    source = iter(lines)
    waiting: deque[str] = deque()
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        if not line.strip() or line.lstrip().startswith(comments):
            continue
        record, open_quote = line, line.count('"') % 2 == 1
        if open_quote:
            taken: list[str] = []
            while open_quote and len(taken) < JOINED:
                following = waiting.popleft() if waiting else next(source, None)
                if following is None:
                    break
                taken.append(following)
                open_quote = following.count('"') % 2 == 0
            if open_quote:
                waiting.extendleft(reversed(taken))
                yield line, None
                continue
            record = "\n".join([line, *taken])
        try:
            yield (
                record,
                next(
                    csv.reader(
                        [record] if "\n" not in record else record.splitlines(True),
                        delimiter=delimiter,
                        skipinitialspace=True,
                    )
                ),
            )
        except (csv.Error, StopIteration):
            yield record, None


def heading(fields: list[str]) -> list[str]:
    """Return the names of a heading in lower case; a name that stands twice gets a number and keeps both columns."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for field in fields:
        name = field.strip().strip('"').strip("\ufeff# ").lower()
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def delimiter_of(line: str) -> str:
    """Return the sign that parts the fields of a heading."""
    return max((",", ";", "\t", "|"), key=line.count)
