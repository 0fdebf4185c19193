"""The memory of duplicates on disk: a few sorted segments, each a file that counts because a row names it.

A batch adds a segment and takes small ones in, so that however many batches there were, a look-up goes through
a few files. They are mapped, not read: one event after ten million kept rows touches some pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings

from tocsin.intake.models import Segment
from tocsin.lake import durable
from tocsin.pipeline import duplicates


@dataclass(frozen=True, slots=True)
class Written:
    """A segment on disk, which counts as soon as `count` names it, and the ones that it takes in."""

    path: str
    replaces: tuple[int, ...]


def memory(window: int) -> duplicates.Memory:
    """Return the memory of everything kept so far; `window` in microseconds."""
    return duplicates.Memory(window, [_mapped(segment) for segment in Segment.objects.order_by("pk")])


def write(id_: UUID, learned: duplicates.Segment) -> Written | None:
    """Put on disk what batch `id_` taught the memory, with the small segments of before; None if it taught nothing."""
    if not len(learned):
        return None
    rows = list(Segment.objects.order_by("pk"))
    parts = [_mapped(row) for row in rows]
    chosen = duplicates.to_merge([len(part) for part in parts], len(learned))
    for place in chosen:
        learned = parts[place].merged(learned)
    path = f"segments/{id_}.npy"

    def save(aside: Path) -> None:
        with aside.open("wb") as file:
            np.save(file, np.stack([learned.keys, learned.times.view(np.uint64)]))

    durable.write(Path(settings.TOCSIN_HOME) / path, save)
    return Written(path, tuple(rows[place].pk for place in chosen))


def count(written: Written | None) -> None:
    """Let a written segment count, inside the caller's transaction, in place of those it took in."""
    if written is not None:
        Segment.objects.filter(pk__in=written.replaces).delete()
        Segment.objects.create(path=written.path)


def sweep() -> None:
    """Remove segments that no row names: those taken in, and those of batches that never committed."""
    home = Path(settings.TOCSIN_HOME)
    named = set(Segment.objects.values_list("path", flat=True))
    for file in (home / "segments").glob("*"):
        if f"segments/{file.name}" not in named:
            file.unlink()


def _mapped(segment: Segment) -> duplicates.Segment:
    keys, times = np.load(Path(settings.TOCSIN_HOME) / segment.path, mmap_mode="r")
    return duplicates.Segment(keys, times.view(np.int64))
