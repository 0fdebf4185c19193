"""Whose may it be? What is held close to a place that nobody holds, and why that speaks for its holder."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

CLOSE = {4: 16, 6: 256}
"""How many places (/24, /48) away a prefix is still close by."""
MOST = 3


class Held(NamedTuple):
    """A value that somebody holds, with the days."""

    value: str
    organization: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An organization, and why: `ended`, `later`, `close`, `sibling` or `asn`, about `value`, perhaps since a `day`."""

    organization: str
    why: str
    value: str
    day: date | None = None


def supernets(place: str) -> list[str]:
    """Return a prefix and every one above it, longest first; none for what is no prefix."""
    try:
        network = ipaddress.ip_network(place)
    except ValueError:
        return []
    return [str(network.supernet(new_prefix=length)) for length in range(network.prefixlen, 7, -1)]


def neighbourhood(place: str) -> str:
    """Return how prefixes near this one begin as text: `203.0.` or `2001:db8:`; empty when that is not to be said."""
    try:
        network = ipaddress.ip_network(place)
    except ValueError:
        return ""
    if network.version == 4:
        return ".".join(str(network.network_address).split(".")[:2]) + "." if network.prefixlen >= 16 else ""
    groups = [f"{int(group, 16):x}" for group in network.network_address.exploded.split(":")[:2]]
    return ":".join(groups) + ":" if network.prefixlen >= 32 and "0" not in groups else ""


def parents(place: str) -> list[str]:
    """Return a name and every name above it."""
    labels = place.split(".")
    return [".".join(labels[n:]) for n in range(len(labels))]


def suggest(
    place: str,
    how: str,
    asn: int | None,
    *,
    networks: Iterable[Held],
    domains: Iterable[Held],
    asns: Iterable[Held],
    first: date,
    last: date,
) -> list[Suggestion]:
    """Return who may hold a place, the most telling reasons first, each organization once."""
    found: list[Suggestion] = []
    if how == "network":
        above = set(supernets(place))
        found += [_dated(held, first, last) for held in networks if held.value in above]
        found += _close(place, networks)
    elif how == "domain":
        above = set(parents(place))
        found += [_dated(held, first, last) for held in domains if held.value in above]
        found += [Suggestion(h.organization, "sibling", h.value) for h in domains if h.value.endswith("." + place)]
    number = f"AS{asn}" if asn is not None else place
    found += [
        Suggestion(held.organization, "asn", held.value, held.valid_from or held.valid_to)
        for held in asns
        if held.value == number
    ]
    each = {suggestion.organization: suggestion for suggestion in reversed(found)}
    return [suggestion for suggestion in found if each[suggestion.organization] is suggestion][:MOST]


def _dated(held: Held, first: date, last: date) -> Suggestion:
    if held.valid_to is not None and held.valid_to < last:
        return Suggestion(held.organization, "ended", held.value, held.valid_to)
    return Suggestion(held.organization, "later", held.value, held.valid_from or first)


def _close(place: str, networks: Iterable[Held]) -> list[Suggestion]:
    """Return who holds prefixes next to the place, the nearest first."""
    here = ipaddress.ip_network(place)
    width = 256 if here.version == 4 else 1 << 80
    start, end = int(here.network_address), int(here.broadcast_address) + 1
    near: list[tuple[int, Suggestion]] = []
    for held in networks:
        other = ipaddress.ip_network(held.value)
        if other.version != here.version or held.valid_to is not None:
            continue
        low, high = int(other.network_address), int(other.broadcast_address) + 1
        apart = max(low - end, start - high, 0)
        if apart <= CLOSE[here.version] * width and (high <= start or low >= end or (low >= start and high <= end)):
            near.append((apart, Suggestion(held.organization, "close", held.value)))
    return [suggestion for _, suggestion in sorted(near, key=lambda pair: pair[0])]
