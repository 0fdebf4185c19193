"""Sizes as people write them: `500MB`, `2GiB`, `1048576`."""

from __future__ import annotations

import re

_UNITS = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
}  # fmt: skip


class BadSize(ValueError):
    """The text is no size."""


def parse(text: str) -> int:
    """Return the number of bytes written in `text`. Raise BadSize with an example when it is none."""
    match = re.fullmatch(r"(\d+)\s*([A-Za-z]*)", text.strip())
    if match is None or match[2].upper() not in _UNITS:
        raise BadSize(f"{text!r} is no size; write for example 500MB, 2GiB or 1048576")
    return int(match[1]) * _UNITS[match[2].upper()]


def written(size: int) -> str:
    """Return a number of bytes for people: `1.5 GiB`."""
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"
