"""`tocsin user`: who signs in."""

from __future__ import annotations

import sys

import click

from tocsin.project.commands import AS_JSON, fail, prepare, show

ROLES = click.Choice(["administrator", "analyst", "approver", "reader", "contact"])
LANGUAGES = click.Choice(["vi", "en"])


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, type=ROLES)
@click.option("--organization", help="Required for the role contact: whose contact.")
@click.option("--name", default="", help="What the person is called.")
@click.option("--language", default="", type=click.Choice(["", "vi", "en"]), help="Of the screen, until they choose.")
def user_add(email: str, role: str, organization: str | None, name: str, language: str) -> None:
    """Add a person and print a link that signs them in once."""
    if (role == "contact") != bool(organization):
        fail("--organization belongs to the role contact, and only to it", 2)
    if "@" not in email.strip("@"):
        fail(f"{email}: is no e-mail address", 2)
    prepare()
    from tocsin.accounts.actions import UserExists
    from tocsin.project.work import people as work

    try:
        path = work.add(email, role, organization, name=name, language=language)
    except LookupError:
        fail(f"{organization}: no such organization")
    except UserExists:
        fail(f"{email}: is there already")
    _print_link(path)


@user.command("list")
@click.option("--role", default="", type=click.Choice(["", *ROLES.choices]), help="Only of this role.")
@AS_JSON
def user_list(role: str, as_json: bool) -> None:
    """List people."""
    prepare()
    from tocsin.project.work import people as work

    found = work.list_all(role)
    if as_json:
        show(found)
        return
    for person in found:
        marks = [] if person["is_active"] else ["closed"]
        marks += ["second step"] if person["has_factor"] else []
        click.echo(f"{person['role']:13} {person['email']}  {' '.join([*person['organizations'], *marks])}".rstrip())


@user.command("change")
@click.argument("email")
@click.option("--role", type=ROLES)
@click.option("--name", help="What the person is called.")
@click.option("--language", type=LANGUAGES)
@click.option(
    "--second-step/--no-second-step", default=None, help="Demand a second step of this person, or leave it to the role."
)
@click.option("--reset-second-step", is_flag=True, help="Remove app, passkeys and codes of somebody who lost them.")
def user_change(
    email: str,
    role: str | None,
    name: str | None,
    language: str | None,
    second_step: bool | None,
    reset_second_step: bool,
) -> None:
    """Change a person. The last administrator stays one."""
    if all(given is None for given in (role, name, language, second_step)) and not reset_second_step:
        fail("say what to change: --role, --name, --language, --second-step, --reset-second-step", 2)
    prepare()
    from tocsin.accounts.actions import LastAdministrator
    from tocsin.project.work import people as work

    try:
        changed = work.change(
            email,
            role=role,
            name=name,
            language=language,
            must_have_factor=second_step,
            reset_factors=reset_second_step,
        )
    except LookupError:
        fail(f"{email}: nobody has this address")
    except LastAdministrator as error:
        fail(str(error))
    click.echo(f"{email}: {'changed' if changed else 'was so already'}", err=True)


@user.command("deactivate")
@click.argument("email")
def user_deactivate(email: str) -> None:
    """Close an account: sessions, links and tokens end at once."""
    prepare()
    from tocsin.accounts.actions import LastAdministrator
    from tocsin.project.work import people as work

    try:
        done = work.deactivate(email)
    except LookupError:
        fail(f"{email}: nobody has this address")
    except LastAdministrator as error:
        fail(str(error))
    click.echo(f"{email}: {'closed' if done else 'was closed already'}", err=True)


@user.command("activate")
@click.argument("email")
def user_activate(email: str) -> None:
    """Open a closed account again."""
    prepare()
    from tocsin.project.work import people as work

    try:
        done = work.activate(email)
    except LookupError:
        fail(f"{email}: nobody has this address")
    click.echo(f"{email}: {'open again' if done else 'was open already'}", err=True)


@user.command("link")
@click.argument("email")
def user_link(email: str) -> None:
    """Print a new link that signs a person in once, within 24 hours."""
    prepare()
    from tocsin.project.work import people as work

    try:
        person = work.known(email)
    except LookupError:
        fail(f"{email}: nobody has this address")
    if not person.is_active:
        fail(f"{email}: the account is closed; tocsin user activate {email} opens it")
    _print_link(work.link_of(person))


def _print_link(path: str) -> None:
    from django.conf import settings

    click.echo(f"{settings.TOCSIN_BASE_URL}{path}")
    sys.stdout.flush()
