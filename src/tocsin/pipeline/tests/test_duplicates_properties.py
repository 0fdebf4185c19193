"""The memory of duplicates against a loop that keeps what is far enough from everything kept."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.pipeline import duplicates

observations = st.lists(st.tuples(st.integers(0, 4), st.integers(-20, 60)), max_size=30)


def naive(batches: list[list[tuple[int, int]]], window: int) -> list[list[bool]]:
    kept: dict[int, list[int]] = {}
    answers = []
    for batch in batches:
        answer = [False] * len(batch)
        for place in sorted(range(len(batch)), key=lambda n: (batch[n][1], n)):
            key, time = batch[place]
            if all(abs(time - other) >= max(window, 1) for other in kept.get(key, [])):
                kept.setdefault(key, []).append(time)
                answer[place] = True
        answers.append(answer)
    return answers


def admitted(memory: duplicates.Memory, batch: list[tuple[int, int]]) -> list[bool]:
    keys = np.array([key for key, _ in batch], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return memory.admit(keys, np.array([time for _, time in batch], dtype=np.int64)).tolist()


@settings(max_examples=300, deadline=None)
@given(st.lists(observations, max_size=5), st.sampled_from([0, 1, 7, 24]))
def test_what_is_kept_is_what_a_loop_in_time_order_keeps(batches, window) -> None:
    memory = duplicates.Memory(window)
    assert [admitted(memory, batch) for batch in batches] == naive(batches, window)


@settings(max_examples=100, deadline=None)
@given(st.lists(observations, min_size=1, max_size=5), st.sampled_from([0, 7, 24]))
def test_a_memory_put_together_from_its_segments_answers_alike(batches, window) -> None:
    segments, expected = [], naive(batches, window)
    for batch, answer in zip(batches, expected, strict=True):
        memory = duplicates.Memory(window, segments)
        assert admitted(memory, batch) == answer
        segments.append(memory.new())


@settings(max_examples=100, deadline=None)
@given(observations, st.sampled_from([0, 7, 24]))
def test_a_batch_that_comes_again_adds_nothing(batch, window) -> None:
    memory = duplicates.Memory(window)
    admitted(memory, batch)
    size = len(memory)
    assert not any(admitted(memory, batch))
    assert len(memory) == size


@given(st.lists(st.integers(1, 1000), max_size=60))
def test_however_many_batches_there_were_a_look_up_goes_through_few_segments(sizes) -> None:
    stored: list[int] = []
    for size in sizes:
        chosen = set(duplicates.to_merge(stored, size))
        stored = [kept for place, kept in enumerate(stored) if place not in chosen] + [
            size + sum(stored[place] for place in chosen)
        ]
    assert sum(stored) == sum(sizes)
    assert len(stored) <= 2 + np.log(max(sum(sizes), 1)) / np.log(1.5)


def test_a_stored_segment_does_not_grow_beyond_its_bound() -> None:
    most = duplicates.LARGEST
    assert duplicates.to_merge([most - 1, most, 5], 1) == []
    assert duplicates.to_merge([most // 2, 2], most // 2) == [1]


def test_an_asset_seen_a_hundred_thousand_times_does_not_hold_up_the_others() -> None:
    memory = duplicates.Memory(10)
    times = np.arange(0, 10**6, 10)
    assert memory.admit(np.zeros(10**5, dtype=np.uint64), times).all()
    assert not memory.admit(np.zeros(10**5, dtype=np.uint64), times + 5).any()
