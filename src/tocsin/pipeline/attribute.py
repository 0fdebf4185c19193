"""Stop three: whose is it? The owner of each event at the event's time, and why.

A name goes to the longest matching domain; an address to the longest matching prefix; else the AS.
Everything else that matches is `related`. Private, loopback and other special addresses belong to
nobody, whatever AS a source states for them, unless a range inside the special one is registered.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tocsin.pipeline.addresses import Addresses
from tocsin.pipeline.registry import NOT_PUBLIC, Chain, Registry, Slice, domain_chain

NOBODY = "nobody holds this name or address"
_UNIX_EPOCH = 719_163  # date(1970, 1, 1).toordinal()


class _Chains:
    """Every chain of holdings met so far, by number, as arrays; number 0 is the empty chain.

    With them attribution is gathering: no Python runs per event.
    """

    def __init__(self, registry: Registry) -> None:
        names = {h.organization for _, h in (*registry.prefixes, *registry.domains, *registry.asns) if h.organization}
        self.organizations = sorted(names)
        self._places = {name: place for place, name in enumerate(self.organizations)}
        self.words: list[str] = [NOBODY]
        self._word_numbers: dict[str, int] = {NOBODY: 0}
        self._numbers: dict[Chain, int] = {}
        self._rows: list[tuple[int, int, bool]] = []
        self._members: list[list[int]] = []
        self.frozen = 0
        self.owner, self.because, self.sizes, self.members = (np.empty(0, dtype=np.int64) for _ in range(4))
        self.ignored = np.empty(0, dtype=bool)
        self.names = pl.Series("organization", [*self.organizations, None], dtype=pl.String)  # the last is nobody
        self.reasons = pl.Series("because", [], dtype=pl.String)
        self.number(())
        self.freeze()

    def number(self, chain: Chain) -> int:
        """Return the number of a chain, a new one if it was never met."""
        known = self._numbers.get(chain)
        if known is None:
            known = self._numbers[chain] = len(self._rows)
            ignored = next((holding for holding in chain if holding.organization is None), None)
            first = ignored or (chain[0] if chain else None)
            owner = self._places.get(first.organization or "", -1) if first else -1
            because = self._word_numbers.setdefault(first.because, len(self.words)) if first else 0
            if because == len(self.words) and first:
                self.words.append(first.because)
            self._rows.append((owner, because, ignored is not None))
            self._members.append(sorted({self._places[h.organization] for h in chain if h.organization}))
        return known

    def freeze(self) -> None:
        """Make the arrays cover all chains numbered so far; those they cover already are not looked at again."""
        rows = np.array(self._rows[self.frozen :], dtype=np.int64).reshape(-1, 3)
        members = self._members[self.frozen :]
        self.owner = np.concatenate([self.owner, rows[:, 0]])
        self.because = np.concatenate([self.because, rows[:, 1]])
        self.ignored = np.concatenate([self.ignored, rows[:, 2].astype(bool)])
        self.sizes = np.concatenate([self.sizes, np.array([len(places) for places in members], dtype=np.int64)])
        self.starts = np.cumsum(self.sizes) - self.sizes
        fresh = np.array([place for places in members for place in places], dtype=np.int64)
        self.members = np.concatenate([self.members, fresh])
        self.reasons = self.reasons.extend(pl.Series(self.words[len(self.reasons) :], dtype=pl.String))
        self.frozen = len(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A slice of the registry with the numbers of its chains."""

    now: Slice
    prefixes: np.ndarray
    """Number of each chain of the slice, by its place there."""
    asns: np.ndarray
    asn_chains: np.ndarray
    not_public: int


