"""`tocsin up`: web server and worker in the foreground, until Ctrl-C. Three processes: this one, web, worker.

This one stays small: what needs the database runs in a process of its own and ends. A child that dies is
started again, ever later; one that cannot live ends the whole, with a line that says so.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType

import click

from tocsin.project.web import PORT_IN_USE

HASTY = 10.0
"""Seconds that a child must live for its end to count as the first."""
ENOUGH = 5
"""Hasty ends in a row after which it is given up."""
FAREWELL = 15.0
"""Seconds that children have to end."""
READY_WITHIN = 60.0


@dataclass(slots=True)
class _Child:
    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    n_hasty: int = 0
    again_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env=self.environment)
        self.started = time.monotonic()

    def mind(self) -> str:
        """Start it again if it ended and its time has come; return why it is given up, or nothing."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return ""
            self.process = None
            if code == PORT_IN_USE:
                return f"the {self.name} process ended; its port is taken"
            self.n_hasty = self.n_hasty + 1 if now - self.started < HASTY else 1
            if self.n_hasty > ENOUGH:
                return f"the {self.name} process ends again and again; what it said is above"
            wait = min(0.5 * 2**self.n_hasty, 30.0)
            self.again_at = now + wait
            click.echo(f"tocsin: the {self.name} process ended ({_ended(code)}); started again in {wait:g} s", err=True)
        if now >= self.again_at:
            self.start()
        return ""


def _ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"


def up(*, port: int, demo: bool) -> int:
    """Run until interrupted; return the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    if not _is_free(port):
        click.echo(f"tocsin: port {port} is in use on this machine; choose another with --port", err=True)
        return 1
    os.environ.setdefault("TOCSIN_BASE_URL", f"http://127.0.0.1:{port}")
    environment = dict(os.environ, TOCSIN_STARTED_BY=str(os.getpid()))
    children = [
        _Child("web", [sys.executable, "-m", "tocsin.project.web", str(port)], environment),
        _Child("worker", [sys.executable, "-m", "tocsin.project.worker"], environment),
    ]
    try:
        prepare = [sys.executable, "-m", "tocsin.project.prepare", *(["--demo"] if demo else [])]
        prepared = subprocess.run(prepare, env=environment, stdout=subprocess.PIPE, check=False)
        if prepared.returncode:
            return 1
        link = prepared.stdout.decode().strip()
        for child in children:
            child.start()
        greeting = f"Tocsin: http://127.0.0.1:{port}/   (Ctrl-C stops it)"
        if link:
            greeting += f"\nSign in once: http://127.0.0.1:{port}{link}"
        until = time.monotonic() + READY_WITHIN
        while True:
            if greeting and (_answers(port) or time.monotonic() > until):
                click.echo(greeting, err=True)
                greeting = ""
            for child in children:
                if why := child.mind():
                    click.echo(f"tocsin: {why}", err=True)
                    return 1
            time.sleep(0.1 if greeting else 0.3)
    except (KeyboardInterrupt, SystemExit):
        return 0
    finally:
        _end([child.process for child in children if child.process is not None])


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    until = time.monotonic() + FAREWELL
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()  # nothing is lost by it: what was not finished begins again
            process.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
