"""Run, check, back up and restore an installation."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show


@click.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Write everything, rows and data folder, to FILE (tar.gz)."""
    prepare()
    from tocsin.project import backup as work

    n = work.backup(file)
    click.echo(f"{n} files and all rows written to {file}", err=True)


@click.command()
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Restore a backup from FILE into an empty installation, on either database."""
    if not file.is_file():
        fail(f"{file}: no such file")
    prepare()
    from tocsin.project import backup as work

    try:
        n = work.restore(file)
    except (work.NotEmpty, work.Damaged) as error:
        fail(str(error))
    click.echo(f"{n} files and all rows restored", err=True)


@click.command()
@AS_JSON
def doctor(as_json: bool) -> None:
    """Check the installation: database, data folder, free space, mail, what came in."""
    prepare()
    from tocsin.project.work import doctor as work

    found = work.examine()
    if as_json:
        show(found)
    else:
        for check in found:
            click.echo(f"{'ok  ' if check['ok'] else 'BAD '} {check['name']}: {check['says']}")
    if not all(check["ok"] for check in found):
        sys.exit(1)


PORT = click.option("--port", default=8000, show_default=True, help="Port on this machine.")


@click.command()
@click.option("--demo", "is_demo", is_flag=True, help="Fill a new installation with an invented province.")
@PORT
def up(is_demo: bool, port: int) -> None:
    """Run web server and worker in the foreground until Ctrl-C."""
    from tocsin.project.up import up as run

    sys.exit(run(port=port, demo=is_demo))


@click.command()
@PORT
def demo(port: int) -> None:
    """Run a working system with an invented province: `up --demo`."""
    from tocsin.project.up import up as run

    sys.exit(run(port=port, demo=True))
