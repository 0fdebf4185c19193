"""`tocsin notices`: warnings."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from tocsin.project.commands import AS_JSON, INSTANT, fail, prepare, show


@click.group()
def notices() -> None:
    """Warnings: decide, approve, explain."""


@notices.command("run")
@click.option("--dry-run", is_flag=True, help="Decide, and send nothing.")
@click.option("--now", "at", type=INSTANT, help="Decide as of this instant (ISO 8601) instead of now.")
@AS_JSON
def notices_run(dry_run: bool, at: datetime | None, as_json: bool) -> None:
    """Decide who hears from us now, and hand the messages over."""
    prepare()
    from tocsin.project.work import notices as work

    found = work.run(at=at, dry_run=dry_run)
    if as_json:
        show(found)
    else:
        reasons = ", ".join(f"{reason} {n}" for reason, n in found["reasons"].items())
        click.echo(
            f"decided {found['decided']} ({reasons}); sent {found['sent']}, waiting {found['waiting']}, failed {found['failed']}"
        )
    if found["failed"]:
        sys.exit(1)


@notices.command("approve")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every notice that waits.")
def notices_approve(ids: tuple[str, ...], everything: bool) -> None:
    """Let waiting notices go out, by identifier or reference."""
    if bool(ids) == everything:
        fail("name notices, or --all", 2)
    prepare()
    from tocsin.project.work import notices as work

    done, missed = work.approve(list(ids), everything=everything)
    click.echo(f"{done} approved", err=True)
    if missed:
        fail(f"not waiting or not known: {', '.join(missed)}")


@notices.command("list")
@AS_JSON
def notices_list(as_json: bool) -> None:
    """List notices, newest first."""
    prepare()
    from tocsin.project.work import notices as work

    found = work.list_all()
    if as_json:
        show(found)
        return
    for notice in found:
        click.echo(
            f"{notice['reference']}  {notice['state']:10} {notice['severity']:8} {notice['organization']}  {notice['reason']}"
        )


@notices.command("explain")
@click.argument("id_", metavar="ID")
@AS_JSON
def notices_explain(id_: str, as_json: bool) -> None:
    """Tell the six stops of a notice, with every reason and file hash."""
    prepare()
    from tocsin.project.work import notices as work

    found = work.explain(id_)
    if found is None:
        fail(f"{id_}: no such notice")
    if as_json:
        show(found)
        return
    for stop in ("collect", "parse", "attribute", "fold", "decide", "deliver", "answers"):
        click.echo(stop)
        rows = found[stop] if isinstance(found[stop], list) else [found[stop]]
        for row in rows:
            click.echo("    " + "  ".join(f"{key}={value}" for key, value in row.items()))
