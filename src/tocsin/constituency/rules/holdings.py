"""What can be held, and when: the four kinds of things an organization has, seen the same way."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import NamedTuple

from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Ignored, Network, Organization

Item = Network | Domain | AutonomousSystem | Contact | Ignored

LISTS: dict[str, str] = {"network": "networks", "domain": "domains", "asn": "asns", "contact": "contacts"}
"""The kinds of things an organization has, with the field of `Organization` that holds them."""
ATTRIBUTING = ("network", "domain", "asn")
"""The kinds that decide whose an event is."""
ONE_DAY = timedelta(days=1)


class Shift(NamedTuple):
    """Somebody begins or ceases to hold a value on these days; None reaches back, or on, for ever."""

    kind: str
    value: str
    from_day: date | None
    to_day: date | None


def value_of(item: Item) -> str:
    """Return what is held, as people write it: `203.0.113.0/25`, `soyte.example`, `AS64500`, an address."""
    match item:
        case Network():
            return item.cidr
        case Domain():
            return item.name
        case AutonomousSystem():
            return f"AS{item.number}"
        case Contact():
            return item.email
        case Ignored():
            return item.value


def kind_of(item: Item) -> str:
    """Return the kind of an item: `network`, `domain`, `asn`, `contact` or `ignored`."""
    match item:
        case Network():
            return "network"
        case Domain():
            return "domain"
        case AutonomousSystem():
            return "asn"
        case Contact():
            return "contact"
        case Ignored():
            return "ignored"


def ignored_kind(value: str) -> str:
    """Return what kind of value an ignore rule names."""
    if value.upper().removeprefix("AS").isdigit():
        return "asn"
    return "network" if "/" in value else "domain"


def in_force(item: Item | Organization, day: date) -> bool:
    """Say whether something holds on a day."""
    return (item.valid_from is None or item.valid_from <= day) and (item.valid_to is None or day <= item.valid_to)


def meet(one: Item | Organization, other: Item | Organization) -> bool:
    """Say whether two things hold on some common day."""
    return (one.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
        one.valid_to or date.max
    )


def shifts(before: Organization | None, after: Organization | None) -> list[Shift]:
    """Return every value whose holding by this organization differs between two states, with the days.

    An organization's own days bound those of all it holds, so that closing it lets everything go.
    """
    held = _held(before) | _held(after)
    return sorted(
        (
            Shift(kind, value, *days)
            for kind, value in held
            for days in _difference(_days(before, kind, value), _days(after, kind, value))
        ),
        key=lambda shift: (shift.kind, shift.value, shift.from_day or date.min),
    )


def ignore_shifts(before: tuple[Ignored, ...], after: tuple[Ignored, ...]) -> list[Shift]:
    """Return every value that begins or ceases to be ignored, with the days."""
    return [
        Shift(ignored_kind(value), value, *days)
        for value in sorted({rule.value for rule in (*before, *after)})
        for days in _difference(
            _union([_span(rule) for rule in before if rule.value == value]),
            _union([_span(rule) for rule in after if rule.value == value]),
        )
    ]


def _held(organization: Organization | None) -> set[tuple[str, str]]:
    if organization is None:
        return set()
    return {(kind, value_of(item)) for kind in ATTRIBUTING for item in getattr(organization, LISTS[kind])}


Span = tuple[int, int]
"""First and last day as proleptic ordinals; 1 and the last day there is stand for no bound."""
_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()


def _span(item: Item | Organization) -> Span:
    return (
        item.valid_from.toordinal() if item.valid_from else _FIRST,
        item.valid_to.toordinal() if item.valid_to else _LAST,
    )


def _days(organization: Organization | None, kind: str, value: str) -> list[Span]:
    if organization is None:
        return []
    begin, end = _span(organization)
    spans = (_span(item) for item in getattr(organization, LISTS[kind]) if value_of(item) == value)
    return _union([(max(since, begin), min(until, end)) for since, until in spans])


def _union(spans: list[Span]) -> list[Span]:
    found: list[Span] = []
    for since, until in sorted(span for span in spans if span[0] <= span[1]):
        if found and since <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def _difference(one: list[Span], other: list[Span]) -> list[tuple[date | None, date | None]]:
    """Return the stretches of days that are in exactly one of two unions of spans."""
    edges = sorted({edge for since, until in (*one, *other) for edge in (since, until + 1)})
    stretches: list[Span] = []
    for since, after in itertools.pairwise(edges):
        inside = [any(a <= since <= b for a, b in spans) for spans in (one, other)]
        if inside[0] != inside[1]:
            stretches.append((since, after - 1))
    return [
        (
            None if since == _FIRST else date.fromordinal(since),
            None if until == _LAST else date.fromordinal(until),
        )
        for since, until in _union(stretches)
    ]
