"""A watched folder: complete files only, each once, originals untouched."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tocsin.collectors import guard
from tocsin.collectors.failures import NotCollected, NotComplete, TooMuch
from tocsin.collectors.folder.collect import collect
from tocsin.collectors.limits import Limits
from tocsin.collectors.way import Place

LATER = timedelta(minutes=1)


def _got(folder: Path, memory: dict[str, Any], now: datetime) -> dict[str, bytes]:
    got = {}
    for found in collect(Place(str(folder), guard.Guard(folders=(folder,))), memory, now):
        got[found.name] = b"".join(iter(lambda found=found: found.content.read(1000), b""))  # type: ignore[misc]
        found.kept = True
    return got


def test_a_complete_file_comes_once_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"one")
    memory: dict[str, Any] = {}
    later = datetime.now(UTC) + LATER
    assert _got(tmp_path, memory, later) == {"a.csv": b"one"}
    assert _got(tmp_path, memory, later + LATER) == {}
    assert (tmp_path / "a.csv").read_bytes() == b"one"


def test_a_file_that_changes_later_comes_again_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"one")
    memory: dict[str, Any] = {}
    now = datetime.now(UTC)
    _got(tmp_path, memory, now + LATER)
    with (tmp_path / "a.csv").open("ab") as file:
        file.write(b" and two")
    assert _got(tmp_path, memory, now + LATER) == {"a.csv": b"one and two"}


def test_a_file_still_being_written_waits(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    with (tmp_path / "a.csv").open("wb", buffering=0) as file:
        file.write(b"half of ")
        assert _got(tmp_path, memory, datetime.now(UTC)) == {}
        file.write(b"it")
        assert _got(tmp_path, memory, datetime.now(UTC)) == {}
    assert _got(tmp_path, memory, datetime.now(UTC) + LATER) == {"a.csv": b"half of it"}


def test_a_file_of_a_server_whose_clock_is_ahead_comes_after_two_looks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"one")
    ahead = (datetime.now(UTC) + timedelta(days=1)).timestamp()
    os.utime(path, (ahead, ahead))
    memory: dict[str, Any] = {}
    now = datetime.now(UTC)
    assert _got(tmp_path, memory, now) == {}
    assert _got(tmp_path, memory, now + timedelta(seconds=6)) == {"a.csv": b"one"}


def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"one")
    memory: dict[str, Any] = {}
    later = datetime.now(UTC) + LATER
    for found in collect(Place(str(tmp_path), guard.Guard(folders=(tmp_path,))), memory, later):
        assert found.content.read(10) == b"one"
        with path.open("ab") as file:
            file.write(b" more")
        with pytest.raises(NotComplete):
            while found.content.read(10):
                pass
    assert _got(tmp_path, memory, datetime.now(UTC) + LATER) == {"a.csv": b"one more"}


def test_unfinished_names_links_and_folders_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"a secret of somebody else")
    folder = tmp_path / "in"
    (folder / "done").mkdir(parents=True)
    for name in (".hidden", "a.part", "b.csv.tmp", "c.CRDOWNLOAD", "d.csv~"):
        (folder / name).write_bytes(b"x")
    (folder / "link.csv").symlink_to(outside)
    os.mkfifo(folder / "pipe.csv")
    assert _got(folder, {}, datetime.now(UTC) + LATER) == {}


def test_renaming_into_place_is_how_a_file_becomes_complete(tmp_path: Path) -> None:
    (tmp_path / "a.csv.part").write_bytes(b"one")
    memory: dict[str, Any] = {}
    later = datetime.now(UTC) + LATER
    assert _got(tmp_path, memory, later) == {}
    (tmp_path / "a.csv.part").rename(tmp_path / "a.csv")
    assert _got(tmp_path, memory, later) == {"a.csv": b"one"}


def test_what_was_not_kept_comes_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"one")
    memory: dict[str, Any] = {}
    later = datetime.now(UTC) + LATER
    assert [found.name for found in collect(Place(str(tmp_path), guard.Guard(folders=(tmp_path,))), memory, later)] == [
        "a.csv"
    ]
    assert _got(tmp_path, memory, later) == {"a.csv": b"one"}


def test_the_memory_forgets_files_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"one")
    memory: dict[str, Any] = {}
    later = datetime.now(UTC) + LATER
    _got(tmp_path, memory, later)
    (tmp_path / "a.csv").unlink()
    _got(tmp_path, memory, later)
    assert memory == {"taken": {}, "looked": {}}


def test_a_name_that_is_no_text_can_be_remembered(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/b\xe1o-c\xe1o.csv", "wb") as file:
        file.write(b"one")
    memory: dict[str, Any] = {}
    later = datetime.now(UTC) + LATER
    (name,) = _got(tmp_path, memory, later)
    assert name.encode() == b"b\\xe1o-c\\xe1o.csv"
    assert _got(tmp_path, memory, later) == {}


def test_a_file_too_large_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x" * 5000)
    place = Place(str(tmp_path), guard.Guard(folders=(tmp_path,)), limits=Limits(size=1000))
    coming = collect(place, {}, datetime.now(UTC) + LATER)
    found = next(coming)
    with pytest.raises(TooMuch):
        while found.content.read(10):
            pass


def test_a_folder_that_is_none_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotCollected) as why:
        list(collect(Place(str(tmp_path / "none"), guard.Guard(folders=(tmp_path,))), {}, datetime.now(UTC)))
    assert why.value.reason == "no-such-place"


@pytest.mark.parametrize("path", ["/etc", "inbox", "{here}/../outside", "{here}/link", ""])
def test_only_folders_that_the_operator_lists_are_looked_into(tmp_path: Path, path: str) -> None:
    here = tmp_path / "inbox"
    here.mkdir()
    (tmp_path / "outside").mkdir()
    (here / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(NotCollected) as why:
        list(collect(Place(path.format(here=here), guard.Guard(folders=(here,))), {}, datetime.now(UTC)))
    assert why.value.reason == "refused-folder"
