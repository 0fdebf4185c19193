"""Drop what repeats an observation already kept: same feed, asset, port, kind and identifiers, and the same time.

With a window, "the same time" is "less than the window away from a kept one". Inside a micro-batch the
choice is greedy in time order; against earlier batches it is exact, in both directions of time.
Keys are 64-bit numbers that must mean the same for ever, because they are stored: they are made here
from bytes, with no library's hash in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tocsin.pipeline.addresses import Addresses

IDENTITY = (
    "feed_code",
    "kind",
    "malware_name",
    "malware_hash_md5",
    "malware_hash_sha1",
    "malware_hash_sha256",
    "destination_ip",
    "destination_fqdn",
    "destination_url",
    "protocol_transport",
)
"""Texts that tell two observations of one asset apart, besides ports."""


def _salt(place: int) -> np.uint64:
    """Return a number that keeps the same value in two columns apart."""
    return np.uint64(0x9E3779B97F4A7C15 * place & 0xFFFFFFFFFFFFFFFF)


def _mix(values: np.ndarray) -> np.ndarray:
    """Spread 64-bit numbers (the finalizer of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = values ^ (values >> np.uint64(31))
    return mixed


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _numbers(column: pl.Series) -> np.ndarray:
    """Return a number for each text; 0 for null. Each distinct text is hashed once."""
    first = column[0] if len(column) else None
    if first is not None and column.null_count() == 0 and (column == first).all():
        return np.full(len(column), _number(first), dtype=np.uint64)
    distinct = column.unique().drop_nulls()
    if distinct.len() == 0:
        return np.zeros(len(column), dtype=np.uint64)
    table = pl.DataFrame({"text": distinct, "number": pl.Series([_number(text) for text in distinct], dtype=pl.UInt64)})
    joined = column.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    return joined["number"].fill_null(0).to_numpy()


def keys_of(events: pl.DataFrame, read: Addresses) -> np.ndarray:
    """Return the key of each event: `asset`, ports and the columns of IDENTITY that are there."""
    key = np.zeros(events.height, dtype=np.uint64)
    plain = (read.version == 4) & events["asset_is_address"].to_numpy()
    key[plain] = _mix(read.v4[plain].astype(np.uint64) + np.uint64(1))
    if not plain.all():
        rest = np.flatnonzero(~plain)
        key[rest] = _mix(_numbers(events["asset"].gather(rest)) + _salt(1))
    for place, name in enumerate(("source_port", "destination_port"), start=1):
        if name in events.columns:
            ports = events[name].cast(pl.UInt64).fill_null(1 << 20).to_numpy()
            key = _mix(key + _salt(place) + ports)
    for place, name in enumerate(IDENTITY, start=11):
        if name in events.columns and events[name].null_count() < events.height:
            key = _mix(key + _salt(place) + _numbers(events[name]))
        else:
            key = _mix(key + _salt(place))
    return key


@dataclass(frozen=True, slots=True)
class Segment:
    """Observations that were kept, sorted by key and then by time: two arrays of the same length."""

    keys: np.ndarray
    """Unsigned 64-bit numbers."""
    times: np.ndarray
    """Microseconds since 1970, signed 64-bit."""

    def places(self, keys: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each (key, time) where it would stand, and where the observations of its key end."""
        place = np.searchsorted(self.keys, keys, side="left")
        end = place.copy()
        known = (
            np.flatnonzero(self.keys[np.minimum(place, len(self.keys) - 1)] == keys) if len(self.keys) else place[:0]
        )
        end[known] = np.searchsorted(self.keys, keys[known], side="right")
        place[known] = _first(self.times, place[known], end[known], times[known])
        return place, end

    def near(self, keys: np.ndarray, times: np.ndarray, reach: int) -> np.ndarray:
        """Return which (key, time) are less than `reach` away from an observation of the same key, before or after."""
        place, end = self.places(keys, times - reach + 1)
        near = place < end
        near[near] = self.times[place[near]] < times[near] + reach
        return near

    def merged(self, other: Segment) -> Segment:
        """Return both as one; cheaper than sorting them again."""
        place, _ = self.places(other.keys, other.times)
        return Segment(np.insert(self.keys, place, other.keys), np.insert(self.times, place, other.times))

    def __len__(self) -> int:
        return len(self.keys)


NOTHING = Segment(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64))
LARGEST = 1 << 22
"""Observations that a stored segment holds at most, 64 MiB: what is merged again and again must stay small."""


@dataclass(slots=True)
class Memory:
    """Every observation kept: what was stored by earlier batches, and what this one has learned.

    `window` in microseconds; 0 means that only the very same time is a duplicate. Stored segments may be mapped
    from files: a look-up touches a few pages of each.
    """

    window: int = 0
    stored: Sequence[Segment] = ()
    _large: Segment = NOTHING
    _small: Segment = NOTHING

    def admit(self, keys: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Return which observations (key, time in microseconds) are new, and remember those."""
        order = np.lexsort((times, keys))
        sorted_keys, sorted_times = keys[order], times[order]
        reach = max(self.window, 1)
        candidates = np.arange(len(keys))
        for segment in (*self.stored, self._large, self._small):
            if len(segment) and len(candidates):
                near = segment.near(sorted_keys[candidates], sorted_times[candidates], reach)
                candidates = candidates[~near]
        chosen = candidates[_greedy(sorted_keys[candidates], sorted_times[candidates], reach)]
        keep = np.zeros(len(keys), dtype=bool)
        keep[order[chosen]] = True
        if len(chosen):
            self._small = self._small.merged(Segment(sorted_keys[chosen], sorted_times[chosen]))
            if len(self._small) > max(200_000, len(self._large) // 4):
                self._large, self._small = self._large.merged(self._small), NOTHING
        return keep

    def new(self) -> Segment:
        """Return what was learned since the memory was made."""
        return self._large.merged(self._small)

    def __len__(self) -> int:
        return sum(map(len, (*self.stored, self._large, self._small)))


def to_merge(sizes: Sequence[int], new: int) -> list[int]:
    """Return the places of the stored segments that a new one of this size takes in.

    Each that stays is more than twice as large as the one below it, or as large as may be: a few segments for any
    number of batches, and each observation is written again a few times only.
    """
    chosen = []
    for place in sorted(range(len(sizes)), key=lambda place: sizes[place]):
        if sizes[place] > 2 * new or sizes[place] + new > LARGEST:
            break
        chosen.append(place)
        new += sizes[place]
    return chosen


def _first(times: np.ndarray, low: np.ndarray, high: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return for each stretch low to high of the sorted times the first place with at least the goal: bisection, all at once."""
    low, high = low.copy(), high.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        later = times[np.minimum(middle, len(times) - 1)] >= goal
        high = np.where(open_ & later, middle, high)
        low = np.where(open_ & ~later, middle + 1, low)
    return low


def _greedy(keys: np.ndarray, times: np.ndarray, reach: int) -> np.ndarray:
    """Return which of the sorted observations to keep: the first of each key, then each at least `reach` after the last kept.

    From each observation leads a step to the next that may be kept after it. What is kept is what steps reach
    from the first of a key; steps are doubled each round, so that a key with a thousand kept takes ten rounds.
    """
    n = len(keys)
    if not n:
        return np.zeros(0, dtype=bool)
    heads = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    sizes = np.diff(np.append(heads, n))
    rows = np.flatnonzero(np.repeat(sizes > 1, sizes))
    ends = np.repeat(heads + sizes, sizes)[rows]
    step = np.full(n + 1, n)
    following = _first(times, rows + 1, ends, times[rows] + reach)
    step[rows] = np.where(following < ends, following, n)
    keep = np.zeros(n + 1, dtype=bool)
    keep[heads] = keep[n] = True  # n is nowhere
    while not keep[reached := step[np.flatnonzero(keep)]].all():
        keep[reached] = True
        step = step[step]
    return keep[:n]
