"""The lock says what pyproject.toml asks for, and the comparison is able to fail."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import lock  # noqa: E402


def test_the_lock_fits_what_is_asked_for() -> None:
    assert lock.problems() == []


def test_every_locked_file_has_a_hash_and_no_index_is_named() -> None:
    for name in lock.LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        for entry in lock.PIN.finditer(text):
            assert text[entry.end() :].lstrip("\n").startswith("    --hash=sha256:"), entry[0]


@pytest.mark.parametrize(
    ("asked", "instead", "problem"),
    [
        ('"click>=8.3,<9"', '"click>=9"', "asked: click>=9"),
        ('"click>=8.3,<9"', '"click>=8.3,<9", "planted>=1"', "lacks planted"),
    ],
)
def test_a_lock_that_does_not_fit_is_named(tmp_path: Path, asked: str, instead: str, problem: str) -> None:
    for name in (*lock.LOCKS, "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8").replace(asked, instead), encoding="utf-8")
    found = lock.problems(tmp_path)
    assert any(problem in line for line in found), found
