"""The commands, a module a noun. Messages go to stderr, data to stdout; 0 done, 1 not done, 2 misuse.

Modules are imported inside the commands: `tocsin --help` needs neither Django nor Polars.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

FILE = click.Path(path_type=Path, dir_okay=False)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class Instant(click.ParamType[datetime]):
    """An instant in ISO 8601; without an offset it is UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or say how it is written."""
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no instant; write for example 2026-11-24T09:00:00+07:00", param, ctx)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


INSTANT = Instant()


def fail(message: str, code: int = 1) -> NoReturn:
    """Say why on stderr and exit."""
    click.echo(f"tocsin: {message}", err=True)
    sys.exit(code)


def show(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))


def show_each(rows: Iterable[Any]) -> None:
    """Print one JSON array on stdout, element by element: nothing waits for the last one."""
    click.echo("[", nl=False)
    for place, row in enumerate(rows):
        click.echo(("," if place else "") + "\n" + json.dumps(row, ensure_ascii=False, default=str), nl=False)
    click.echo("\n]")


def prepare() -> None:
    """Make Django ready and bring the tables up to date."""
    from tocsin.project import work

    try:
        work.prepare()
    except work.NoDatabase as error:
        fail(str(error))


def print_summary(summary: dict[str, Any]) -> None:
    """Print a batch's summary for people."""
    for file in summary["files"]:
        name = file["format"] or "not recognized"
        click.echo(
            f"{file['path']}  {name}  {file['rows']:,} rows = {file['events']:,} events + {file['duplicates']:,} duplicates"
            f" + {file['rejects']:,} rejects{'  (repeated)' if file['repeated'] else ''}"
        )
    click.echo(
        f"{summary['events']:,} events: {summary['attributed']:,} attributed, {summary['unattributed']:,} unattributed,"
        f" {summary['ignored']:,} ignored; {summary['findings']:,} findings; {summary['seconds']:.1f} s"
    )
