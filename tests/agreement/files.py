"""Every file of a folder of real feeds: its format, rows, events, duplicates and rejects, and why they were rejected."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from tests.agreement import archives

from tocsin.batches import run as batches
from tocsin.feeds.format import Options
from tocsin.pipeline import registry
from tocsin.pipeline.duplicates import Memory

RECEIVED = datetime(2026, 11, 23, tzinfo=UTC)
MAPPINGS = Path(__file__).resolve().parents[2] / "docs" / "examples" / "mappings"
MAPPED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    # (archive, beginning of a member's name, mapping, what differs from it)
    ("cowrie_", "cowrie.json", "cowrie", {}),
    ("heralding_", "", "heralding", {}),
    ("honeytrap_", "", "honeytrap", {}),
    ("zeek_logs", "zeek-json/notice", "zeek-notice", {}),
    ("zeek_logs", "zeek-default/notice", "zeek-notice-tsv", {}),
    ("alerts.json", "", "wazuh", {}),
    ("sekoia_", "", "ecs", {"records": "expected"}),
)
"""What no format recognizes and a mapping of the documentation reads."""


@dataclass(slots=True)
class Row:
    """Files of one archive and one format, counted together."""

    archive: str
    format: str
    files: int = 0
    rows: int = 0
    events: int = 0
    duplicates: int = 0
    rejects: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    shown: dict[str, str] = field(default_factory=dict)


def table(folder: Path) -> Iterator[Row]:
    """Yield a row for each archive and format; each archive is one batch, through all stops that need no database."""
    held = registry.build([])
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with tempfile.TemporaryDirectory() as scratch:
            yield from _rows(path, str(path.relative_to(folder)), Path(scratch), held)


def _rows(path: Path, name: str, scratch: Path, held: registry.Registry) -> Iterator[Row]:
    given = []
    for number, (member, content) in enumerate(archives.members(path)):
        place = scratch / f"{number}"
        place.write_bytes(content)
        mapping = next((_mapping(*m) for a, b, *m in MAPPED if path.name.startswith(a) and member.startswith(b)), None)
        given.append(
            batches.Given(place, f"{path.name}/{member}", Options(mapping=mapping), "mapped" if mapping else None)
        )
    out = batches.run(given, registry=held, memory=Memory(0), out=scratch / "out", received_at=RECEIVED)
    found: dict[str, Row] = {}
    by_sum = {}
    for file in out.summary.files:
        row = found.setdefault(file.format or "-", Row(name, file.format or "-"))
        row.files += 1
        by_sum[file.sha256] = row
        assert file.rows == file.events + file.duplicates + file.rejects
        for figure in ("rows", "events", "duplicates", "rejects"):
            setattr(row, figure, getattr(row, figure) + getattr(file, figure))
    with (scratch / "out" / "rejects.ndjson").open("rb") as lines:
        for line in lines:
            reject = json.loads(line)
            row = by_sum[reject["sha256"]]
            row.reasons[reject["reason"]] += 1
            row.shown.setdefault(
                reject["reason"], f"{reject['file']}:{reject['row']} {reject['detail']}: {reject['raw'][:150]}"
            )
    for row in found.values():
        assert row.rejects == row.reasons.total()
    yield from sorted(found.values(), key=lambda row: row.format)


def _mapping(name: str, more: dict[str, Any]) -> dict[str, Any]:
    return {**yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8")), **more}


def report(rows: list[Row]) -> str:
    """Return the table, and the sum."""
    lines = [
        f"{'archive':58} {'format':14} {'files':>6} {'rows':>8} {'events':>8} {'dupl.':>7} {'rejects':>8}  reasons"
    ]
    total = Counter[str]()
    for row in rows:
        if row.format == "-":
            continue
        why = ", ".join(f"{reason} {n}" for reason, n in row.reasons.most_common())
        lines.append(
            f"{row.archive:58} {row.format:14} {row.files:6} {row.rows:8} {row.events:8} {row.duplicates:7} {row.rejects:8}  {why}"
        )
        for name in ("files", "rows", "events", "duplicates", "rejects"):
            total[name] += getattr(row, name)
    lines.append(
        f"{'all':58} {'':14} {total['files']:6} {total['rows']:8} {total['events']:8} {total['duplicates']:7} {total['rejects']:8}"
    )
    lines += ["", "files of no format that Tocsin recognizes by itself:"]
    lines += [f"  {row.archive}: {row.files}" for row in rows if row.format == "-"]
    return "\n".join(lines)
