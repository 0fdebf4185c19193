"""Files in, files out: `tocsin process` beside merely scanning its input."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from tests.budgets import generate
from tests.budgets.table import Cost, Table, process, run

MOST_TIMES_THE_FLOOR, MOST_CPU_PER_MILLION, MOST_MEMORY_GIB, MOST_SMALL_SECONDS = 2.5, 6.0, 3.0, 1.5


def floor(files: list[Path]) -> Cost:
    """Scan the files."""
    return run([sys.executable, "-m", "tests.budgets.floor", *map(str, files)])


def large(table: Table, given: argparse.Namespace) -> float:
    """Scan and process the large files in turn; return our speed in rows per second."""
    files, constituency = generate.prepared(given.work, given.rows), given.work / "constituency.yaml"
    floors, products = [], []
    for _ in range(given.runs):
        floors.append(floor(files))
        products.append(process(files, constituency, given.work / "out"))
    summary = json.loads(products[-1].output)
    assert summary["rows"] == given.rows
    assert summary["rows"] == summary["events"] + summary["duplicates"] + summary["rejects"]
    seconds = statistics.median(cost.seconds for cost in products)
    ratio = statistics.median(product.seconds / under.seconds for product, under in zip(products, floors, strict=True))
    millions = given.rows / 1e6
    table.row(f"process, {given.rows:,} rows", given.rows / seconds, unit="rows/s")
    table.row("  scan with Polars", statistics.median(cost.seconds for cost in floors), unit="s")
    table.row("  process", seconds, unit="s")
    table.row("  times the scan", ratio, most=MOST_TIMES_THE_FLOOR)
    table.row(
        "  CPU per million rows",
        statistics.median(c.cpu for c in products) / millions,
        unit="s",
        most=MOST_CPU_PER_MILLION,
    )
    table.row("  CPU of the scan per million rows", statistics.median(c.cpu for c in floors) / millions, unit="s")
    table.row("  peak memory", max(cost.gib for cost in products), unit="GiB", most=MOST_MEMORY_GIB)
    table.row("  kept", 100 * summary["events"] / summary["rows"], unit="% of the rows")
    table.row("  findings", summary["findings"])
    return float(given.rows / seconds)


def small(table: Table, given: argparse.Namespace) -> None:
    """Process a small file, start of the program included."""
    source = generate.prepared(given.work, min(given.rows, 1_000_000))[0]
    file = generate.first_rows(source, given.work / "2026-11-20-scan_rdp-small.csv", 1000)
    few = given.work / "few.yaml"
    few.write_text("version: 1\norganizations:\n- {id: org, name: {en: Invented}, networks: [20.0.0.0/8]}\n")
    for words, who in (("1 organization", few), ("2,000 organizations", given.work / "constituency.yaml")):
        seconds = statistics.median(process([file], who, given.work / "out-small").seconds for _ in range(5))
        table.row(f"process, 1,000 rows, {words}", seconds, unit="s", most=MOST_SMALL_SECONDS)
