"""`tocsin policy`, `tocsin own-rules` and `tocsin silence`: how organizations are warned, and when they are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from tocsin.project.commands import AS_JSON, INSTANT, fail, prepare, show

SEVERITY = click.Choice(["critical", "high", "medium", "low", "info"])
ORGANIZATION = click.option("--organization", default="", metavar="ID", help="For this organization only.")
KIND = click.option("--kind", default="", help="For this kind only, or for all kinds of this RSIT type.")


def _days(given: tuple[str, ...], what: str) -> dict[str, int]:
    found = {}
    for text in given:
        severity, equals, days = text.partition("=")
        if not equals or severity not in SEVERITY.choices or not days.isdigit():
            fail(f"{what} {text!r}: write for example critical=2", 2)
        found[severity] = int(days)
    return found


@click.group()
def policy() -> None:
    """How organizations are warned: the most specific policy applies."""


@policy.command("list")
@AS_JSON
def policy_list(as_json: bool) -> None:
    """List the policies, those for all first."""
    prepare()
    from tocsin.project.work import policies as work

    rows = work.list_all()
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(_line(row))


@policy.command("set")
@ORGANIZATION
@KIND
@click.option(
    "--approval/--automatic", "needs_approval", default=False, help="Whether every notice waits for an approver."
)
@click.option("--group", "grouping", default="organization", type=click.Choice(["organization", "kind", "network"]), show_default=True, help="What shares a notice.")  # fmt: skip
@click.option("--repeat", "repeat_days", default=7, type=click.IntRange(0, 3650), show_default=True, metavar="DAYS", help="Remind every so many days; 0: never.")  # fmt: skip
@click.option("--repeat-of", multiple=True, metavar="SEVERITY=DAYS", help="Another interval for a severity.")
@click.option("--deadline", multiple=True, metavar="SEVERITY=DAYS", help="Days to fix what has a severity.")
@click.option("--language", default="", type=click.Choice(["", "vi", "en"]), help="The language of the mail; empty: that of each contact.")  # fmt: skip
@click.option("--tlp", default="TLP:AMBER", show_default=True, metavar="LABEL")
@click.option("--minimum-severity", default="low", type=SEVERITY, show_default=True, help="Warn from this severity.")
@click.option(
    "--role", "contact_roles", multiple=True, help="Who is told: contacts with this role; may be given again."
)
@click.option("--note", default="", help="Why it is so.")
@AS_JSON
def policy_set(organization: str, kind: str, repeat_of: tuple[str, ...], deadline: tuple[str, ...], as_json: bool, **wanted: Any) -> None:  # fmt: skip
    """Make or replace a policy: without --organization for all, without --kind for every kind."""
    wanted["repeat_days_by"] = _days(repeat_of, "--repeat-of")
    wanted["deadline_days"] = _days(deadline, "--deadline")
    prepare()
    from tocsin.project.work import policies as work

    try:
        row = work.set_policy(organization, kind, wanted)
    except LookupError:
        fail(f"{organization}: no such organization")
    except ValueError as error:
        fail(str(error), 2)
    if as_json:
        show(row)
    else:
        click.echo(_line(row), err=True)


@policy.command("remove")
@ORGANIZATION
@KIND
def policy_remove(organization: str, kind: str) -> None:
    """Remove a policy: the next less specific one applies."""
    prepare()
    from tocsin.project.work import policies as work

    if not work.remove_policy(organization, kind):
        fail(f"no policy for {organization or 'all'} and {kind or 'every kind'}")


@policy.command("show")
@ORGANIZATION
@KIND
@AS_JSON
def policy_show(organization: str, kind: str, as_json: bool) -> None:
    """Say which policy applies to an organization and a kind, and why."""
    prepare()
    from tocsin.project.work import policies as work

    found = work.applied(organization, kind)
    if as_json:
        show(found)
        return
    click.echo(f"applies: {found['because']}")
    for name, value in found["values"].items():
        click.echo(f"    {name}: {value}")


def _line(row: dict[str, Any]) -> str:
    way = "after approval" if row["needs_approval"] else "automatic"
    return (
        f"{row['organization'] or '*'} {row['kind'] or '*'}  {way}, grouped by {row['grouping']}, every {row['repeat_days']} days,"
        f" {row['tlp']}, from {row['minimum_severity']}{'  ' + row['note'] if row['note'] else ''}"
    )


@click.group("own-rules")
def own_rules() -> None:
    """What organizations say of mail to them: how grave a thing has to be, and how often. The portal shows all."""


@own_rules.command("list")
@AS_JSON
def own_rules_list(as_json: bool) -> None:
    """List what organizations say of mail to them."""
    prepare()
    from tocsin.project.work import policies as work

    rows = work.own_rules()
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(_own(row))


@own_rules.command("set")
@click.argument("organization")
@click.option("--floor", type=click.Choice(["low", "medium", "high"]), help="Mail from this severity on.")
@click.option("--rhythm", type=click.Choice(["at-once", "daily", "weekly"]), help="How often.")
@click.option("--hour", type=click.IntRange(0, 23), help="Of its clocks: when gathered mail goes out.")
@click.option("--weekday", type=click.IntRange(0, 6), help="The day of a weekly mail; 0 is Monday.")
@AS_JSON
def own_rules_set(organization: str, as_json: bool, **given: str | int | None) -> None:
    """Say for an organization which mail it wants; what is not given stays as it is. What is critical comes at once all the same."""
    prepare()
    from tocsin.project.work import policies as work

    try:
        row = work.set_own_rule(organization, {name: value for name, value in given.items() if value is not None})
    except LookupError:
        fail(f"{organization}: no such organization")
    show(row) if as_json else click.echo(_own(row), err=True)


def _own(row: dict[str, Any]) -> str:
    when = {"daily": f" at {row['hour']}:00", "weekly": f" on day {row['weekday']} at {row['hour']}:00"}
    return f"{row['organization']}  from {row['floor']}, {row['rhythm']}{when.get(row['rhythm'], '')}  {row['by']}"


@click.group()
def silence() -> None:
    """Times in which organizations are not warned."""


@silence.command("add")
@ORGANIZATION
@KIND
@click.option("--reason", required=True, help="Why.")
@click.option("--until", type=INSTANT, help="When it ends (ISO 8601).")
@click.option("--for", "lasts", metavar="DURATION", help="How long it lasts, such as 12h or 7d.")
@AS_JSON
def silence_add(
    organization: str, kind: str, reason: str, until: datetime | None, lasts: str | None, as_json: bool
) -> None:
    """Warn of something no more until a time: without --organization nobody, without --kind of nothing."""
    if bool(until) == bool(lasts):
        fail("say when it ends: --until or --for", 2)
    if not reason.strip():
        fail("say why: --reason", 2)
    from tocsin.core import durations

    length: timedelta | None = None
    try:
        length = durations.parse(lasts) if lasts else None
    except durations.BadDuration as error:
        fail(str(error), 2)
    prepare()
    from tocsin.project.work import policies as work

    try:
        row = work.silence(organization, kind, reason=reason, until=until, lasts=length)
    except LookupError:
        fail(f"{organization}: no such organization")
    except ValueError as error:
        fail(str(error), 2)
    if as_json:
        show(row)
    else:
        click.echo(f"silence {row['id']} until {row['until']}", err=True)


@silence.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that have ended as well.")
@AS_JSON
def silence_list(everything: bool, as_json: bool) -> None:
    """List the silences that hold."""
    prepare()
    from tocsin.project.work import policies as work

    rows = work.silences(everything=everything)
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(
            f"{row['id']}  {row['organization'] or '*'} {row['kind'] or '*'}  until {row['until']}  {row['reason']}"
        )


@silence.command("lift")
@click.argument("id_", metavar="ID", type=int)
def silence_lift(id_: int) -> None:
    """End a silence now."""
    prepare()
    from tocsin.project.work import policies as work

    if not work.lift(id_):
        fail(f"{id_}: no silence that holds")
