"""`tocsin stats` and `tocsin snapshot`: whether warning works."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from tocsin.project.commands import AS_JSON, fail, prepare, show

DAY = click.DateTime(["%Y-%m-%d"])
FROM = click.option("--from", "begins_on", required=True, type=DAY, metavar="DAY", help="First day, included.")
TO = click.option("--to", "ends_on", required=True, type=DAY, metavar="DAY", help="Last day, included.")


@click.group()
def stats() -> None:
    """Whether warning works, in figures."""


@stats.command("loop")
@FROM
@TO
@AS_JSON
def stats_loop(begins_on: datetime, ends_on: datetime, as_json: bool) -> None:
    """Count the warnings that went out in a period: acknowledged, fixed and verified until its end."""
    _in_order(begins_on, ends_on)
    prepare()
    from tocsin.project.work import figures as work

    found = work.loop(begins_on.date(), ends_on.date())
    show(found) if as_json else _print(found)


@click.group()
def snapshot() -> None:
    """Figures of a period, frozen: the same next year."""


@snapshot.command("create")
@FROM
@TO
@click.option(
    "--corrects", type=click.UUID, metavar="ID", help="The snapshot of the same period that this one corrects."
)
@click.option("--reason", default="", help="Why it is corrected.")
@AS_JSON
def snapshot_create(begins_on: datetime, ends_on: datetime, corrects: UUID | None, reason: str, as_json: bool) -> None:
    """Freeze the figures of a period that is over."""
    _in_order(begins_on, ends_on)
    if (corrects is None) != (not reason):
        fail("--corrects and --reason belong together", 2)
    prepare()
    from tocsin.project.work import figures as work

    try:
        made = work.freeze(begins_on.date(), ends_on.date(), corrects=corrects, reason=reason)
    except ValueError as error:
        fail(str(error))
    show(made) if as_json else click.echo(f"{made['id']}  {made['begins_on']} to {made['ends_on']}  {made['sha256']}")


@snapshot.command("list")
@AS_JSON
def snapshot_list(as_json: bool) -> None:
    """List what was frozen, the latest period first."""
    prepare()
    from tocsin.project.work import figures as work

    found = work.snapshots()
    if as_json:
        show(found)
        return
    for row in found:
        corrects = f"  corrects {row['corrects']}: {row['reason']}" if row["corrects"] else ""
        click.echo(f"{row['id']}  {row['begins_on']} to {row['ends_on']}  taken {row['taken_at']}{corrects}")


@snapshot.command("show")
@click.argument("id_", metavar="ID", type=click.UUID)
@AS_JSON
def snapshot_show(id_: UUID, as_json: bool) -> None:
    """Show frozen figures; exit 1 if they are not those that were taken."""
    prepare()
    from tocsin.project.work import figures as work

    found = work.snapshot(id_)
    if found is None:
        fail(f"{id_}: no such snapshot")
    show(found) if as_json else _print(found["figures"])
    if not found["is_whole"]:
        click.echo("tocsin: these figures were changed after they had been taken", err=True)
        sys.exit(1)


def _in_order(begins_on: datetime, ends_on: datetime) -> None:
    if ends_on < begins_on:
        fail("--to is before --from", 2)


def _print(found: dict[str, Any]) -> None:
    click.echo(f"{found['begins_on']} to {found['ends_on']}, as of {found['as_of']}")
    heading = ("", "told", "answered", "in time", "says fixed", "verified", "refuted", "overdue", "resolved")
    click.echo("".join(f"{name:>12}" for name in heading))
    for name, row in [("all", found["total"]), *found["by_severity"].items()]:
        share = "–" if row["resolved_share"] is None else f"{100 * row['resolved_share']:.1f} %"
        keys = ("told", "acknowledged", "acknowledged_in_time", "says_fixed", "verified", "refuted", "overdue")
        click.echo(f"{name:>12}" + "".join(f"{row[key]:>12,}" for key in keys) + f"{share:>12}")
    for what, waiting in (("answered", found["to_acknowledge"]), ("verified", found["to_verify"])):
        half, ninety = (
            "not reached" if d is None else f"{d:.2f} days" for d in (waiting["median_days"], waiting["ninety_days"])
        )
        click.echo(f"half {what} after {half}, nine of ten after {ninety} ({waiting['n_open']:,} still open)")
