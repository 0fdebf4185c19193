"""The filters of a list that narrow it now, each with the address that takes it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in words, and the query without it."""

    label: object
    value: object
    without: str


def chips(request: HttpRequest, said: Mapping[str, tuple[object, object]]) -> list[Chip]:
    """Return a chip for each filter of the query that `said` has words for: its label and its value."""
    found = []
    for name, (label, value) in said.items():
        if request.GET.get(name):
            query = request.GET.copy()
            query.pop(name)
            query.pop("after", None)
            found.append(Chip(label, value, query.urlencode()))
    return found


def parsed_day(text: str) -> date | None:
    """Return the day that a filter names; None for none or a mangled one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
