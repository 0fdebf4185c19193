"""Many more rows than the disk need hold: the same reports again and again, each time with other addresses.

`python -m tests.budgets.fifty --work DIR --rows N` prints {"rows", "events", "findings", "seconds"}. A part is made by
another process just before it is read, and removed after; so the disk holds three, and memory is ours alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.budgets import generate
from tests.budgets.table import ROOT, Table, environment, run

ROWS = 50_000_000


def measure(table: Table, given: argparse.Namespace) -> None:
    """Process 50 million rows, and say what memory that took."""
    generate.prepared(given.work, given.rows)
    command = [sys.executable, "-m", "tests.budgets.fifty", "--work", str(given.work), "--source", str(given.rows)]
    cost = run([*command, "--rows", str(ROWS)])
    found = json.loads(cost.output)
    assert found["rows"] == ROWS
    table.row(f"process, {ROWS:,} rows", ROWS / found["seconds"], unit="rows/s, making the rows included")
    table.row("  findings", found["findings"])
    table.row("  peak memory", cost.gib, unit="GiB")
    table.row("  peak memory per finding", cost.gib * (1 << 30) / found["findings"], unit="bytes")


def moved(source: Path, target: Path, turn: int) -> None:
    """Write a report anew with other addresses: the second part of each is turned on."""
    import polars as pl

    octet = pl.col("ip").str.extract(r"^\d+\.(\d+)\.").cast(pl.UInt16)
    turned = ((octet + 37 * turn) % 256).cast(pl.String)
    ip = pl.concat_str(
        pl.col("ip").str.extract(r"^(\d+\.)"), turned, pl.col("ip").str.extract(r"^\d+\.\d+(\..*)$")
    ).alias("ip")
    rows = pl.read_csv(source, infer_schema=False).with_columns(ip)
    rows.write_csv(target, quote_style="always")


def _parts(sources: list[Path], folder: Path, rows: int, per_part: int) -> Iterator[Path]:
    """Yield the paths of parts, each there when it is yielded, and the next already in the making."""
    making: subprocess.Popen[bytes] | None = None
    made: list[Path] = []
    for number in range(rows // per_part + 1):
        if making is not None and making.wait():
            sys.exit("a part could not be made")
        if number < rows // per_part:
            turn, place = divmod(number, len(sources))
            path = folder / f"2026-11-{20 + number % 3}-scan_rdp-{number:03d}.csv"
            command = [sys.executable, "-m", "tests.budgets.fifty", "--move", str(sources[place]), str(path), str(turn)]
            making = subprocess.Popen(command, cwd=ROOT, env=environment())
            made.append(path)
        if number:
            yield made[number - 1]
        for old in made[: max(number - 3, 0)]:  # checked and being read are those before the one just yielded
            old.unlink(missing_ok=True)


def main() -> None:
    """Process the rows, or move those of one report."""
    options = argparse.ArgumentParser(prog="python -m tests.budgets.fifty", description=__doc__)
    options.add_argument("--work", type=Path)
    options.add_argument("--source", type=int, default=10_000_000)
    options.add_argument("--rows", type=int, default=ROWS)
    options.add_argument("--move", nargs=3, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.move:
        moved(Path(given.move[0]), Path(given.move[1]), int(given.move[2]))
        return
    from tocsin.batches import run as batches
    from tocsin.pipeline import registry
    from tocsin.pipeline.duplicates import Memory
    from tocsin.roster import read

    sources = generate.prepared(given.work, given.source)
    held = read(given.work / "constituency.yaml")
    folder = given.work / "fifty"
    folder.mkdir(exist_ok=True)
    began = time.perf_counter()
    outcome = batches.run(
        (batches.Given(path, path.name) for path in _parts(sources, folder, given.rows, generate.PER_PART)),
        registry=registry.build(held.organizations),
        memory=Memory(24 * 3600 * 1_000_000),
        out=given.work / "out",
        received_at=datetime.now(UTC),
    )
    seconds = time.perf_counter() - began
    for left in folder.iterdir():
        left.unlink()
    summary = outcome.summary
    print(
        json.dumps({"rows": summary.rows, "events": summary.events, "findings": summary.findings, "seconds": seconds})
    )


if __name__ == "__main__":
    main()
