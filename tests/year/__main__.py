"""Live a year and count it twice: `python -m tests.year [--organizations 500 --findings 200000 --days 365 --seed 1]`.

Prints what happened, how long it took, and each figure that `tocsin stats loop` tells otherwise than a second count from
the log of what happened. Exit 1: there is one, or it took longer than ten minutes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from tests.year.play import play, told
from tests.year.recount import differences, recount
from tests.year.world import World, instant

MOST_SECONDS = 600.0


def main() -> None:
    """Read the options, live, count, compare."""
    options = argparse.ArgumentParser(
        prog="python -m tests.year", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--organizations", type=int, default=500)
    options.add_argument("--findings", type=int, default=200_000)
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, help="folder for the installation and the log; must not exist")
    given = options.parse_args()
    home = given.keep or Path(tempfile.mkdtemp(prefix="tocsin-year-"))
    home.mkdir(exist_ok=given.keep is None)
    try:
        sys.exit(_live(World(given.organizations, given.findings, given.days, given.seed), home))
    finally:
        if given.keep is None:
            shutil.rmtree(home, ignore_errors=True)


def _live(world: World, home: Path) -> int:
    began = time.perf_counter()
    counted = play(world, home, home / "log.ndjson")
    lived = time.perf_counter() - began
    ours = told(instant(world.days - 1).date(), instant(world.days))
    again = recount(home / "log.ndjson", datetime.fromisoformat(ours["as_of"]))
    wrong = differences(ours, again)
    print(json.dumps({"lived_seconds": round(lived, 1), **counted}))
    print(json.dumps({name: again[name] for name in ("total", "to_acknowledge", "to_verify")}, indent=1))
    for line in wrong[:50]:
        print(f"differs: {line}")
    print(f"{len(wrong)} figures differ; {lived:.0f} s of {MOST_SECONDS:.0f} s allowed")
    return 1 if wrong or lived > MOST_SECONDS else 0


if __name__ == "__main__":
    main()
