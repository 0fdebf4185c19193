"""`tocsin registrations`: organizations that registered themselves."""

from __future__ import annotations

from uuid import UUID

import click

from tocsin.project.commands import AS_JSON, fail, prepare, show


@click.group()
def registrations() -> None:
    """Organizations that registered themselves: each is there once the team takes it in."""


@registrations.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that were approved or refused as well.")
@AS_JSON
def registrations_list(everything: bool, as_json: bool) -> None:
    """List those that wait for the team, the newest first; whose address nobody confirmed is not among them."""
    prepare()
    from tocsin.project.work import registrations as work

    rows = work.list_all(everything=everything)
    if as_json:
        show(rows)
        return
    for row in rows:
        held = ", ".join(value for _kind, value in row["holdings"])
        click.echo(f"{row['id']}  {row['state']:8} {row['name_vi']}  {row['person']} <{row['email']}> {row['phone']}  {held}")  # fmt: skip


@registrations.command("approve")
@click.argument("id_", metavar="ID", type=click.UUID)
@click.option("--as", "organization", required=True, metavar="ORGANIZATION", help="The identifier under which it is taken in.")  # fmt: skip
@click.option("--because", default="", help="What was found; it is kept.")
@AS_JSON
def registrations_approve(id_: UUID, organization: str, because: str, as_json: bool) -> None:
    """Take one in with its contact, and write to it; what it says it holds stays a claim until that is proven."""
    _decide(id_, approve=True, because=because, organization=organization, as_json=as_json)


@registrations.command("refuse")
@click.argument("id_", metavar="ID", type=click.UUID)
@click.option("--because", required=True, help="Why; the applicant reads it.")
@AS_JSON
def registrations_refuse(id_: UUID, because: str, as_json: bool) -> None:
    """Refuse one, and write to it why."""
    _decide(id_, approve=False, because=because, organization="", as_json=as_json)


def _decide(id_: UUID, *, approve: bool, because: str, organization: str, as_json: bool) -> None:
    prepare()
    from tocsin.project.work import registrations as work

    try:
        found = work.decide(id_, approve=approve, because=because, organization=organization)
    except LookupError:
        fail(f"{id_}: no such registration, or nobody confirmed its address")
    except work.Refused as error:
        fail(str(error))
    show(found) if as_json else click.echo(found["state"], err=True)
