"""`tocsin contacts` and `tocsin drills`: how people are reached, and whether anybody reads it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from tocsin.project.commands import AS_JSON, FILE, INSTANT, fail, prepare, show

ORGANIZATION = click.argument("organization")


@click.group()
def contacts() -> None:
    """Whom we reach, and how: states, keys, chat rooms, webhooks, proposed changes."""


@contacts.command("list")
@click.option("--organization", default="", metavar="ID", help="Only of this organization.")
@AS_JSON
def contacts_list(organization: str, as_json: bool) -> None:
    """List contacts with their states: reached, not confirmed yet, address dead."""
    prepare()
    from tocsin.project.work import reaching as work

    try:
        found = work.contacts(organization)
    except LookupError as error:
        fail(f"{error.args[0]}: not known")
    if as_json:
        show(found)
        return
    for row in found:
        click.echo(f"{row['organization']}  {row['email']}  {row['state']}  {row['because']}".rstrip())


@contacts.command("reach")
@click.argument("organizations", nargs=-1)
@click.option("--now", "at", type=INSTANT, help="As of this instant (ISO 8601).")
@AS_JSON
def contacts_reach(organizations: tuple[str, ...], at: datetime | None, as_json: bool) -> None:
    """Say how well organizations are reached, 0 to 100, with the reasons; the worst first."""
    prepare()
    from tocsin.project.work import reaching as work

    try:
        found = work.figures(organizations, at=at)
    except LookupError as error:
        fail(f"{error.args[0]}: not known")
    if as_json:
        show(found)
        return
    for row in found:
        click.echo(f"{row['figure']:3}  {row['organization']}  {work.words(row['reasons'])}")


@contacts.command("ask")
@ORGANIZATION
@click.argument("email")
def contacts_ask(organization: str, email: str) -> None:
    """Ask a contact to confirm by a link; the worker sends the mail."""
    prepare()
    from tocsin.project.work import reaching as work

    try:
        work.ask(organization, email)
    except LookupError as error:
        fail(f"{error.args[0]}: not known")
    click.echo(f"{email} is asked", err=True)


@contacts.command("run")
@click.option("--now", "at", type=INSTANT, help="As of this instant (ISO 8601) instead of now.")
@AS_JSON
def contacts_run(at: datetime | None, as_json: bool) -> None:
    """Do what the worker does: read what came back, ask those whose time has come, send what waits."""
    prepare()
    from tocsin.project.work import reaching as work

    found = work.run(at=at)
    if as_json:
        show(found)
    else:
        click.echo(", ".join(f"{name} {n}" for name, n in found.items()))


@contacts.command("key")
@ORGANIZATION
@click.argument("email")
@click.argument("file", type=FILE)
@AS_JSON
def contacts_key(organization: str, email: str, file: Path, as_json: bool) -> None:
    """Add a public OpenPGP key (armored) or an S/MIME certificate (PEM) of a contact."""
    prepare()
    from tocsin.project.work import reaching as work
    from tocsin.reach.actions import BadKey

    try:
        found = work.add_key(organization, email, file.read_text(encoding="utf-8"))
    except LookupError as error:
        fail(f"{error.args[0]}: not known")
    except (BadKey, OSError, UnicodeDecodeError) as error:
        fail(f"{file}: {error}")
    if as_json:
        show(found)
    else:
        click.echo(f"{found['kind']} {found['fingerprint']} {found['names']}  expires {found['expires_at'] or 'never'}")


@contacts.command("endpoints")
@AS_JSON
def contacts_endpoints(as_json: bool) -> None:
    """List chat rooms and webhooks."""
    prepare()
    from tocsin.project.work import reaching as work

    found = work.endpoints()
    if as_json:
        show(found)
        return
    for row in found:
        click.echo(f"{row['id']}  {row['organization']}  {row['service']} {row['host']}  {row['says']}".rstrip())


@contacts.command("add-endpoint")
@ORGANIZATION
@click.option("--channel", required=True, type=click.Choice(["chat", "webhook"]))
@click.option(
    "--address-file", required=True, type=click.File("r"), help="File with the address, or - for standard input: it is a secret."
)  # fmt: skip
@click.option("--only-escalated", is_flag=True, help="Not every warning goes here, only what an escalation sends.")
@AS_JSON
def contacts_add_endpoint(
    organization: str, channel: str, address_file: TextIO, only_escalated: bool, as_json: bool
) -> None:
    """Add a chat room (its address as Apprise writes it) or a webhook; the secret of a webhook is printed this once."""
    prepare()
    from tocsin.project.work import reaching as work
    from tocsin.reach.actions import BadEndpoint

    try:
        found = work.add_endpoint(organization, channel, address_file.read().strip(), always=not only_escalated)
    except LookupError as error:
        fail(f"{error.args[0]}: not known")
    except BadEndpoint as error:
        fail(str(error))
    if as_json:
        show(found)
        return
    click.echo(f"{found['id']}  {found['service']} {found['host']}", err=True)
    if found["secret"]:
        click.echo(found["secret"])


@contacts.command("try-endpoint")
@click.argument("id_", metavar="ID")
def contacts_try_endpoint(id_: str) -> None:
    """Send something that says it is a test."""
    prepare()
    from tocsin.channels.handover import NotHandedOver
    from tocsin.project.work import reaching as work

    try:
        click.echo(work.try_endpoint(id_))
    except LookupError:
        fail(f"{id_}: not known")
    except NotHandedOver as error:
        fail(str(error))


@contacts.command("remove-endpoint")
@click.argument("id_", metavar="ID")
def contacts_remove_endpoint(id_: str) -> None:
    """Use an endpoint no more; its address and secret are forgotten."""
    prepare()
    from tocsin.project.work import reaching as work

    try:
        work.remove_endpoint(id_)
    except LookupError:
        fail(f"{id_}: not known")
    click.echo("removed", err=True)


@contacts.command("proposals")
@AS_JSON
def contacts_proposals(as_json: bool) -> None:
    """List changes that organizations propose and that wait for the team, each with its difference."""
    prepare()
    from tocsin.project.work import reaching as work

    found = work.proposals()
    if as_json:
        show(found)
        return
    for row in found:
        click.echo(f"{row['id']}  {row['organization']}  {row['what']}  by {row['by']}")
        for one in row["differences"]:
            click.echo(f"    {one['field']}: {one['before']} -> {one['after']}")


@contacts.command("decide")
@click.argument("id_", metavar="ID")
@click.option("--approve/--refuse", default=None, required=True)
@click.option("--because", default="", help="Why; it is kept.")
def contacts_decide(id_: str, approve: bool, because: str) -> None:
    """Approve or refuse a proposed change."""
    prepare()
    from tocsin.constituency.actions import HeldAlready
    from tocsin.project.work import reaching as work
    from tocsin.reach.actions import AlreadyDecided

    try:
        work.decide(id_, approve=approve, because=because)
    except LookupError:
        fail(f"{id_}: not known")
    except AlreadyDecided:
        fail(f"{id_}: somebody has decided already")
    except HeldAlready as error:
        fail(f"{error}: there is another entry for the same on some of these days")
    click.echo("approved" if approve else "refused", err=True)


@click.group()
def drills() -> None:
    """Exercises: call contacts without a reason, and see who answers."""


@drills.command("begin")
@click.argument("title")
@click.option("--organization", "organizations", multiple=True, metavar="ID", help="Only these; else all.")
@click.option("--role", "roles", multiple=True, help="Only contacts with one of these roles.")
@click.option("--hours", type=click.IntRange(1, 720), default=24, show_default=True, help="When it ends.")
@AS_JSON
def drills_begin(
    title: str, organizations: tuple[str, ...], roles: tuple[str, ...], hours: int, as_json: bool
) -> None:  # fmt: skip
    """Begin an exercise; the worker sends the mails, marked EXERCISE."""
    prepare()
    from tocsin.project.work import reaching as work
    from tocsin.reach.actions import BadDrill

    try:
        found = work.begin_drill(title, organizations, roles, hours)
    except BadDrill as error:
        fail(str(error))
    if as_json:
        show(found)
    else:
        click.echo(f"{found['id']}  {found['called']} contacts are called; it ends {found['ends_at']:%Y-%m-%d %H:%M}")


@drills.command("list")
@AS_JSON
def drills_list(as_json: bool) -> None:
    """List exercises, the newest first."""
    prepare()
    from tocsin.project.work import reaching as work

    found = work.drills()
    if as_json:
        show(found)
        return
    for row in found:
        click.echo(f"{row['id']}  {row['begun_at']:%Y-%m-%d}  {row['answered']} of {row['called']}  {row['title']}")


@drills.command("show")
@click.argument("id_", metavar="ID")
@AS_JSON
def drills_show(id_: str, as_json: bool) -> None:
    """Tell who answered an exercise, and in what time."""
    prepare()
    from tocsin.project.work import reaching as work

    try:
        found = work.drill(id_)
    except LookupError:
        fail(f"{id_}: not known")
    if as_json:
        show(found)
        return
    click.echo(
        f"{found['answered']} of {found['called']} answered, {found['bounced']} came back;"
        f" {found['organizations_answered']} of {found['organizations']} organizations"
    )
    for row in found["calls"]:
        when = row["answered_at"].isoformat() if row["answered_at"] else row["state"]
        click.echo(f"{row['organization']}  {row['email']}  {when}")