@dataclass(slots=True)
class Attributor:
    """Attributes events against one registry."""

    registry: Registry
    _chains: _Chains = field(init=False)
    _slices: dict[int, _Numbered] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._chains = _Chains(self.registry)

    def attribute(self, keys: pl.DataFrame, read: Addresses) -> pl.DataFrame:
        """Return `organization`, `because`, `related` and `ignored` of events, in their order.

        `keys` has `time_source`, `host`, `source_asn`, `source_network`; `read` the address that counts for each.
        """
        n = keys.height
        days = keys["time_source"].dt.epoch("d").fill_null(0).to_numpy().astype(np.int64) + _UNIX_EPOCH
        slices = self.registry.slice_of(days)
        names, prefixes, systems = (np.zeros(n, dtype=np.int64) for _ in range(3))
        asns = keys["source_asn"].fill_null(0).to_numpy()
        for number in np.unique(slices):
            at = self._at(int(number))
            rows = np.flatnonzero(slices == number)
            prefixes[rows] = _prefixes(at, read, rows)
            if "source_network" in keys.columns:
                self._networks(at, keys["source_network"], rows, prefixes)
            if len(at.asns):
                place = np.minimum(np.searchsorted(at.asns, asns[rows]), len(at.asns) - 1)
                stated = (at.asns[place] == asns[rows]) & (prefixes[rows] != at.not_public)
                systems[rows] = np.where(stated, at.asn_chains[place], 0)
            if at.now.domains:
                self._names(at, keys["host"], rows, names)
        if len(self._chains) > self._chains.frozen:
            self._chains.freeze()
        return self._owners(names, prefixes, systems)

    def _at(self, number: int) -> _Numbered:
        if number not in self._slices:
            now = self.registry.at(number)
            chains = self._chains
            asns = sorted(now.asns)
            self._slices[number] = _Numbered(
                now,
                np.array([chains.number(chain) for chain in now.chains], dtype=np.int64),
                np.array(asns, dtype=np.uint32),
                np.array([chains.number(now.asns[asn]) for asn in asns], dtype=np.int64),
                chains.number((NOT_PUBLIC,)),
            )
        return self._slices[number]

    def _names(self, at: _Numbered, hosts: pl.Series, rows: np.ndarray, names: np.ndarray) -> None:
        if hosts.null_count() == len(hosts):
            return
        numbers: dict[str | None, int] = {None: 0}
        values = hosts.to_list()
        for row in rows:
            host = values[row]
            if host not in numbers:
                numbers[host] = self._chains.number(domain_chain(at.now, host))
            names[row] = numbers[host]

    def _networks(self, at: _Numbered, networks: pl.Series, rows: np.ndarray, prefixes: np.ndarray) -> None:
        """Give a prefix that is itself the asset to whoever holds all of it."""
        if networks.null_count() == len(networks):
            return
        values = networks.to_list()
        for row in rows:
            if prefixes[row] == 0 and values[row] is not None:
                prefixes[row] = self._chains.number(_covering(at.now, values[row]))

    def _owners(self, names: np.ndarray, prefixes: np.ndarray, systems: np.ndarray) -> pl.DataFrame:
        known = self._chains
        found = (names, prefixes, systems)  # the best rule first
        decisive = np.where(names > 0, names, np.where(prefixes > 0, prefixes, systems))
        for chain in reversed(found):
            decisive = np.where(known.ignored[chain], chain, decisive)
        owner = known.owner[decisive]
        return pl.DataFrame(
            [
                known.names.gather(np.where(owner < 0, len(known.organizations), owner).astype(np.uint32)),
                known.reasons.gather(known.because[decisive].astype(np.uint32)),
                self._related(found, owner),
                pl.Series("ignored", known.ignored[decisive]),
            ]
        )

    def _related(self, found: tuple[np.ndarray, ...], owner: np.ndarray) -> pl.Series:
        """Return for each event the other organizations that match, in the order of their names."""
        known, n = self._chains, len(owner)
        pairs: list[np.ndarray] = []
        owned = owner >= 0
        for chain in found:
            # A chain of one holding has nobody beside its owner, when it is the owner's.
            sizes = known.sizes[chain]
            rows = np.flatnonzero(owned & ((sizes > 1) | ((sizes == 1) & (known.owner[chain] != owner))))
            if not len(rows):
                continue
            sizes = sizes[rows]
            ends = np.cumsum(sizes)
            within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
            members = known.members[np.repeat(known.starts[chain[rows]], sizes) + within]
            row_of = np.repeat(rows, sizes)
            others = members != owner[row_of]
            pairs.append((row_of[others] << 32) | members[others])
        flat = np.unique(np.concatenate(pairs)) if pairs else np.zeros(0, dtype=np.int64)
        empty = pl.Series("related", [[]], dtype=pl.List(pl.String))
        if not len(flat):
            return empty.new_from_index(0, n)
        names = known.names.gather((flat & 0xFFFFFFFF).astype(np.uint32)).alias("related")
        lists = pl.DataFrame({"row": flat >> 32, "related": names}).group_by("row", maintain_order=True).agg("related")
        place = np.full(n, lists.height, dtype=np.uint32)  # one past the last is the empty list
        place[lists["row"].to_numpy()] = np.arange(lists.height)
        return lists["related"].extend(empty).gather(place)


def _prefixes(at: _Numbered, read: Addresses, rows: np.ndarray) -> np.ndarray:
    version = read.version[rows]
    v4 = at.now.v4_chain[np.searchsorted(at.now.v4_starts, read.v4[rows], side="right") - 1]
    found = np.where(version == 4, at.prefixes[v4], 0)
    six = np.flatnonzero(version == 6)
    if len(six):
        place = np.searchsorted(at.now.v6_starts, read.v6[rows[six]], side="right") - 1
        found[six] = at.prefixes[at.now.v6_chain[place]]
    return found


def _covering(now: Slice, text: str) -> Chain:
    """Return the holdings that cover both ends of a prefix, and so all of it."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ()
    starts, chains = (now.v4_starts, now.v4_chain) if network.version == 4 else (now.v6_starts, now.v6_chain)
    ends = []
    for address in (network.network_address, network.broadcast_address):
        key = (
            np.array([address.packed], dtype="S16")
            if network.version == 6
            else np.array([int(address)], dtype=np.uint32)
        )
        ends.append(now.chains[int(chains[int(np.searchsorted(starts, key, side="right")[0]) - 1])])
    return tuple(holding for holding in ends[0] if holding in ends[1])
