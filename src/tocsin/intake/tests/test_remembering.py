"""The memory of duplicates on disk."""

from pathlib import Path

import numpy as np
import pytest
from django.db import transaction

from tocsin.base.identifiers import uuid7
from tocsin.intake.actions import remembering
from tocsin.intake.models import Segment
from tocsin.pipeline import duplicates

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings) -> Path:
    settings.TOCSIN_HOME = tmp_path
    return tmp_path


def _learn(keys: list[int], times: list[int]) -> np.ndarray:
    """Remember what a batch of these observations teaches; return which of them it kept."""
    memory = remembering.memory(0)
    kept = memory.admit(np.array(keys, dtype=np.uint64), np.array(times, dtype=np.int64))
    written = remembering.write(uuid7(), memory.new())
    with transaction.atomic():
        remembering.count(written)
    return kept


def test_a_hundred_small_batches_are_a_few_files_that_remember_everything(home: Path) -> None:
    for n in range(100):
        assert _learn([n, 7 * n, 10**19 + n], [n, -n - 1, 0]).all()
    remembering.sweep()
    assert len(list((home / "segments").iterdir())) == Segment.objects.count() < 8
    for n in range(100):
        assert not _learn([n, 7 * n, 10**19 + n], [n, -n - 1, 0]).any()
    assert len(remembering.memory(0)) == 300


def test_a_batch_that_teaches_nothing_leaves_no_file(home: Path) -> None:
    _learn([], [])
    assert not (home / "segments").exists()
    assert not Segment.objects.exists()


def test_a_large_segment_stays_as_it_is_when_a_small_one_comes(home: Path) -> None:
    _learn(list(range(1000)), [0] * 1000)
    large = Segment.objects.get().path
    _learn([5000], [0])
    assert Segment.objects.filter(path=large).exists()
    assert Segment.objects.count() == 2


def test_what_a_crash_left_is_removed_and_the_rest_counts(home: Path) -> None:
    _learn([1], [0])
    written = remembering.write(uuid7(), duplicates.Segment(np.array([2], dtype=np.uint64), np.array([0])))
    assert written is not None
    assert written.replaces == (Segment.objects.get().pk,)
    remembering.sweep()
    assert not (home / written.path).exists()
    assert not _learn([1], [0]).any()
    assert _learn([2], [0]).all()
