"""`tocsin user`: who signs in."""

from __future__ import annotations

import click

from tocsin.project.commands import fail, prepare


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(["administrator", "analyst", "approver", "reader", "contact"]))
@click.option("--organization", help="Required for the role contact: whose contact.")
def user_add(email: str, role: str, organization: str | None) -> None:
    """Add a person and print a link that signs them in once."""
    if (role == "contact") != bool(organization):
        fail("--organization belongs to the role contact, and only to it", 2)
    prepare()
    from tocsin.accounts.actions import UserExists
    from tocsin.project.work import people as work

    try:
        path = work.add(email, role, organization)
    except LookupError:
        fail(f"{organization}: no such organization")
    except UserExists:
        fail(f"{email}: is there already")
    from django.conf import settings

    click.echo(f"{settings.TOCSIN_BASE_URL}{path}")
