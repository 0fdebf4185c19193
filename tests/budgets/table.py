"""Figures beside their budgets, and what a process cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOCSIN = [sys.executable, "-c", "import sys; from tocsin.project.cli import main; sys.exit(main())"]


class Table:
    """Prints figures beside their budgets, and remembers whether one is broken."""

    def __init__(self) -> None:
        self.broken = False
        print(f"{'':50}{'measured':>14}{'budget':>12}")

    def row(
        self, what: str, measured: float, *, unit: str = "", most: float | None = None, least: float | None = None
    ) -> None:
        """Print one figure."""
        budget = f"<= {most:g}" if most is not None else f">= {least:g}" if least is not None else ""
        kept = (most is None or measured <= most) and (least is None or measured >= least)
        self.broken |= not kept
        verdict = "" if most is None and least is None else "kept" if kept else "BROKEN"
        print(f"{what:50}{measured:>14,.2f}{budget:>12}  {verdict:7}{unit}", flush=True)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost."""

    seconds: float
    cpu: float
    gib: float
    output: str


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which our processes find their modules, and nothing of an installation of ours."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_") and name != "DATABASE_URL"
    }
    return {**own, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), **more}


def run(command: list[str], given: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end, and measure it alone."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=given or environment(), cwd=ROOT, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[:4])} … ended with {process.returncode}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1 << 20), output)


def process(files: list[Path], constituency: Path, out: Path, *, window: str = "24h") -> Cost:
    """Run `tocsin process`."""
    options = ["--constituency", str(constituency), "--out", str(out), "--window", window, "--json"]
    return run([*TOCSIN, "process", *map(str, files), *options])
