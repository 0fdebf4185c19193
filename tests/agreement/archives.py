"""Read the archives of a folder of real feeds, member by member, without unpacking them to disk."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from compression import zstd  # type: ignore[import-not-found]  # Python 3.14
except ImportError:
    zstd = None


class CannotRead(Exception):
    """The archive needs a program that is not here."""


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of every file in a tar archive (plain, gzip, zstd), or of the file itself. Inner gzip is opened."""
    name = path.name
    if name.endswith((".tar.gz", ".tgz")):
        content: Any = path.open("rb")
        mode = "r|gz"
    elif name.endswith(".tar.zst"):
        content, mode = io.BytesIO(_unzstd(path)), "r|"
    else:
        yield name, path.read_bytes()
        return
    with content, tarfile.open(fileobj=content, mode=mode) as archive:  # type: ignore[call-overload]
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            inner = file.read()
            if member.name.endswith(".gz") and inner[:2] == b"\x1f\x8b":
                inner = gzip.decompress(inner)
            yield member.name, inner


def _unzstd(path: Path) -> bytes:
    if zstd is not None:
        with zstd.open(path, "rb") as file:
            return bytes(file.read())
    import shutil
    import subprocess

    program = shutil.which("zstd")
    if program is None:
        raise CannotRead(f"{path.name}: zstd is not installed")
    return subprocess.run([program, "-d", "--long=27", "--stdout", path], capture_output=True, check=True).stdout


def lines(path: Path) -> list[Any]:
    """Return the JSON documents that the one member of an archive holds, one a line."""
    ((_, content),) = members(path)
    return [json.loads(line) for line in content.decode().splitlines() if line.strip()]
