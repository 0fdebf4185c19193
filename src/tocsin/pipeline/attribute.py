"""Stop three: whose is it? The asset of each event, its owner at the event's time, and why.

The asset is the URL, else the host name, else the address, else the prefix, the AS, the account.
A name goes to the longest matching domain; an address to the longest matching prefix; else the AS.
Everything else that matches is `related`. Private, loopback and other special addresses belong to
nobody unless that very range is registered (by then it is in the registry, and found).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tocsin.pipeline import addresses
from tocsin.pipeline.registry import Chain, Registry, Slice, domain_chain

NOBODY = "nobody holds this name or address"
_UNIX_EPOCH = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Owner:
    """The outcome for one combination of matches."""

    organization: str | None
    because: str
    related: tuple[str, ...]
    ignored: bool


@dataclass(slots=True)
class Attributor:
    """Attributes events against one registry; remembers combinations already decided."""

    registry: Registry
    _decided: dict[tuple[int, int, int, int], Owner] = field(default_factory=dict)
    _names: list[Chain] = field(default_factory=lambda: [()])
    _known_names: dict[Chain, int] = field(default_factory=lambda: {(): 0})

    def attribute(self, keys: pl.DataFrame, read: addresses.Addresses) -> pl.DataFrame:
        """Return `organization`, `because`, `related` and `ignored` for events with `time_source`, `host`, `source_asn`.

        `read` holds the parsed `source_ip` of the same rows.
        """
        n = keys.height
        days = keys["time_source"].dt.epoch("d").fill_null(0).to_numpy().astype(np.int64) + _UNIX_EPOCH
        slices = self.registry.slice_of(days)
        codes = np.zeros((n, 4), dtype=np.int64)
        codes[:, 0] = slices
        numbers = np.unique(slices)
        for number in numbers:
            now = self.registry.at(int(number))
            rows = np.arange(n) if len(numbers) == 1 else np.flatnonzero(slices == number)
            codes[rows, 2] = _prefix_chains(now, read, rows)
            if now.domains:
                codes[rows, 1] = self._name_chains(now, keys["host"], rows)
            if now.asns:
                asn = keys["source_asn"].fill_null(0).to_numpy()[rows]
                known = np.isin(asn, np.fromiter(now.asns, dtype=np.int64))
                codes[rows, 3] = np.where(known, asn, 0)
        return self._outcomes(codes)

    def _name_chains(self, now: Slice, hosts: pl.Series, rows: np.ndarray) -> np.ndarray:
        found = np.zeros(len(rows), dtype=np.int64)
        if hosts.null_count() == len(hosts):
            return found
        codes: dict[str, int] = {}
        for place, host in enumerate(hosts.gather(rows).to_list() if len(rows) < len(hosts) else hosts.to_list()):
            if host is None:
                continue
            code = codes.get(host)
            if code is None:
                chain = domain_chain(now, host)
                code = self._known_names.get(chain)
                if code is None:
                    code = self._known_names[chain] = len(self._names)
                    self._names.append(chain)
                codes[host] = code
            found[place] = code
        return found

    def _outcomes(self, codes: np.ndarray) -> pl.DataFrame:
        # One number per combination: each code is first made dense, so the product cannot overflow.
        packed = np.zeros(len(codes), dtype=np.int64)
        for column in codes.T:
            values, dense = np.unique(column, return_inverse=True)
            packed = np.unique(packed * len(values) + dense, return_inverse=True)[1]
        _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
        owners = [self._decide(tuple(map(int, codes[place]))) for place in first]  # type: ignore[arg-type]
        table = pl.DataFrame(
            {
                "organization": pl.Series([owner.organization for owner in owners], dtype=pl.String),
                "because": pl.Series([owner.because for owner in owners], dtype=pl.String),
                "related": pl.Series([list(owner.related) for owner in owners], dtype=pl.List(pl.String)),
                "ignored": pl.Series([owner.ignored for owner in owners], dtype=pl.Boolean),
            }
        )
        return table[pl.Series(inverse.astype(np.uint32))]

    def _decide(self, code: tuple[int, int, int, int]) -> Owner:
        known = self._decided.get(code)
        if known is None:
            now = self.registry.at(code[0])
            known = self._decided[code] = _owner(
                (*self._names[code[1]], *now.chains[code[2]], *now.asns.get(code[3], ()))
            )
        return known


def _owner(chain: Chain) -> Owner:
    """Decide from all matches, best first."""
    ignored = next((holding for holding in chain if holding.organization is None), None)
    if ignored is not None:
        return Owner(None, ignored.because, (), ignored=True)
    if not chain:
        return Owner(None, NOBODY, (), ignored=False)
    first = chain[0]
    related = dict.fromkeys(h.organization for h in chain if h.organization and h.organization != first.organization)
    return Owner(first.organization, first.because, tuple(related), ignored=False)


def _prefix_chains(now: Slice, read: addresses.Addresses, rows: np.ndarray) -> np.ndarray:
    whole = len(rows) == len(read.version)
    version = read.version if whole else read.version[rows]
    v4 = (read.v4 if whole else read.v4[rows]).astype(np.uint64)
    found = np.where(version == 4, now.v4_chain[np.searchsorted(now.v4_starts, v4, side="right") - 1], 0)
    six = np.flatnonzero(version == 6)
    if len(six):
        v6 = read.v6[rows[six]]
        found[six] = now.v6_chain[np.searchsorted(now.v6_starts, v6, side="right") - 1]
    return found
