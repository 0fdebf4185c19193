"""`tocsin audit`: who did what, and whether the record of it is whole."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime

import click

from tocsin.project.commands import AS_JSON, prepare, show

DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
def audit() -> None:
    """Who did what, in a chain that shows whether it was changed."""


@audit.command("verify")
@click.option("--holds", default="", metavar="HASH", help="A head noted before: it must still be in the chain.")
@AS_JSON
def audit_verify(holds: str, as_json: bool) -> None:
    """Walk the whole chain and name the first entry that does not fit.

    Note the head elsewhere from time to time: with --holds it shows entries cut off the end, or a chain
    written anew by somebody who could write to the database.
    """
    prepare()
    from tocsin.project.work import audit as work

    found = work.verify(holds)
    if as_json:
        show({"is_whole": found.is_whole, **asdict(found)})
    elif found.broken is not None:
        click.echo(f"entry {found.broken} does not fit: {found.why} ({found.entries:,} entries before it do)")
    elif found.holds is False:
        click.echo(f"the {found.entries:,} entries fit, but {holds} is not among them: some were cut off or replaced")
    else:
        click.echo(f"{found.entries:,} entries fit; head {found.head or '(none)'}")
    if not found.is_whole:
        sys.exit(1)


@audit.command("list")
@click.option("--actor", default="", metavar="EMAIL", help="Only what this person did.")
@click.option("--action", default="", help="Only acts of this kind, such as user-added.")
@click.option("--about", default="", metavar="ID", help="Only what was done to this object.")
@click.option("--since", type=DAY, metavar="DAY", help="From this day or instant (UTC unless it says otherwise).")
@click.option("--until", type=DAY, metavar="DAY", help="Before this day or instant.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many, newest first.")
@AS_JSON
def audit_list(
    actor: str, action: str, about: str, since: datetime | None, until: datetime | None, limit: int, as_json: bool
) -> None:
    """List entries, newest first."""
    prepare()
    from tocsin.project.work import audit as work

    found = work.entries(
        actor=actor, action=action, about=about, since=_instant(since), until=_instant(until), limit=limit
    )
    if as_json:
        show(found)
        return
    for entry in found:
        said = " ".join(f"{key}={value}" for key, value in entry["detail"].items())
        click.echo(
            f"{entry['at']:%Y-%m-%d %H:%M:%S}  {entry['actor']}  {entry['action']}"
            f"  {entry['object_kind']} {entry['object_id']}{'  ' if said else ''}{said}"
        )


def _instant(given: datetime | None) -> datetime | None:
    return given if given is None or given.tzinfo else given.replace(tzinfo=UTC)
