"""`tocsin constituency`: who is protected."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show


@click.group()
def constituency() -> None:
    """Who is protected."""


@constituency.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@AS_JSON
def constituency_import(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import organizations from FILE (YAML, JSON, CSV or XLSX)."""
    if not file.is_file():
        fail(f"{file}: no such file")
    prepare()
    from tocsin.project.work import constituency as work

    found = work.import_file(file, dry_run=dry_run)
    if as_json:
        show(found)
    for error in found["errors"]:
        click.echo(f"tocsin: {file}: {error['place']}: {error['reason']}", err=True)
    if found["errors"]:
        click.echo(f"tocsin: nothing was imported: {len(found['errors'])} errors", err=True)
        sys.exit(1)
    for overlap in found["overlaps"]:
        click.echo(f"tocsin: both {overlap['one']} and {overlap['other']} hold {overlap['value']}", err=True)
    if not as_json:
        for change in found["changes"]:
            if change["what"] != "same":
                click.echo(f"{change['what']:8} {change['organization']}  {', '.join(change['fields'])}")
        n = sum(change["what"] != "same" for change in found["changes"])
        click.echo(f"{n} of {len(found['changes'])} organizations {'would change' if dry_run else 'changed'}")


@constituency.command("export")
@click.argument("file", type=FILE)
def constituency_export(file: Path) -> None:
    """Write the constituency to FILE; importing it again changes nothing."""
    prepare()
    from tocsin.project.work import constituency as work

    n = work.export_file(file)
    click.echo(f"{n} organizations written to {file}", err=True)
