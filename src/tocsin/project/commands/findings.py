"""`tocsin findings`: what was found."""

from __future__ import annotations

import click

from tocsin.project.commands import AS_JSON, prepare, show


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
