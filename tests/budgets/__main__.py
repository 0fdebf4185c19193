"""Show speed and memory beside their budgets: `python -m tests.budgets [--only NAME …]`.

Data is made from a seed (once, in the work folder). Floor and product run in turn, each in a process of its own,
on the same rows in the same run; figures are medians, ratios compare neighbours. Exit 1: a budget is broken.

    process   10 million rows beside a scan of them       small   1,000 rows, start included
    intake    a million rows into both databases          push    one event to its finding and to its mail
    letters   1,000 notices decided and handed over       pages   every page beside a million findings
    idle      the running system at rest                  demo    a fresh clone until its page is there
    fifty     50 million rows: memory                     peer    IntelMQ on a slice of the same rows

`peer` needs `--peer PYTHON` (an interpreter that has intelmq, pyasn and redis, and that any user may run),
`--peer-schema FILE` (Shadowserver's intelmq.json) and redis-server. Without `--only` everything runs but fifty, and peer
where it is given.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.budgets import files, generate
from tests.budgets.table import ROOT, Table, environment, process

NAMES = ("process", "small", "intake", "push", "letters", "pages", "idle", "demo", "fifty", "peer")


def main() -> None:
    """Make the data, run what is asked for, print the table; exit 1 when a budget is broken."""
    options = argparse.ArgumentParser(
        prog="python -m tests.budgets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--only", action="append", choices=NAMES, help="measure this; may be given several times")
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--runs", type=int, default=3, help="floor and product in turn, so many times")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "tocsin-budgets")
    options.add_argument("--million", type=Path, help="an installation that tests.budgets.million has made")
    options.add_argument("--peer", help="an interpreter that has intelmq, pyasn and redis")
    options.add_argument("--peer-schema", type=Path, help="Shadowserver's intelmq.json, for the peer")
    options.add_argument("--peer-rows", type=int, default=50_000)
    given = options.parse_args()
    wanted = given.only or [name for name in NAMES if name != "fifty" and (name != "peer" or given.peer)]
    if "peer" in wanted and not (given.peer and given.peer_schema):
        options.error("the peer needs --peer and --peer-schema")
    given.work.mkdir(parents=True, exist_ok=True)
    generate.constituency(given.work / "constituency.yaml")
    table = Table()
    speed = 0.0
    for name in (name for name in NAMES if name in wanted):
        if name == "process":
            speed = files.large(table, given)
        elif name == "peer":
            _peer(table, given, speed)
        else:
            _measure(name, table, given)
    sys.exit(1 if table.broken else 0)


def _measure(name: str, table: Table, given: argparse.Namespace) -> None:
    from tests.budgets import fifty, letters, rows, service

    if name == "letters":
        took = letters.measure(given.work / "letters", notices=1000)
        table.row("1,000 notices decided", took.decide, unit="s")
        table.row("  and handed over", took.total, unit="s", most=letters.MOST_SECONDS)
    elif name == "pages":
        home = service.large(given)
        command = [sys.executable, "-m", "tests.budgets.pages", "--home", str(home)]
        told = subprocess.run(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=False
        ).stdout
        (given.work / "pages.txt").write_text(told)
        table.row("pages over 100 ms beside a million findings", int(told.splitlines()[-1].split()[0]), most=0)
    else:
        measures = {
            "small": files.small, "intake": rows.measure, "push": service.push, "idle": service.idle, "demo": service.demo, "fifty": fifty.measure,
        }  # fmt: skip
        measures[name](table, given)


def _peer(table: Table, given: argparse.Namespace, speed: float) -> None:
    from tests.budgets import peer

    source = generate.prepared(given.work, given.rows)
    speed = speed or given.rows / process(source, given.work / "constituency.yaml", given.work / "out").seconds
    peer.compare(table, source[0], given, speed)


if __name__ == "__main__":
    main()
