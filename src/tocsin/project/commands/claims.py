"""`tocsin claims`: what owners claim of their findings."""

from __future__ import annotations

from datetime import date

import click

from tocsin.project.commands import AS_JSON, fail, prepare, show


@click.group()
def claims() -> None:
    """What owners claim: not theirs, a false alarm, a risk they accept. The team agrees, or warns again."""


@claims.command("list")
@click.option(
    "--state", type=click.Choice(["asked", "approved", "ending", "refused", "ended"]), default="asked", show_default=True, help="Where it stands."
)  # fmt: skip
@AS_JSON
def claims_list(state: str, as_json: bool) -> None:
    """List claims, the newest first."""
    prepare()
    from tocsin.project.work import claims as work

    found = work.list_all(state)
    if as_json:
        show(found)
        return
    for claim in found:
        click.echo(
            f"{claim['id']}  {claim['what']:14} {claim['organization']}  {claim['asset']}  {claim['until'] or '-'}  {claim['note']}"
        )


@claims.command("approve")
@click.argument("ids", nargs=-1, required=True, type=click.UUID)
@click.option("--note", default="", help="What was found.")
@click.option("--until", metavar="DATE", help="The last day it counts; without it, as asked for, or a year.")
@click.option("--to", default="", metavar="ORGANIZATION", help="Whose it is instead, where it is not theirs.")
def claims_approve(ids: tuple[object, ...], note: str, until: str | None, to: str) -> None:
    """Agree with owners: until the end they are not warned of it; what is not theirs goes to whose it is, or to nobody."""
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        fail(f"{until!r} is no day; write for example 2027-03-01", 2)
    _rule(ids, accept=True, note=note, until=day, to=to)


@claims.command("refuse")
@click.argument("ids", nargs=-1, required=True, type=click.UUID)
@click.option("--note", required=True, help="What was found; it is kept, and shown with the claim.")
def claims_refuse(ids: tuple[object, ...], note: str) -> None:
    """Refuse what owners claim: they are warned again."""
    _rule(ids, accept=False, note=note, until=None, to="")


def _rule(ids: tuple[object, ...], *, accept: bool, note: str, until: date | None, to: str) -> None:
    prepare()
    from tocsin.project.work import claims as work

    try:
        n = work.rule(list(ids), accept=accept, note=note, until=until, to=to)
    except work.Refused as error:
        fail(str(error))
    click.echo(f"{n} {'approved' if accept else 'refused'}", err=True)
    if n < len(set(ids)):
        fail("some are not open, or not known")


@claims.command("disowned")
@click.option("--lift", type=int, metavar="NUMBER", help="Lift one of them: what comes in from now on is theirs.")
@AS_JSON
def claims_disowned(lift: int | None, as_json: bool) -> None:
    """List the assets that were agreed not to be those of whoever seems to hold them; or lift one."""
    prepare()
    from tocsin.project.work import claims as work

    if lift is not None:
        if not work.lift(lift):
            fail(f"{lift}: no such number")
        click.echo("lifted", err=True)
        return
    found = work.disowned()
    if as_json:
        show(found)
        return
    for row in found:
        click.echo(f"{row['number']}  {row['organization']}  {row['asset']}  {row['by']}  {row['reason']}")
