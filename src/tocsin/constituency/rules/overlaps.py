"""What is wrong with a constituency as a whole: the same thing held by two at the same time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tocsin.core.constituency import AutonomousSystem, Domain, Network, Organization


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two organizations hold the very same thing on some day."""

    value: str
    one: str
    other: str


def overlaps(organizations: Iterable[Organization]) -> list[Overlap]:
    """Return every prefix, domain and AS that two organizations hold at once. Nested prefixes are no overlap."""
    held: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
    for o in organizations:
        things: tuple[Network | Domain | AutonomousSystem, ...] = (*o.networks, *o.domains, *o.asns)
        for item in things:
            value = getattr(item, "cidr", None) or getattr(item, "name", None) or f"AS{getattr(item, 'number', '')}"
            held[value].append((o.id, item.valid_from or date.min, item.valid_to or date.max))
    return [
        Overlap(value, one[0], other[0])
        for value, holders in sorted(held.items())
        for place, one in enumerate(holders)
        for other in holders[place + 1 :]
        if one[0] != other[0] and one[1] <= other[2] and other[1] <= one[2]
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """What importing would do to one organization: `new`, `changed` (and which fields) or `same`."""

    organization: str
    what: str
    fields: tuple[str, ...] = ()


def changes(before: Iterable[Organization], after: Iterable[Organization]) -> list[Change]:
    """Compare two constituencies, organization by organization. What the second does not name is left alone."""
    known = {o.id: o for o in before}
    found = []
    for o in after:
        old = known.get(o.id)
        if old is None:
            found.append(Change(o.id, "new"))
            continue
        names = tuple(name for name in Organization.__slots__ if _set(getattr(old, name)) != _set(getattr(o, name)))
        found.append(Change(o.id, "changed" if names else "same", names))
    return found


def _set(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value
