"""`tocsin token`: what programs call with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tocsin.base.api.scopes import Scope
from tocsin.project.commands import AS_JSON, fail, prepare, show

if TYPE_CHECKING:
    from datetime import datetime


@click.group()
def token() -> None:
    """Tokens, with which programs call the API."""


@token.command("add")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]), help="What it may be used for; give it several times."
)  # fmt: skip
@click.option("--organization", default="", help="The one organization it sees; else it sees all.")
@click.option("--expires", help="The day after which it ends: 2027-06-30.")
@AS_JSON
def token_add(name: str, scopes: tuple[str, ...], organization: str, expires: str | None, as_json: bool) -> None:
    """Make a token called NAME and print its secret, this once."""
    end = _end_of(expires) if expires else None
    prepare()
    from tocsin.accounts.actions import BeyondOrganization
    from tocsin.project.work import tokens as work

    try:
        made = work.add(name, [Scope(scope) for scope in scopes], organization, end)
    except LookupError:
        fail(f"{organization}: no such organization")
    except BeyondOrganization as error:
        fail(f"a token of one organization may not hold {error}", 2)
    if as_json:
        show(made)
    else:
        click.echo(made["secret"])
        click.echo("tocsin: keep it now; it is not shown again", err=True)


def _end_of(day: str) -> datetime:
    """Return the end of a day, in UTC."""
    from datetime import UTC, date, datetime, time, timedelta

    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except ValueError:
        fail(f"{day!r} is no day; write 2027-06-30", 2)


@token.command("list")
@AS_JSON
def token_list(as_json: bool) -> None:
    """List the tokens, newest first."""
    prepare()
    from tocsin.project.work import tokens as work

    found = work.list_all()
    if as_json:
        show(found)
        return
    for row in found:
        state = "revoked" if row["revoked_at"] else "expired" if row["expired"] else "holds"
        place = row["organization"] or "all organizations"
        click.echo(f"{row['prefix']}  {state:8} {row['name']}  {place}  {' '.join(row['scopes'])}")


@token.command("revoke")
@click.argument("prefix")
def token_revoke(prefix: str) -> None:
    """End the token whose secret begins with PREFIX, for good."""
    prepare()
    from tocsin.accounts.actions import AlreadyRevoked
    from tocsin.project.work import tokens as work

    try:
        work.revoke(prefix)
    except LookupError:
        fail(f"{prefix}: no such token; `tocsin token list` shows them")
    except AlreadyRevoked:
        fail(f"{prefix}: was revoked before")
