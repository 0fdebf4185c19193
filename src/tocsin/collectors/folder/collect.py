"""Files that appear in a folder: each is taken once it is complete, and left where it is.

Originals are not moved: the folder may be somebody else's, or read-only. A file counts as complete when
nothing has touched it for `SETTLED`, by its own times or (where the file server's clock differs) by two
looks; one that changes while it is read is not kept. A file put in place by renaming is complete too, and
waits as long. One that changes later is a new file: its bytes come again, whole.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path

from tocsin.collectors.failures import NotCollected, NotComplete, Rejected
from tocsin.collectors.limits import Counted
from tocsin.collectors.way import Found, Memory, Place, Way

SETTLED = timedelta(seconds=5)
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")
"""Endings under which programs write what is not complete yet."""
BLOCK = 1 << 20


def collect(place: Place, memory: Memory, now: datetime) -> Generator[Found, None, None]:
    """Yield the complete files that are new or have changed. Raise Rejected."""
    folder = place.guard.inside(place.address)
    there = _files(folder)
    taken: dict[str, str] = {name: mark for name, mark in memory.get("taken", {}).items() if name in there}
    looked: dict[str, list[str]] = memory.get("looked", {})
    waiting: dict[str, list[str]] = {}
    failures: list[NotCollected] = []
    for name, (path, status) in there.items():
        mark = _mark(status)
        if taken.get(name) == mark:
            continue
        seen = looked.get(name, [])
        since = seen[1] if seen[:1] == [mark] else now.isoformat()
        if not _settled(status, datetime.fromisoformat(since), now):
            waiting[name] = [mark, since]
            continue
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            failures.append(Rejected("not-opened", f"{name}: {error.strerror}"))
            continue
        with FileIO(handle) as file:
            changed = datetime.fromtimestamp(status.st_mtime, UTC)
            found = Found(name, Counted(_blocks(file, mark), place.limits.size), changed)
            yield found
        if found.kept:
            taken[name] = mark
        memory["taken"] = taken
    memory["taken"], memory["looked"] = taken, waiting
    if failures:
        raise failures[0] if len(failures) == 1 else Rejected("not-opened", f"{len(failures)} files: {failures[0]} …")


def _files(folder: Path) -> dict[str, tuple[str, os.stat_result]]:
    """Return the plain files of a folder, by a name that can be stored: path and status, oldest first."""
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    found[_text(entry.name)] = (entry.path, status)
    except FileNotFoundError as error:
        raise Rejected("no-such-place", f"{folder}: there is no such folder") from error
    except OSError as error:
        raise Rejected("not-permitted", f"{folder}: {error.strerror}") from error
    return dict(sorted(found.items(), key=lambda item: (item[1][1].st_mtime_ns, item[0])))


def _text(name: str) -> str:
    """Return a file's name as text that can be stored whatever its bytes are."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _mark(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"


def _settled(status: os.stat_result, since: datetime, now: datetime) -> bool:
    touched = datetime.fromtimestamp(max(status.st_mtime, status.st_ctime), UTC)
    return now - touched >= SETTLED or now - since >= SETTLED


def _blocks(file: FileIO, mark: str) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block
    if _mark(os.fstat(file.fileno())) != mark:
        raise NotComplete("not-complete", "it changed while it was read")


WAY = Way(collect, lambda address, guard: guard.inside(address))
