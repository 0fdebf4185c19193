"""Write files so that a crash leaves the old one or the new one, never half of one.

The order is: write aside in the same folder, fsync the file, rename, fsync the folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4


def write(path: Path, fill: Callable[[Path], object]) -> Path:
    """Let `fill` write a file aside, then put it in place under `path`. Return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        fill(aside)
        _sync(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    _sync(path.parent)
    return path


def replace(path: Path, content: bytes) -> Path:
    """Put `content` in place under `path`."""
    return write(path, lambda aside: aside.write_bytes(content))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
