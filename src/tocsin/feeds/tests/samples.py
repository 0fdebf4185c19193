"""The sample folders of all formats: `<format>/samples/<case>/{input.*, options.json, events.ndjson, rejects.ndjson}`."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from tocsin.feeds.format import Format, Options, Source

FEEDS = Path(__file__).parents[1]
CASES = sorted(path.parent for path in FEEDS.glob("*/samples/*/input.*"))


def name_of(case: Path) -> str:
    """Return `format/case`."""
    return f"{case.parents[1].name}/{case.name}"


def source_of(case: Path, name: str = "input") -> Source:
    """Return the input, its name hidden unless the sample needs one."""
    return Source(given(case).get("name", name), content=next(case.glob("input.*")).read_bytes())


def given(case: Path) -> dict[str, Any]:
    """Return what options.json says; empty without one."""
    path = case / "options.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def options_of(case: Path) -> Options:
    """Return the options of a sample."""
    known = {field.name for field in dataclasses.fields(Options)}
    found = {key: value for key, value in given(case).items() if key in known}
    if "received_at" in found:
        found["received_at"] = datetime.fromisoformat(found["received_at"])
    return Options(**found)


def run(format_: Format, source: Source, options: Options) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Parse to the end; return events and rejects as plain objects, and check what every chunk promises."""
    events: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for chunk in format_.parse(source, options):
        assert chunk.rows == chunk.keys.height + len(chunk.rejects)
        wide = chunk.finish(pl.Series(range(chunk.keys.height), dtype=pl.UInt32))
        assert wide.height == chunk.keys.height
        keys = chunk.keys.select([name for name in chunk.keys.columns if name not in wide.columns])
        for row in pl.concat([keys, wide], how="horizontal").to_dicts():
            kept = {name: value for name, value in row.items() if value is not None}
            for name, value in kept.items():
                if isinstance(value, datetime):
                    kept[name] = value.isoformat()
            kept["extra"] = json.loads(kept.get("extra", "{}"))
            events.append(dict(sorted(kept.items())))
        rejects += [dataclasses.asdict(reject) for reject in chunk.rejects]
    return events, rejects
