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
        memory = duplicates.remember(segments, window)
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
