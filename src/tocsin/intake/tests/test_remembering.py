"""The memory of duplicates: the short cut says what the segments say, and is missed by nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tocsin.intake.actions import remembering
from tocsin.intake.models import Batch, Segment

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
FIGURES = ("rows", "events", "duplicates", "rejects", "attributed", "unattributed", "ignored", "findings", "seconds")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.TOCSIN_HOME = tmp_path
    monkeypatch.setattr(remembering, "LOOSE", 100)
    return tmp_path


def _segment(home: Path, first: int, n: int) -> Segment:
    """Keep a segment of n observations, in no order of keys."""
    batch = Batch.objects.create(started_at=NOW, finished_at=NOW, **dict.fromkeys(FIGURES, 0))
    keys = np.arange(first, first + n, dtype=np.uint64)[::-1]
    remembering.keep(home / remembering.place(batch.pk), np.stack([keys, keys * np.uint64(10)], axis=1))
    return Segment.objects.create(batch=batch, path=remembering.place(batch.pk))


def _known(*keys: int) -> list[bool]:
    """Ask which observations are known: each at the time its segment says."""
    asked = np.array(keys, dtype=np.uint64)
    return [not new for new in remembering.remembered(0).admit(asked, (asked * np.uint64(10)).astype(np.int64))]


def test_the_short_cut_and_what_came_since_are_both_known(home: Path) -> None:
    _segment(home, 1000, 150)
    assert remembering.tidy()
    _segment(home, 5000, 50)
    assert _known(1000, 1149, 5000, 5049, 7) == [True, True, True, True, False]
    assert not remembering.tidy()  # too little lies outside it
    _segment(home, 9000, 80)
    assert remembering.tidy()
    assert _known(1000, 5049, 9079, 9080) == [True, True, True, False]
    assert len(list((home / "cache").iterdir())) == 3


def test_the_short_cut_is_used_and_not_the_segments_it_covers(home: Path) -> None:
    segment = _segment(home, 1000, 150)
    remembering.tidy()
    (home / segment.path).unlink()
    assert _known(1149) == [True]


@pytest.mark.parametrize("damage", ["gone", "half", "no-json", "pointer-gone"])
def test_without_the_short_cut_the_segments_have_everything(home: Path, damage: str) -> None:
    _segment(home, 1000, 150)
    remembering.tidy()
    (keys,) = (home / "cache").glob("*.keys.npy")
    if damage == "gone":
        keys.unlink()
    elif damage == "half":
        keys.write_bytes(keys.read_bytes()[:90])
    else:
        (home / "cache" / "memory.json").write_text("{" if damage == "no-json" else "[]")
    assert _known(1000, 2000) == [True, False]
    assert remembering.tidy()
    assert _known(1000, 2000) == [True, False]


def test_what_a_removed_batch_taught_is_forgotten(home: Path) -> None:
    _segment(home, 1000, 150)
    gone = _segment(home, 3000, 150)
    remembering.tidy()
    gone.batch.delete()
    assert _known(1000, 3000) == [True, False]
