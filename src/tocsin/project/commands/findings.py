"""`tocsin findings`: what was found."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show


@click.group()
def findings() -> None:
    """What was found, one row for each organization, asset and kind."""


@findings.command("list")
@click.option("--organization", default="", help="Only of this organization.")
@AS_JSON
def findings_list(organization: str, as_json: bool) -> None:
    """List findings, the gravest first."""
    prepare()
    from tocsin.project.work import findings as work

    found = work.list_all(organization)
    if as_json:
        show(found)
        return
    for finding in found:
        click.echo(
            f"{finding['severity']:8} {finding['organization']}  {finding['asset']}  {finding['kind']}  {finding['owner']}"
        )


@findings.command("show")
@click.argument("id_", metavar="ID", type=click.UUID)
@AS_JSON
def findings_show(id_: UUID, as_json: bool) -> None:
    """Show a finding: what sensors see, what its owner says, each with its whole history."""
    prepare()
    from tocsin.project.work import findings as work

    found = work.show(id_)
    if found is None:
        fail(f"{id_}: no such finding")
    if as_json:
        show(found)
        return
    click.echo(f"{found['severity']}  {found['organization']}  {found['asset']}  {found['kind']}  {found['because']}")
    for axis in ("sensors", "owner"):
        click.echo(f"{axis}: {found[axis]['state']}")
        for change in found[axis]["history"]:
            click.echo("    " + "  ".join(str(value) for value in change.values() if value))
    for episode in found["episodes"]:
        click.echo(f"before: {json.dumps(episode)}")


@findings.command("recheck")
@click.argument("id_", metavar="ID", type=click.UUID)
@click.option(
    "--result",
    type=click.Choice(["clean", "still-there", "could-not-tell"]),
    help="Take this result of a scanner of yours.",
)
@click.option("--sensor", default="scanner", show_default=True, help="Which scanner it was.")
@click.option("--said", default="", help="What it saw.")
def findings_recheck(id_: UUID, result: str | None, sensor: str, said: str) -> None:
    """Ask that one finding is looked at again by the worker, or take the result of a scanner."""
    prepare()
    from tocsin.project.work import findings as work

    try:
        work.take_result(id_, result, sensor, said) if result else work.ask(id_)
    except LookupError:
        fail(f"{id_}: no such finding")
    except work.Refused as error:
        fail(str(error))
    click.echo("taken" if result else "asked for; the worker looks", err=True)


@findings.command("known-exploited")
@click.argument("file", type=FILE)
@AS_JSON
def findings_known_exploited(file: Path, as_json: bool) -> None:
    """Take CISA's list of what is known to be exploited (JSON or CSV): findings that carry one become critical."""
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    prepare()
    from tocsin.project.work import findings as work

    try:
        taken = work.take_known_exploited(content)
    except work.Refused as error:
        fail(f"{file}: {error}")
    for number, why in taken["rejects"]:
        click.echo(f"{file}: entry {number} {why}", err=True)
    if as_json:
        show(taken)
    else:
        click.echo(f"{taken['entries']} entries, {taken['new']} new; {taken['raised']} findings became critical")


@findings.command("permit")
@click.argument("organization")
@click.option("--given-by", required=True, help="Who of the organization gave it.")
@click.option("--given-on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day it was given.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds.")
@click.option("--range", "value", default="", help="A range of addresses; without it, all that the organization holds.")
@click.option("--note", default="", help="Where it is written.")
def findings_permit(
    organization: str, given_by: str, given_on: datetime, until: datetime, value: str, note: str
) -> None:  # fmt: skip
    """Record that an organization permits that its services are looked at again."""
    prepare()
    from tocsin.project.work import findings as work

    try:
        work.permit(organization, value, given_by=given_by, given_on=given_on.date(), until=until.date(), note=note)
    except LookupError:
        fail(f"{organization}: no such organization")
    except work.Refused as error:
        fail(str(error))
    click.echo("recorded", err=True)
