"""`tocsin findings`: what was found."""

from __future__ import annotations

import json
from uuid import UUID

import click

from tocsin.project.commands import AS_JSON, fail, prepare, show


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
