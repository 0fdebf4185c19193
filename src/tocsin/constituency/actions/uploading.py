"""Keep an uploaded constituency file aside under its checksum, so that what is confirmed is what was previewed."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePath

from django.conf import settings

from tocsin import roster
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.lake import durable

FORGOTTEN = timedelta(days=7)
"""How long a file that nobody imported is kept."""


class NoSuchUpload(Exception):
    """No file was kept under this checksum, or not any more."""


class TooLarge(Exception):
    """The file is larger than what is looked at."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was kept: its checksum, its name when it came, its content."""

    sha256: str
    name: str
    content: bytes


def keep_upload(*, content: bytes, name: str, actor: Viewer, now: datetime) -> Upload:
    """Keep a file aside. Raise TooLarge, NotAllowed."""
    if not actor.may_write:
        raise NotAllowed
    if len(content) > roster.LARGEST:
        raise TooLarge(name)
    sha256 = hashlib.sha256(content).hexdigest()
    upload = Upload(
        sha256, re.sub(r"[^\w. ()+-]", "_", PurePath(name.replace("\\", "/")).name)[-120:] or "upload", content
    )
    _sweep(now)
    durable.replace(_place(sha256), content)
    told = {"name": upload.name, "by": actor.email, "at": now.isoformat(), "imported": False}
    durable.replace(_place(sha256).with_suffix(".json"), json.dumps(told).encode())
    return upload


def kept_upload(*, sha256: str, actor: Viewer) -> Upload:
    """Return a file that was kept aside. Raise NoSuchUpload, NotAllowed."""
    if not actor.may_write:
        raise NotAllowed
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise NoSuchUpload(sha256)
    try:
        content = _place(sha256).read_bytes()
        told = json.loads(_place(sha256).with_suffix(".json").read_bytes())
    except FileNotFoundError:
        raise NoSuchUpload(sha256) from None
    return Upload(sha256, told["name"], content)


def mark_imported(*, upload: Upload, now: datetime) -> None:
    """Keep a file for good: it is what an import was made from."""
    path = _place(upload.sha256).with_suffix(".json")
    told = json.loads(path.read_bytes())
    durable.replace(path, json.dumps({**told, "imported": True, "imported_at": now.isoformat()}).encode())


def _place(sha256: str) -> Path:
    return Path(settings.TOCSIN_HOME) / "imports" / sha256


def _sweep(now: datetime) -> None:
    """Remove files that nobody imported."""
    folder = Path(settings.TOCSIN_HOME) / "imports"
    for path in folder.glob("*.json") if folder.is_dir() else ():
        told = json.loads(path.read_bytes())
        if not told["imported"] and datetime.fromisoformat(told["at"]) < now - FORGOTTEN:
            path.with_suffix("").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
