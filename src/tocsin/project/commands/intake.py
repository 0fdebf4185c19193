"""`tocsin intake`: what comes in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, print_summary, show


@click.group()
def intake() -> None:
    """What comes in."""


@intake.command("add")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--format", "format_name", help="Force a format instead of recognizing it by content.")
@click.option("--window", help="Drop repeats within this time, for example 24h; else only the same source time.")
@AS_JSON
def intake_add(files: tuple[Path, ...], format_name: str | None, window: str | None, as_json: bool) -> None:
    """Take report FILES in: kept byte for byte, parsed, attributed, folded into findings."""
    from tocsin.core import durations
    from tocsin.feeds import recognize

    if format_name and recognize.by_name(format_name) is None:
        fail(f"no format is called {format_name}; known: {', '.join(f.name for f in recognize.FORMATS)}", 2)
    try:
        reach = int(durations.parse(window).total_seconds() * 1_000_000) if window else 0
    except durations.BadDuration as error:
        fail(str(error), 2)
    for path in files:
        if not path.is_file():
            fail(f"{path}: no such file")
    prepare()
    from tocsin.project.work import intake as work

    summary = work.add(list(files), format_name=format_name, window=reach)
    if as_json:
        show(summary)
    else:
        print_summary(summary)
    if any(file["format"] is None and not file["repeated"] for file in summary["files"]):
        click.echo("tocsin: some files were not read; `tocsin intake rejects` says why", err=True)
        sys.exit(1)


@intake.command("rejects")
@AS_JSON
def intake_rejects(as_json: bool) -> None:
    """List the rows that became no event, with file, row and reason."""
    prepare()
    from tocsin.project.work import intake as work

    found = work.rejects()
    if as_json:
        show(found)
        return
    for reject in found:
        click.echo(f"{reject['file_name']}:{reject['row']}  {reject['reason']}  {reject['detail']}")
