"""The running system: what one pushed event takes to a finding and to a mail, what idling takes, how soon the demo is there."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from tests.budgets.table import ROOT, TOCSIN, Table, environment, run

MOST_TO_FINDING, MOST_TO_MAIL, MOST_DEMO, MOST_PROCESSES, MOST_IDLE_MIB = 1.0, 2.0, 20.0, 2, 400
PUSHES = 5
ORGANIZATIONS = """version: 1
organizations:
- id: org
  name: {en: Invented, vi: Bịa đặt}
  networks: [20.0.0.0/8]
  contacts: [{name: Security desk, email: security@org.example, roles: [security]}]
"""


def push(table: Table, given: argparse.Namespace) -> None:
    """Push single events into a small and into a large installation."""
    for words, home in (("few findings", _small(given.work)), ("a million findings", large(given))):
        findings, mails = _pushed(home)
        table.row(f"one pushed event to its finding, {words}", findings, unit="s", most=MOST_TO_FINDING)
        table.row("  to its mail, handed over", mails, unit="s", most=MOST_TO_MAIL)


def idle(table: Table, given: argparse.Namespace) -> None:
    """Let a system that has worked stand, and look at its processes."""
    with _up(environment(TOCSIN_HOME=str(_small(given.work)))) as (launcher, port):
        _ask(port, "/livez")
        time.sleep(10)
        below = _children(launcher.pid)
        mib = sum(_resident(pid) for pid in (launcher.pid, *below))
        ticks = sum(_ticks(pid) for pid in (launcher.pid, *below))
        time.sleep(20)
        spent = sum(_ticks(pid) for pid in (launcher.pid, *below)) - ticks
    table.row("idle: processes beside the launcher", len(below), most=MOST_PROCESSES)
    table.row("  memory of all together", mib, unit="MiB", most=MOST_IDLE_MIB)
    table.row("  processor", 100 * spent / os.sysconf("SC_CLK_TCK") / 20, unit="% of one core")


def demo(table: Table, given: argparse.Namespace) -> None:
    """Start the demo in a fresh clone, the installer's cache warm, until its page is there."""
    place = given.work / "clone"
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    port = _free()
    own = {name: value for name, value in environment(TOCSIN_HOME=str(place / "var")).items() if name != "PYTHONPATH"}
    own["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), own["PATH"]])  # where uv is
    outside = next(path for path in ("/usr/bin/python3", f"{sys.base_prefix}/bin/python3") if os.access(path, os.X_OK))
    began = time.perf_counter()
    process = subprocess.Popen(
        [outside, "run.py", "demo", "--port", str(port)], cwd=place, env=own, stderr=subprocess.DEVNULL
    )
    try:
        _until(lambda: _ask(port, "/readyz") and process.poll() is None, "the demo's page", seconds=180)
        seconds = time.perf_counter() - began
    finally:
        _end(process)
    table.row("demo in a fresh clone, page ready", seconds, unit="s", most=MOST_DEMO)


def _small(work: Path) -> Path:
    home = work / "small"
    shutil.rmtree(home, ignore_errors=True)
    (work / "small.yaml").write_text(ORGANIZATIONS, encoding="utf-8")
    run([*TOCSIN, "constituency", "import", str(work / "small.yaml")], environment(TOCSIN_HOME=str(home)))
    return home


def large(given: argparse.Namespace) -> Path:
    """Return an installation with a million findings and a memory of ten million observations."""
    home: Path = given.million or given.work / "million"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        run([sys.executable, "-m", "tests.budgets.million", "--home", str(home)])
        (home / "complete").touch()
    return home


def _pushed(home: Path) -> tuple[float, float]:
    """Push some events, one after the other; return the medians of the seconds until the finding and until the mail."""
    with _mail() as (smtp, arrived):
        own = environment(TOCSIN_HOME=str(home), TOCSIN_EMAIL_URL=smtp)
        scopes = [word for scope in ("reports:write", "findings:read") for word in ("--scope", scope)]
        name = f"budget-{time.time_ns()}"
        token = json.loads(run([*TOCSIN, "token", "add", name, *scopes, "--json"], own).output)
        secret = next(value for key, value in token.items() if key in {"secret", "token"})
        findings, mails = [], []
        with _up(own) as (_, port):
            time.sleep(8)  # what was waiting goes first
            inside = _held(own)
            for number in range(PUSHES):
                asset = f"http://host-{time.time_ns()}.example/"
                event = {
                    "time.source": datetime.now(UTC).isoformat(), "source.ip": str(inside + number), "source.url": asset,
                    "classification.type": "system-compromise", "classification.identifier": f"budget-{number}", "feed.code": "push",
                }  # fmt: skip
                body = (json.dumps(event) + "\n").encode()
                began, before = time.perf_counter(), len(arrived)
                _ask(port, "/api/v1/reports?name=event.json", secret, body)
                _until(lambda: _count(port, secret, asset), "the finding", seconds=60)  # noqa: B023
                findings.append(time.perf_counter() - began)
                if number == 0:  # the later ones are part of what the organization was told of
                    _until(lambda: len(arrived) > before, "the mail", seconds=60)  # noqa: B023
                    mails.append(arrived[before] - began)
    return statistics.median(findings), statistics.median(mails)


def _held(own: dict[str, str]) -> IPv4Address:
    """Return an address that some organization holds."""
    from tocsin import roster

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "constituency.yaml"
        run([*TOCSIN, "constituency", "export", str(file)], own)
        held = next(network for o in roster.read(file).organizations for network in o.networks)
    return IPv4Network(held.cidr)[1]


def _count(port: int, secret: str, asset: str) -> int:
    found = json.loads(_ask(port, f"/api/v1/findings?asset={asset}", secret) or b"{}")
    return len(found.get("items", []))


def _ask(port: int, path: str, secret: str = "", body: bytes | None = None) -> bytes:
    """Return what the server answers; nothing while it does not."""
    headers = {"Content-Type": "application/octet-stream"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers)
    with suppress(OSError), urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())
    return b""


@contextmanager
def _up(own: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = _free()
    own = {**own, "TOCSIN_BASE_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen([*TOCSIN, "up", "--port", str(port)], cwd=ROOT, env=own, stderr=subprocess.DEVNULL)
    try:
        _until(lambda: _ask(port, "/livez"), "the server", seconds=120)
        yield process, port
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _mail() -> Iterator[tuple[str, list[float]]]:
    """Take mail on loopback; yield where, and a list that gets the instant of each message."""
    from aiosmtpd.controller import Controller

    arrived: list[float] = []

    class Clock:
        async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - its name
            arrived.append(time.perf_counter())
            return "250 taken"

    controller = Controller(Clock(), hostname="127.0.0.1", port=_free())
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}", arrived
    finally:
        controller.stop()


def _until(true: Any, what: str, *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            sys.exit(f"never came: {what}")
        time.sleep(0.02)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [place for child in map(int, text.split()) for place in (child, *_children(child))]


def _resident(pid: int) -> float:
    found = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
