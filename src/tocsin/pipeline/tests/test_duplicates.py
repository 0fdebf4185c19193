"""The memory of duplicates keeps what a plain loop keeps, batch by batch."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.pipeline.duplicates import Memory

batches = st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=30), max_size=5)


@settings(max_examples=150, deadline=None)
@given(batches, st.sampled_from([0, 1, 5, 17]))
def test_it_keeps_what_a_loop_keeps(given_batches: list[list[tuple[int, int]]], window: int) -> None:
    memory, kept = Memory(window), dict[int, list[int]]()
    for rows in given_batches:
        expected = []
        for place, (key, time) in sorted(enumerate(rows), key=lambda item: (item[1], item[0])):
            if all(abs(time - known) >= max(window, 1) for known in kept.get(key, [])):
                kept.setdefault(key, []).append(time)
                expected.append(place)
        keys = np.array([key for key, _ in rows], dtype=np.uint64)
        times = np.array([time for _, time in rows], dtype=np.int64)
        assert sorted(np.flatnonzero(memory.admit(keys, times))) == sorted(expected)


def test_what_was_stored_is_remembered() -> None:
    first = Memory(10)
    first.admit(np.array([7, 7], dtype=np.uint64), np.array([-100, 100], dtype=np.int64))
    again = Memory(10, [first.new()])
    keys, times = np.array([7, 7, 7], dtype=np.uint64), np.array([-95, 105, 200], dtype=np.int64)
    assert again.admit(keys, times).tolist() == [False, False, True]
