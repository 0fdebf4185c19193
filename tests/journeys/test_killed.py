"""Killed at any moment: started again, nothing is lost, nothing folded twice, no second Message-ID."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.database
DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"
REPORTS = sorted(map(str, (DEMO / "reports").glob("*.csv")))
ROUNDS = 6


def _tocsin(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _killed(environment: dict[str, str], after: float, *arguments: str) -> None:
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_killed_at_random_moments_the_result_is_that_of_a_quiet_day(
    environment: dict[str, str], tmp_path: Path
) -> None:
    _tocsin(environment, "constituency", "import", str(DEMO / "province.yaml"))
    dice = random.Random(7)
    for _ in range(ROUNDS):
        _killed(environment, dice.uniform(0.5, 1.6), "intake", "add", *REPORTS)
    _tocsin(environment, "intake", "add", *REPORTS)
    findings = json.loads(_tocsin(environment, "findings", "list", "--json"))
    quiet = tmp_path / "quiet"
    summary = json.loads(
        _tocsin(
            environment,
            "process",
            *REPORTS,
            "--constituency",
            str(DEMO / "province.yaml"),
            "--out",
            str(quiet),
            "--json",
        )
    )
    assert len(findings) == summary["findings"]
    assert sum(finding["count"] for finding in findings) == summary["events"]
    for _ in range(ROUNDS):
        _killed(environment, dice.uniform(0.5, 1.6), "notices", "run", "--now", "2026-11-24T02:00:00Z")
    # Past the lease, so that what a dead process had claimed is taken up again.
    _tocsin(environment, "notices", "run", "--now", "2026-11-24T03:00:00Z")
    notices = json.loads(_tocsin(environment, "notices", "list", "--json"))
    assert {notice["state"] for notice in notices} == {"sent"}
    told = [finding for notice in notices for finding in notice["findings"]]
    assert sorted(told) == sorted(finding["id"] for finding in findings)
    outbox = list((tmp_path / "home" / "outbox").iterdir())
    assert len(outbox) == sum(len(notice["recipients"]) for notice in notices)
