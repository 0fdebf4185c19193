"""Drop what repeats an observation already kept: same feed, asset, port, kind and identifiers, and the same time.

With a window, "the same time" is "less than the window away from a kept one". Inside a micro-batch the
choice is greedy in time order; against earlier batches it is exact, in both directions of time.
Keys are 64-bit numbers that must mean the same for ever, because they are stored: they are made here
from bytes, with no library's hash in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

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


def _empty() -> tuple[np.ndarray, np.ndarray]:
    return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)


@dataclass(slots=True)
class Memory:
    """Every observation kept, as two sorted arrays: a large one, and a small one that takes the new.

    `window` in microseconds; 0 means that only the very same time is a duplicate.
    """

    window: int = 0
    _large: tuple[np.ndarray, np.ndarray] = field(default_factory=_empty)
    _small: tuple[np.ndarray, np.ndarray] = field(default_factory=_empty)
    _new: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def admit(self, keys: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Return which observations (key, time in microseconds) are new, and remember those."""
        order = np.lexsort((times, keys))
        sorted_keys, sorted_times = keys[order], times[order]
        fresh = ~self._near_kept(sorted_keys, sorted_times)
        candidates = np.flatnonzero(fresh)
        chosen = candidates[_greedy(sorted_keys[candidates], sorted_times[candidates], max(self.window, 1))]
        keep = np.zeros(len(keys), dtype=bool)
        keep[order[chosen]] = True
        if len(chosen):
            self._add(sorted_keys[chosen], sorted_times[chosen])
        return keep

    def _near_kept(self, keys: np.ndarray, times: np.ndarray) -> np.ndarray:
        near = np.zeros(len(keys), dtype=bool)
        reach = max(self.window, 1)
        for known, kept in (self._large, self._small):
            if not len(known):
                continue
            place = np.searchsorted(known, keys, side="left")
            waiting = np.flatnonzero((place < len(known)) & (known[np.minimum(place, len(known) - 1)] == keys))
            place = place[waiting]
            while len(waiting):
                near[waiting] |= np.abs(times[waiting] - kept[place]) < reach
                place = place + 1
                go_on = (place < len(known)) & ~near[waiting]
                go_on[go_on] = known[place[go_on]] == keys[waiting[go_on]]
                waiting, place = waiting[go_on], place[go_on]
        return near

    def _add(self, keys: np.ndarray, times: np.ndarray) -> None:
        self._new.append((keys, times))
        self._small = _merged(self._small, (keys, times))
        if len(self._small[0]) > max(200_000, len(self._large[0]) // 4):
            self._large, self._small = _merged(self._large, self._small), _empty()

    def new(self) -> np.ndarray:
        """Return what was remembered since the memory was made: a row (key, time as unsigned bits) for each."""
        if not self._new:
            return np.empty((0, 2), dtype=np.uint64)
        keys = np.concatenate([keys for keys, _ in self._new])
        times = np.concatenate([times for _, times in self._new])
        return np.stack([keys, times.view(np.uint64)], axis=1)

    def __len__(self) -> int:
        return len(self._large[0]) + len(self._small[0])


def _merged(one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Merge two arrays sorted by key; cheaper than sorting both again."""
    place = np.searchsorted(one[0], two[0], side="right")
    return np.insert(one[0], place, two[0]), np.insert(one[1], place, two[1])


def _greedy(keys: np.ndarray, times: np.ndarray, reach: int) -> np.ndarray:
    """Return which of the sorted observations to keep: the first of each key, then each at least `reach` after the last kept.

    All keys advance together, one kept observation a round; a round costs the keys that still have one.
    """
    n = len(keys)
    keep = np.zeros(n, dtype=bool)
    if not n:
        return keep
    heads = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    ends = np.append(heads[1:], n)
    keep[heads] = True
    several = ends - heads > 1
    current, ends = heads[several], ends[several]
    while len(current):
        # The next at least `reach` later, by bisection between current + 1 and end, for all keys at once.
        low, high, goal = current + 1, ends.copy(), times[current] + reach
        while (open_ := low < high).any():
            middle = (low + high) // 2
            later = times[np.minimum(middle, n - 1)] >= goal
            high = np.where(open_ & later, middle, high)
            low = np.where(open_ & ~later, middle + 1, low)
        found = low < ends
        current, ends = low[found], ends[found]
        keep[current] = True
    return keep


Sorted = tuple[np.ndarray, np.ndarray]
"""Keys, ascending, and the time of each in microseconds."""


def remember(parts: Sequence[np.ndarray], window: int, whole: Sorted | None = None) -> Memory:
    """Return the memory that these stored segments (each as `Memory.new` gave it) make up; `window` in microseconds.

    `whole` are further observations, already sorted; they are only read, and may be mapped files.
    """
    memory = Memory(window)
    added = _sorted(parts)
    if whole is None:
        memory._large = added  # noqa: SLF001 - its own module
    else:
        memory._large, memory._small = whole, added  # noqa: SLF001
    return memory


def sorted_whole(parts: Sequence[np.ndarray], whole: Sorted | None = None) -> Sorted:
    """Return the observations of these segments, and of a sorted whole, as one sorted whole."""
    added = _sorted(parts)
    return added if whole is None else _merged(whole, added)


def _sorted(parts: Sequence[np.ndarray]) -> Sorted:
    if not parts:
        return _empty()
    rows = np.concatenate(parts)
    keys, times = np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1]).view(np.int64)
    order = np.argsort(keys, kind="stable")
    return keys[order], times[order]
