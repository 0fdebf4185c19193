"""`tocsin followup`: nobody falls silent."""

from __future__ import annotations

from datetime import datetime

import click

from tocsin.project.commands import AS_JSON, INSTANT, prepare, show


@click.group()
def followup() -> None:
    """What follows a warning: verified, reminded, reopened."""


@followup.command("run")
@click.option("--now", "at", type=INSTANT, help="As of this instant (ISO 8601) instead of now.")
@AS_JSON
def followup_run(at: datetime | None, as_json: bool) -> None:
    """Do once all that time asks for."""
    prepare()
    from tocsin.project.work import followup as work

    found = work.run(at=at)
    show(found) if as_json else click.echo(", ".join(f"{name.replace('_', ' ')} {n}" for name, n in found.items()))
