"""`tocsin up`: web server and worker in the foreground, until Ctrl-C. Three processes: this one, web, worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

DEMO = Path(__file__).parent / "demo"
PAUSE = 15.0
"""Seconds between two rounds of the worker."""


def up(*, port: int, demo: bool) -> int:
    """Run until interrupted; return the exit code."""
    os.environ.setdefault("TOCSIN_BASE_URL", f"http://127.0.0.1:{port}")
    from tocsin.project import work

    work.prepare()
    link = _load_demo() if demo else None
    environment = dict(os.environ)
    web = [sys.executable, "-m", "tocsin.project.web", str(port)]
    worker = [sys.executable, "-m", "tocsin.project.worker"]
    running = [subprocess.Popen(command, env=environment) for command in (web, worker)]
    click.echo(f"Tocsin: http://127.0.0.1:{port}/   (Ctrl-C stops it)", err=True)
    if link:
        click.echo(f"Sign in once: http://127.0.0.1:{port}{link}", err=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.3)
        click.echo("tocsin: a process ended by itself; stopping the other", err=True)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(10)


def _load_demo() -> str:
    """Fill an installation with the invented province; return the path that signs its analyst in."""
    from tocsin.accounts import actions as accounts
    from tocsin.accounts import queries as people
    from tocsin.base.tenancy import SYSTEM, Role
    from tocsin.project.work import constituency, findings, intake, notices

    now = datetime.now(UTC)
    if not findings.list_all(""):
        constituency.import_file(DEMO / "province.yaml", dry_run=False)
        intake.add(sorted((DEMO / "reports").iterdir()))
        notices.run(at=None, dry_run=False)
    user = people.by_email(SYSTEM, "demo@team.example") or accounts.add_user(
        email="demo@team.example", role=Role.ADMINISTRATOR, actor=SYSTEM, now=now, name="Demo (invented)"
    )
    return f"/sign-in/{accounts.make_link(user=user, now=now)}/"
