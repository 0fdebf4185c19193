"""Show speed and memory beside their budgets: `python -m tests.budgets [--only NAME …]`.

Data is made from a seed (once, in the work folder). Floor and product run in turn, each in a process of its own,
on the same rows in the same run; figures are medians, ratios compare neighbours. Exit 1: a budget is broken.

    process   10 million rows beside a scan of them       small   1,000 rows, start included
    intake    a million rows into both databases          push    one event to its finding and to its mail
    letters   1,000 notices decided and handed over       pages   every page beside a million findings
    idle      the running system at rest                  demo    a fresh clone until its page is there
    campaign  a campaign's page, the figures of a month   peer    IntelMQ on a slice of the same rows
    fifty     50 million rows: memory

`peer` needs redis-server, `--peer-schema FILE` (Shadowserver's intelmq.json) and `--peer PYTHON`: an interpreter that
any user may run, with `pip install intelmq pyasn 'setuptools<81'` (IntelMQ imports pkg_resources, which later ones have
no more). What is missing it says before anything is measured. Without `--only` everything runs but fifty, and peer where
it is given.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.budgets import files, generate
from tests.budgets.table import ROOT, Table, environment, process

NAMES = ("process", "small", "intake", "push", "letters", "pages", "campaign", "idle", "demo", "fifty", "peer")


def main() -> None:
    """Make the data, run what is asked for, print the table; exit 1 when a budget is broken."""
    options = argparse.ArgumentParser(
        prog="python -m tests.budgets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--only", action="append", choices=NAMES, help="measure this; may be given several times")
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--runs", type=int, default=3, help="floor and product in turn, so many times")
    options.add_argument("--work", type=_absolute, default=Path(tempfile.gettempdir()) / "tocsin-budgets")
    options.add_argument("--million", type=Path, help="an installation that tests.budgets.million has made")
    options.add_argument("--peer", type=_absolute, help="an interpreter that has intelmq, pyasn and setuptools<81")
    options.add_argument("--peer-schema", type=_absolute, help="Shadowserver's intelmq.json, for the peer")
    options.add_argument("--peer-rows", type=int, default=50_000, help="about so many, a share of --rows")
    given = options.parse_args()
    wanted = given.only or [name for name in NAMES if name != "fifty" and (name != "peer" or given.peer)]
    if "peer" in wanted and not (given.peer and given.peer_schema):
        options.error("the peer needs --peer and --peer-schema")
    given.work.mkdir(parents=True, exist_ok=True)
    if "peer" in wanted:
        from tests.budgets import peer

        if problem := peer.missing(given):
            sys.exit(f"the peer cannot run: {problem}")
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
    from tests.budgets import campaign, fifty, letters, rows, service

    if name == "letters":
        with tempfile.TemporaryDirectory(dir=given.work) as fresh:
            took = letters.measure(Path(fresh), notices=1000)
        table.row("1,000 notices decided", took.decide, unit="s")
        table.row("  and handed over", took.total, unit="s", most=letters.MOST_SECONDS)
    elif name == "campaign":
        campaign.measure(table, service.large(given))
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

    sources = generate.prepared(given.work, given.rows)
    if not speed:
        constituency, out = given.work / "constituency.yaml", given.work / "out"
        costs = [process(sources, constituency, out) for _ in range(given.runs)]
        speed = given.rows / statistics.median(cost.seconds for cost in costs)
        table.row(f"process, {given.rows:,} rows", speed, unit="rows/s")
        cpu = statistics.median(cost.cpu for cost in costs)
        table.row("  CPU per million rows", cpu / given.rows * 1e6, unit="s", most=files.MOST_CPU_PER_MILLION)
    peer.compare(table, sources, given, speed)


def _absolute(text: str) -> Path:
    return Path(text).absolute()  # not resolved: an environment's interpreter is a link


if __name__ == "__main__":
    main()
