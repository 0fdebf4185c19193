"""Back up and restore an installation: the rows and the data folder in one archive, checked as it is written.

The rows are written in a form of their own, not the database's: a backup of SQLite restores into
PostgreSQL and the other way round.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management.color import no_style
from django.db import connection, models, transaction

from tocsin.base import dialect
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituency
from tocsin.lake import durable

ROWS = [
    "audit",
    "accounts",
    "account",
    "mfa",
    "socialaccount",
    "constituency",
    "reach",
    "intake",
    "findings",
    "trials",
    "notices",
    "reports",
    "portal",
    "campaigns",
    "surveys",
]
MOVED = {"surveys.fact": "constituency.fact"}
"""Tables that are elsewhere now, so that a backup of before still restores."""
FOLDERS = ("raw", "batches", "segments", "outbox", "imports", "proofs")
FILES = ("secret.key",)


class NotEmpty(Exception):
    """The installation to restore into has data already."""


class Damaged(Exception):
    """The archive is not a whole backup."""


def backup(path: Path) -> int:
    """Write everything to `path` (tar.gz); return how many files it holds. Nothing is folded or decided meanwhile."""
    home = Path(settings.TOCSIN_HOME)
    with dialect.mutual_exclusion("fold"), dialect.mutual_exclusion("decide"):
        rows = io.StringIO()
        _dump(rows)
        files = [home / name for name in FILES if (home / name).exists()]
        files += [file for folder in FOLDERS for file in sorted((home / folder).rglob("*")) if file.is_file()]
        sums: dict[str, str] = {}

        def fill(aside: Path) -> None:
            aside.touch(0o600)  # it holds the installation's key
            with tarfile.open(aside, "w:gz", compresslevel=3) as archive:
                _put(archive, "rows.ndjson", rows.getvalue().encode(), sums)
                for file in files:
                    name = f"home/{file.relative_to(home)}"
                    with file.open("rb") as content:
                        sums[name] = hashlib.file_digest(content, "sha256").hexdigest()
                    archive.add(file, name)
                _put(archive, "sums.json", json.dumps(sums).encode(), {})

        durable.write(path, fill)
    return len(files)


def _models() -> list[type[models.Model]]:
    """Return the tables of ROWS in an order in which each row's references come before it."""
    configs = [apps.get_app_config(label) for label in ROWS]
    return serializers.sort_dependencies([(config, None) for config in configs])


def _dump(out: TextIO) -> None:
    """Write a row a line. Django's own JSON cuts instants to milliseconds; these keep all they have."""
    for model in _models():
        every = model._base_manager.all()  # noqa: SLF001  # scope: everyone because it is the backup
        rows = every.order_by("pk").iterator(chunk_size=2000)
        for row in serializers.serialize("python", rows):
            out.write(json.dumps(row, ensure_ascii=False, default=_text) + "\n")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _load(path: Path) -> None:
    with path.open(encoding="utf-8") as lines, connection.constraint_checks_disabled():
        for row in serializers.deserialize("python", map(_as_now, map(json.loads, lines))):
            row.save()
    connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)


def _as_now(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "model": MOVED.get(row["model"], row["model"])}


def _put(archive: tarfile.TarFile, name: str, content: bytes, sums: dict[str, str]) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    sums[name] = hashlib.sha256(content).hexdigest()
    archive.addfile(info, io.BytesIO(content))


def restore(path: Path) -> int:
    """Restore into an empty installation; return how many files. Raise NotEmpty, Damaged; both leave everything as it was."""
    home = Path(settings.TOCSIN_HOME)
    if constituency.organizations(SYSTEM).exists():
        raise NotEmpty("this installation has organizations already; restore into a new data folder and database")
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        found = _unpacked(path, Path(scratch))
        with transaction.atomic():
            _load(found.pop("rows.ndjson"))
            for name, file in found.items():
                target = home / name.removeprefix("home/")
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
                if name.removeprefix("home/") in FILES:
                    target.chmod(0o600)
    return len(found)


def _expected(name: str) -> bool:
    """Tell whether a name is one that `backup` writes: anything else could lead out of the data folder."""
    parts = name.split("/")
    if name in {"rows.ndjson", "sums.json"}:
        return True
    inside = len(parts) > 1 and parts[0] == "home" and not {"", ".", ".."} & set(parts)
    return inside and (parts[1] in FOLDERS if len(parts) > 2 else parts[1] in FILES)


def _unpacked(path: Path, scratch: Path) -> dict[str, Path]:
    """Unpack under names of our own, and compare every checksum before anything is put in place."""
    found: dict[str, Path] = {}
    sums: dict[str, str] = {}
    try:
        with tarfile.open(path) as archive:
            for number, member in enumerate(archive):
                content = archive.extractfile(member)
                if content is None or not _expected(member.name):
                    raise Damaged(f"{member.name} is no plain file")
                if member.name == "sums.json":
                    sums = json.load(content)
                    continue
                found[member.name] = scratch / (str(number))
                with found[member.name].open("wb") as out:
                    while block := content.read(1 << 20):
                        out.write(block)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Damaged(f"{path}: {error}") from error
    for name in found.keys() | sums.keys():
        if name not in found or name not in sums:
            raise Damaged(f"{name} is in only one of archive and list")
        with found[name].open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sums[name]:
                raise Damaged(f"{name} differs from its checksum")
    return found
