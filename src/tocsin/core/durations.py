"""Durations as people write them: `90s`, `15m`, `24h`, `7d`, `2w`, or a sum such as `1d12h`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

LONGEST = timedelta(days=36_525)


class BadDuration(ValueError):
    """The text is no duration."""


def parse(text: str) -> timedelta:
    """Return the duration written in `text`. Raise BadDuration with an example when it is none."""
    parts = re.findall(r"(\d+)([smhdw])", text.strip().lower())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip().lower():
        raise BadDuration(f"{text!r} is no duration; write for example 90s, 15m, 24h, 7d or 1d12h")
    try:
        found = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    except OverflowError:
        found = timedelta.max
    if found > LONGEST:
        raise BadDuration(f"{text!r} is longer than a hundred years")
    return found


def written(duration: timedelta) -> str:
    """Return a duration as `parse` reads it: `1d12h`; nothing is `0s`."""
    left, text = int(duration.total_seconds()), ""
    for seconds, unit in ((604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        n, left = divmod(left, seconds)
        text += f"{n}{unit}" if n else ""
    return text or "0s"
