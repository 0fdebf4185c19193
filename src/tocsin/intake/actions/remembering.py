"""The memory of duplicates between batches: segments that rows name, and a sorted whole of them that is only a short cut.

Sorting ten million observations takes seconds, and a pushed report must be a warning within two. The sorted
whole is therefore kept as files that are mapped, not read; only the segments since then are merged. It lies
in `cache/`: gone, or not fitting the rows, it is made anew from the segments.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from django.conf import settings
from django.db.models import QuerySet

from tocsin.base import dialect
from tocsin.intake.models import Segment
from tocsin.lake import durable
from tocsin.pipeline import duplicates

LOOSE = 200_000
"""Observations outside the sorted whole before it is worth making anew; or a quarter of it, if that is more."""


def place(id_: UUID) -> str:
    """Return where the segment of a batch is, below the data folder."""
    return f"segments/{id_}.npy"


def remembered(window: int) -> duplicates.Memory:
    """Return the memory of everything kept so far; `window` in microseconds. The caller holds the lock `fold`."""
    whole, loose = _read()
    return duplicates.remember(loose, window, whole)


def tidy() -> bool:
    """Make the sorted whole anew if much lies outside it; return whether it was."""
    with dialect.mutual_exclusion("fold"):
        whole, loose = _read()
        n_loose = sum(len(part) for part in loose)
        if n_loose <= max(LOOSE, len(whole[0]) // 4 if whole else 0):
            return False
        _write(*duplicates.sorted_whole(loose, whole))
    return True


def _cache() -> Path:
    return Path(settings.TOCSIN_HOME) / "cache"


def _read() -> tuple[duplicates.Sorted | None, list[np.ndarray]]:
    """Return the sorted whole, mapped, and the segments it does not cover."""
    segments = Segment.objects.order_by("pk")
    said = _said()
    if said is not None and segments.filter(pk__lte=said["last"]).count() == said["n"]:
        try:
            keys = np.load(_cache() / said["keys"], mmap_mode="r")
            times = np.load(_cache() / said["times"], mmap_mode="r")
        except (OSError, ValueError):
            pass  # half of it is gone: the segments have everything
        else:
            return (keys, times), _load(segments.filter(pk__gt=said["last"]))
    return None, _load(segments)


def _said() -> dict[str, Any] | None:
    try:
        found = json.loads((_cache() / "memory.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"last", "n", "keys", "times"} <= found.keys() else None


def _load(segments: QuerySet[Segment]) -> list[np.ndarray]:
    home = Path(settings.TOCSIN_HOME)
    return [np.load(home / path) for path in segments.values_list("path", flat=True)]


def _write(keys: np.ndarray, times: np.ndarray) -> None:
    """Put the sorted whole on disk; it counts once memory.json names it."""
    name = uuid4().hex
    said = {
        "last": Segment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        "n": Segment.objects.count(), "keys": f"memory-{name}.keys.npy", "times": f"memory-{name}.times.npy",
    }  # fmt: skip
    for file, array in ((said["keys"], keys), (said["times"], times)):
        keep(_cache() / str(file), array)
    durable.replace(_cache() / "memory.json", json.dumps(said).encode())
    for path in _cache().glob("memory-*.npy"):
        if path.name not in said.values():
            path.unlink()


def keep(path: Path, array: np.ndarray) -> None:
    """Put an array on disk, whole or not at all."""

    def save(aside: Path) -> None:
        with aside.open("wb") as file:
            np.save(file, array)

    durable.write(path, save)
