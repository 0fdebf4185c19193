"""Who holds which prefix, domain and autonomous system, and when: the constituency made ready for look-ups.

Time is cut into *slices* at every day on which some holding begins or ends; inside a slice ownership
does not change. For each slice that events fall into, nested prefixes are flattened once to disjoint
intervals, so that the longest prefix is one binary search. Each interval knows its *chain*: the
prefixes that cover it, longest first.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np

from tocsin.core.constituency import Ignored, Organization

K = TypeVar("K")
ALWAYS = 0
EVER = date.max.toordinal()


class Holding(NamedTuple):
    """One thing held: by whom (None: to be ignored), the words that say so, from which day to which (ordinals)."""

    organization: str | None
    because: str
    since: int
    until: int


Chain = tuple[Holding, ...]

NOT_PUBLIC = Holding("", "nobody holds this address: it is not public", ALWAYS, EVER)
"""Stands for the address ranges that mean something else in every network."""
_SPECIAL = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
"""Private, loopback, link-local, carrier-grade NAT, multicast and reserved. Not those for documentation."""


@dataclass(slots=True)
class Slice:
    """What is held inside one slice of time."""

    chains: list[Chain]
    """Chain 0 is empty: nobody."""
    v4_starts: np.ndarray
    v4_chain: np.ndarray
    v6_starts: np.ndarray
    v6_chain: np.ndarray
    domains: dict[str, Chain]
    asns: dict[int, Chain]


@dataclass(slots=True, eq=False)
class Registry:
    """All holdings, and the slices of time between their changes."""

    prefixes: list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, Holding]]
    domains: list[tuple[str, Holding]]
    asns: list[tuple[int, Holding]]
    boundaries: np.ndarray = field(init=False)
    _slices: dict[int, Slice] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        holdings = [h for _, h in (*self.prefixes, *self.domains, *self.asns)]
        changes = {h.since for h in holdings if h.since != ALWAYS} | {h.until + 1 for h in holdings if h.until != EVER}
        self.boundaries = np.array(sorted(changes), dtype=np.int64)

    def slice_of(self, days: np.ndarray) -> np.ndarray:
        """Return the number of the slice that each day (proleptic ordinal) falls into."""
        return np.searchsorted(self.boundaries, days, side="right")

    def at(self, number: int) -> Slice:
        """Return a slice by its number, built on first use."""
        if number not in self._slices:
            # A slice is what holds on its first day; the first one reaches back for ever.
            self._slices[number] = self._build(int(self.boundaries[number - 1]) if number else ALWAYS)
        return self._slices[number]

    def _build(self, day: int) -> Slice:
        chains: list[Chain] = [()]
        known: dict[Chain, int] = {(): 0}
        held: dict[int, list[tuple[int, int, Holding]]] = {4: [], 6: []}
        for network, holding in (*((special, NOT_PUBLIC) for special in _SPECIAL), *self.prefixes):
            if holding.since <= day <= holding.until:
                held[network.version].append(
                    (int(network.network_address), int(network.broadcast_address) + 1, holding)
                )
        v4_starts, v4_chain = _flatten(held[4], chains, known)
        v6_starts, v6_chain = _flatten(held[6], chains, known)
        return Slice(
            chains,
            np.array([start for start in v4_starts if start < 1 << 32], dtype=np.uint32),
            np.array(v4_chain, dtype=np.int64),
            np.array(
                [start.to_bytes(16, "big") if start < 1 << 128 else b"\xff" * 16 for start in v6_starts], dtype="S16"
            ),
            np.array(v6_chain, dtype=np.int64),
            _grouped((name, h) for name, h in self.domains if h.since <= day <= h.until),
            _grouped((number, h) for number, h in self.asns if h.since <= day <= h.until),
        )


def _rank(holding: Holding) -> tuple[bool, int, str]:
    """Order two holders of the same thing: what is ignored first, then the latest to begin, then by name."""
    if holding is NOT_PUBLIC:
        return (True, 1, "")
    return (holding.organization is not None, -holding.since, holding.organization or "")


def _grouped(pairs: Iterable[tuple[K, Holding]]) -> dict[K, Chain]:
    found: dict[K, list[Holding]] = {}
    for key, holding in pairs:
        found.setdefault(key, []).append(holding)
    return {key: tuple(sorted(holdings, key=_rank)) for key, holdings in found.items()}


def _flatten(
    held: list[tuple[int, int, Holding]], chains: list[Chain], known: dict[Chain, int]
) -> tuple[list[int], list[int]]:
    """Sweep nested prefixes (start, end exclusive) into disjoint intervals, each with the number of its chain."""
    starts, numbers = [0], [0]
    stack: list[tuple[int, Holding]] = []

    def emit(position: int) -> None:
        chain = _above(stack)
        number = known.get(chain)
        if number is None:
            number = known[chain] = len(chains)
            chains.append(chain)
        if starts[-1] == position:
            numbers[-1] = number
        elif numbers[-1] != number:
            starts.append(position)
            numbers.append(number)

    def close(until: int) -> None:
        while stack and stack[-1][0] <= until:
            end = stack[-1][0]
            while stack and stack[-1][0] == end:
                stack.pop()
            emit(end)

    # The widest first; of the same prefix the better rank last, so that it ends on top of the stack.
    reverse_rank = sorted(held, key=lambda item: _rank(item[2]), reverse=True)
    for start, end, holding in sorted(reverse_rank, key=lambda item: (item[0], -item[1])):
        close(start)
        stack.append((end, holding))
        emit(start)
    close(1 << 129)
    return starts, numbers


def _above(stack: list[tuple[int, Holding]]) -> Chain:
    """Return the holdings on the stack, top first, down to where the address stops being public."""
    chain: list[Holding] = []
    for _, holding in reversed(stack):
        if holding is NOT_PUBLIC:
            return tuple(chain) or (NOT_PUBLIC,)
        chain.append(holding)
    return tuple(chain)


def _days(valid_from: date | None, valid_to: date | None) -> tuple[int, int]:
    return (valid_from.toordinal() if valid_from else ALWAYS, valid_to.toordinal() if valid_to else EVER)


def build(organizations: Iterable[Organization], ignored: Iterable[Ignored] = ()) -> Registry:
    """Return the registry of a constituency. An organization's own dates bound those of all it holds."""
    prefixes: list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, Holding]] = []
    domains: list[tuple[str, Holding]] = []
    asns: list[tuple[int, Holding]] = []
    for organization in organizations:
        begin, end = _days(organization.valid_from, organization.valid_to)

        def held(because: str, valid_from: date | None, valid_to: date | None, id_: str = organization.id) -> Holding:
            since, until = _days(valid_from, valid_to)
            return Holding(id_, because, max(since, begin), min(until, end))  # noqa: B023 - called inside the loop only

        for network in organization.networks:
            parsed = ipaddress.ip_network(network.cidr)
            prefixes.append((parsed, held(f"network {parsed}", network.valid_from, network.valid_to)))
        for domain in organization.domains:
            domains.append((domain.name, held(f"domain {domain.name}", domain.valid_from, domain.valid_to)))
        for asn in organization.asns:
            asns.append((asn.number, held(f"asn {asn.number}", asn.valid_from, asn.valid_to)))
    for rule in ignored:
        holding = Holding(None, f"ignored: {rule.reason} ({rule.value})", *_days(rule.valid_from, rule.valid_to))
        number = rule.value.upper().removeprefix("AS")
        if number.isdigit():
            asns.append((int(number), holding))
            continue
        try:
            prefixes.append((ipaddress.ip_network(rule.value), holding))
        except ValueError:
            domains.append((rule.value.lower().strip("."), holding))
    return Registry(prefixes, domains, asns)


@lru_cache(maxsize=65_536)
def suffixes(host: str) -> tuple[str, ...]:
    """Return a host name and every name above it, longest first."""
    labels = host.split(".")
    return tuple(".".join(labels[n:]) for n in range(len(labels)))


def domain_chain(now: Slice, host: str) -> Chain:
    """Return who holds `host`, by the longest matching domain first."""
    return tuple(holding for name in suffixes(host) for holding in now.domains.get(name, ()))
