"""Read a constituency file into `core.constituency`, collecting every error with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from tocsin.core.constituency import Ignored, Organization
from tocsin.roster import build, documents, tables
from tocsin.roster.reasons import RowError, Wrong

LARGEST = 32 << 20
"""The largest file that is looked at, in bytes."""


@dataclass(slots=True)
class Read:
    """What a file holds. With errors, the organizations are those parts that were right."""

    organizations: list[Organization] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read(path: Path, *, known: Mapping[str, str | None] | None = None) -> Read:
    """Read a file by its suffix (.yaml .yml .json .csv .xlsx). Raise OSError when it cannot be read at all.

    `known` are the organizations that are there already, each with its parent: a file may name them as parents.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    return parse(content, path.name, known=known)


def parse(content: bytes, name: str, *, known: Mapping[str, str | None] | None = None) -> Read:
    """Read the content of a file with this name. Never raises on what it holds."""
    builder = build.Builder(PurePath(name).name)
    try:
        _take(content, builder)
    except Wrong as wrong:
        builder.errors.append(RowError(builder.name, wrong.code, wrong.values))
    except build.Full:
        pass  # the last error in the list says so
    else:
        _check_tree(builder, known or {})
    return Read(builder.organizations, builder.ignored, builder.errors)


def _take(content: bytes, builder: build.Builder) -> None:
    if len(content) > LARGEST:
        raise Wrong("too-large", limit=f"{LARGEST >> 20} MiB")
    suffix = PurePath(builder.name).suffix.lower()
    if content.startswith(b"PK\x03\x04"):
        builder.take_rows(tables.from_xlsx(content, builder.errors))
    elif suffix in {".csv", ".txt", ".tsv"}:
        builder.take_rows(tables.from_csv(_text(content), builder.name, builder.errors))
    elif suffix == ".json":
        builder.take_document(documents.from_json(_text(content)))
    elif suffix in {".yaml", ".yml"}:
        builder.take_document(documents.from_yaml(_text(content)))
    elif suffix == ".xlsx":
        raise Wrong("not-xlsx", detail="it is no ZIP file")
    else:
        raise Wrong("unknown-kind")


def _text(content: bytes) -> str:
    """Return the text of a file, in UTF-8 or in the UTF-16 that spreadsheets call Unicode."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise Wrong("not-utf-8") from None


def _check_tree(builder: build.Builder, known: Mapping[str, str | None]) -> None:
    """Say which parents are not there, and which organizations are above themselves."""
    parents = {**known, **{o.id: o.parent for o in builder.organizations}}
    looked_at: set[str] = set()
    try:
        for o in builder.organizations:
            if o.parent and o.parent not in parents:
                builder.say(builder.places[o.id], Wrong("unknown-parent", value=o.parent), o.id)
            path: dict[str, None] = {}
            above: str | None = o.id
            while above is not None and above not in looked_at and above not in path:
                path[above] = None
                above = parents.get(above)
            if above in path:
                circle = list(path)[list(path).index(above) :]
                for id_ in circle:
                    if id_ in builder.places:
                        builder.say(builder.places[id_], Wrong("circle"), id_)
            looked_at.update(path)
    except build.Full:
        pass  # the last error in the list says so
