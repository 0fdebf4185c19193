"""Reports into the database: `tocsin intake add` beside `tocsin process` of the same files, on both databases."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.budgets import generate
from tests.budgets.table import TOCSIN, Cost, Table, environment, process, run
from tools import postgres

MOST_TIMES_PROCESS = 2.0
ROWS = 1_000_000


def measure(table: Table, given: argparse.Namespace) -> None:
    """Process and add the same rows in turn."""
    files, constituency = generate.prepared(given.work, ROWS), given.work / "constituency.yaml"
    beside = [process(files, constituency, given.work / "out")]
    added = []
    for _ in range(given.runs):
        added.append(_add(files, given.work, ""))
        beside.append(process(files, constituency, given.work / "out"))
    ratio = statistics.median(
        2 * cost.seconds / (beside[n].seconds + beside[n + 1].seconds) for n, cost in enumerate(added)
    )
    summary = json.loads(added[-1].output)
    assert summary["rows"] == ROWS
    table.row(f"process, {ROWS:,} rows", statistics.median(cost.seconds for cost in beside), unit="s")
    table.row(f"intake add, {ROWS:,} rows, SQLite", statistics.median(cost.seconds for cost in added), unit="s")
    table.row("  times process", ratio, most=MOST_TIMES_PROCESS)
    table.row("  findings and unattributed", summary["findings"] + summary["unattributed"], unit="at most so many rows")
    table.row("  peak memory", max(cost.gib for cost in added), unit="GiB")
    with _postgres(given.work) as url:
        cost = _add(files, given.work, url)
        table.row(f"intake add, {ROWS:,} rows, PostgreSQL", cost.seconds, unit="s")
        table.row("  times process", cost.seconds / statistics.median(c.seconds for c in beside))


def _add(files: list[Path], work: Path, url: str) -> Cost:
    home = work / "home"
    shutil.rmtree(home, ignore_errors=True)
    given = environment(TOCSIN_HOME=str(home), DATABASE_URL=url)
    run([*TOCSIN, "constituency", "import", str(work / "constituency.yaml")], given)
    return run([*TOCSIN, "intake", "add", *map(str, files), "--window", "24h", "--json"], given)


@contextmanager
def _postgres(work: Path) -> Iterator[str]:
    folder = work / "postgres"
    shutil.rmtree(folder, ignore_errors=True)
    with postgres.server(folder) as url:
        yield url
