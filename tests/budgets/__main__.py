"""Show speed and memory beside their budgets: `python -m tests.budgets`.

Data is made from a seed (once, in the work folder). Floor and product run in turn, each in a process
of its own, on the same rows in the same run; figures are medians, ratios compare neighbours. With
`--peer PYTHON` (an interpreter that has intelmq) the peer's chain runs on a slice of the same rows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.budgets import generate

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from tocsin.project.cli import main; main()"]
MOST_TIMES_THE_FLOOR, MOST_CPU_PER_MILLION, MOST_MEMORY_GIB, MOST_SMALL_SECONDS = 2.5, 6.0, 3.0, 1.5
LEAST_TIMES_THE_CHAIN, LEAST_TIMES_THE_LIBRARY = 400, 100


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost."""

    seconds: float
    cpu: float
    gib: float
    output: str


def run(command: list[str]) -> Cost:
    """Run a command to its end, and measure it alone."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]))
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[:4])} … ended with {process.returncode}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1 << 20), output)


def floor(files: list[Path]) -> Cost:
    """Scan the files."""
    return run([sys.executable, "-m", "tests.budgets.floor", *map(str, files)])


def process(files: list[Path], constituency: Path, out: Path) -> Cost:
    """Run `tocsin process`."""
    options = ["--constituency", str(constituency), "--out", str(out), "--window", "24h", "--json"]
    return run([*COMMAND, "process", *map(str, files), *options])


class Table:
    """Prints figures beside their budgets, and remembers whether one is broken."""

    def __init__(self) -> None:
        self.broken = False
        print(f"{'':44}{'measured':>14}{'budget':>14}")

    def row(
        self, what: str, measured: float, *, unit: str = "", most: float | None = None, least: float | None = None
    ) -> None:
        """Print one figure."""
        budget = f"<= {most:g}" if most is not None else f">= {least:g}" if least is not None else ""
        kept = (most is None or measured <= most) and (least is None or measured >= least)
        self.broken |= not kept
        print(f"{what:44}{measured:>14,.2f}{budget:>14}  {unit}{'' if kept else '   BROKEN'}", flush=True)


def main() -> None:
    """Make the data, run everything, print the table; exit 1 when a budget is broken."""
    options = argparse.ArgumentParser(prog="python -m tests.budgets", description=__doc__)
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--rows-per-part", type=int, default=500_000)
    options.add_argument("--runs", type=int, default=3, help="floor and product in turn, so many times")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "tocsin-budgets")
    options.add_argument("--peer", help="an interpreter that has intelmq, pyasn and redis")
    options.add_argument("--peer-schema", type=Path, help="Shadowserver's intelmq.json, for the peer")
    options.add_argument("--peer-rows", type=int, default=50_000)
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    constituency = generate.constituency(given.work / "constituency.yaml")
    folder = given.work / f"rows-{given.rows}"
    files = sorted(folder.glob("*.csv")) if (folder / "complete").exists() else []
    if not files:
        files = generate.reports(folder, given.rows, rows_per_part=given.rows_per_part)
        (folder / "complete").touch()
    table = Table()
    _large(table, sorted(files), constituency, given)
    _small(table, files[0], constituency, given.work)
    if given.peer:
        from tests.budgets import peer

        peer.compare(table, files[0], constituency, given)
    sys.exit(1 if table.broken else 0)


def _large(table: Table, files: list[Path], constituency: Path, given: argparse.Namespace) -> None:
    floors, products = [], []
    for _ in range(given.runs):
        floors.append(floor(files))
        products.append(process(files, constituency, given.work / "out"))
    summary = json.loads(products[-1].output)
    assert summary["rows"] == given.rows
    assert summary["rows"] == summary["events"] + summary["duplicates"] + summary["rejects"]
    seconds = statistics.median(cost.seconds for cost in products)
    ratio = statistics.median(product.seconds / under.seconds for product, under in zip(products, floors, strict=True))
    cpu = statistics.median(cost.cpu for cost in products) / given.rows * 1e6
    table.row(f"process, {given.rows:,} rows", given.rows / seconds, unit="rows/s")
    table.row("  scan with Polars", statistics.median(cost.seconds for cost in floors), unit="s")
    table.row("  process", seconds, unit="s")
    table.row("  times the scan", ratio, most=MOST_TIMES_THE_FLOOR)
    table.row("  CPU per million rows", cpu, unit="s", most=MOST_CPU_PER_MILLION)
    table.row(
        "  CPU of the scan per million rows", statistics.median(c.cpu for c in floors) / given.rows * 1e6, unit="s"
    )
    table.row("  peak memory", max(cost.gib for cost in products), unit="GiB", most=MOST_MEMORY_GIB)
    table.row("  kept", 100 * summary["events"] / summary["rows"], unit="% of the rows")
    table.row("  findings", summary["findings"])


def _small(table: Table, source: Path, constituency: Path, work: Path) -> None:
    small = generate.first_rows(source, work / "2026-11-20-scan_rdp-small.csv", 1000)
    few = work / "few.yaml"
    few.write_text("version: 1\norganizations:\n- {id: org, name: {en: Invented}, networks: [20.0.0.0/8]}\n")
    for words, who in (("1 organization", few), ("2,000 organizations", constituency)):
        seconds = statistics.median(process([small], who, work / "out-small").seconds for _ in range(5))
        table.row(f"process, 1,000 rows, {words}", seconds, unit="s", most=MOST_SMALL_SECONDS)


if __name__ == "__main__":
    main()
