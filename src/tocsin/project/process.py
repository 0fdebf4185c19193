"""`tocsin process`: files in, files out, no database."""

from __future__ import annotations

import gc
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin import roster
from tocsin.batches import run as batches
from tocsin.batches.outcome import Outcome
from tocsin.core import durations
from tocsin.feeds.format import Options
from tocsin.pipeline import registry
from tocsin.pipeline.duplicates import Memory


class BadConstituency(Exception):
    """The constituency file has errors; each names its place."""


def process(
    files: list[Path],
    *,
    constituency: Path,
    out: Path,
    format_name: str | None = None,
    schema: Path | None = None,
    mapping: Path | None = None,
    window: str | None = None,
) -> Outcome:
    """Run the files through. Raise BadConstituency, BadDuration or OSError before anything is written."""
    # What is read here stays; looking through it for garbage again and again took half of the start's time.
    gc.disable()
    try:
        read = roster.read(constituency)
        if read.errors:
            raise BadConstituency("\n".join(str(error) for error in read.errors))
        held = registry.build(read.organizations, read.ignored)
    finally:
        gc.freeze()
        gc.enable()
    memory = Memory(int(durations.parse(window).total_seconds() * 1_000_000) if window else 0)
    options = Options(schema=document(schema), mapping=document(mapping))
    given = [batches.Given(path, str(path), options, format_name) for path in files]
    return batches.run(
        given,
        registry=held,
        memory=memory,
        out=out,
        received_at=datetime.now(UTC),
    )


def document(path: Path | None) -> dict[str, Any] | None:
    """Read a schema or mapping file (JSON or YAML). Raise ValueError, OSError."""
    if path is None:
        return None
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix in {".yaml", ".yml"}:
        import yaml

        found = yaml.safe_load(text)
    else:
        found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"{path}: expected one object")  # noqa: TRY004 - the file is wrong, not a type
    return found
