"""Arrivals are kept byte for byte, once, or not at all."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from tocsin.lake import durable, raw


def test_an_arrival_is_kept_under_its_checksum(tmp_path: Path) -> None:
    sha256, size, place = raw.keep(tmp_path, io.BytesIO(b"abc"))
    assert (sha256, size) == (hashlib.sha256(b"abc").hexdigest(), 3)
    assert place.read_bytes() == b"abc"


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    first, second = (raw.keep(tmp_path, io.BytesIO(b"abc"))[2] for _ in range(2))
    assert first == second
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first]


def test_nothing_is_left_of_an_arrival_that_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(raw.TooLarge):
        raw.keep(tmp_path, io.BytesIO(b"x" * 100), at_most=99)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = durable.replace(tmp_path / "a", b"old")

    def fill(aside: Path) -> None:
        aside.write_bytes(b"ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        durable.write(path, fill)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
