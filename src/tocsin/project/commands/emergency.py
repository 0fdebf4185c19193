"""`tocsin emergency`: one warning to many organizations at once, outside of every schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show

SEVERITY = click.Choice(["critical", "high", "medium", "low", "info"])


@click.group()
def emergency() -> None:
    """Warn many organizations at once: draft, preview, test, send. Ignores schedules, quiet hours and policies."""


@emergency.command("draft")
@click.option("--title-vi", required=True, help="One line.")
@click.option("--title-en", required=True, help="One line.")
@click.option("--text-vi", required=True, type=FILE, help="File with the text in Vietnamese (UTF-8).")
@click.option("--text-en", required=True, type=FILE, help="File with the text in English (UTF-8).")
@click.option(
    "--organization",
    "organizations",
    multiple=True,
    metavar="ID",
    help="This one, whatever else is asked for; may be repeated.",
)
@click.option("--sector", "sectors", multiple=True, help="Those of this sector; may be repeated.")
@click.option("--criticality", "criticalities", multiple=True, help="Those of this criticality; may be repeated.")
@click.option("--fact", "facts", multiple=True, help="Those of which this was registered from their answers; may be repeated.")  # fmt: skip
@click.option("--essential", is_flag=True, help="Those that provide an essential service.")
@click.option("--below", default="", metavar="ID", help="This one and all below it.")
@click.option("--all", "everyone", is_flag=True, help="All organizations.")
@click.option("--severity", type=SEVERITY, default="critical", show_default=True, help="Its escalation plan follows.")
@click.option("--tlp", default="TLP:AMBER", show_default=True, metavar="LABEL")
@click.option("--answer-hours", type=click.IntRange(1, 720), default=24, show_default=True, help="Asked to answer within.")  # fmt: skip
@AS_JSON
def emergency_draft(text_vi: Path, text_en: Path, as_json: bool, **given: Any) -> None:
    """Write an emergency warning down; nothing is sent."""
    texts = {}
    for name, path in (("text_vi", text_vi), ("text_en", text_en)):
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{path}: {error}")
    chosen = ("organizations", "sectors", "criticalities", "essential", "below", "everyone", "facts")
    selection = {name: given.pop(name) for name in chosen}
    prepare()
    from tocsin.project.work import emergencies as work

    try:
        made = work.draft(selection=selection, **texts, **given)
    except work.Refused as error:
        fail(str(error), 2)
    if as_json:
        show(made)
    else:
        click.echo(made["id"])


@emergency.command("list")
@AS_JSON
def emergency_list(as_json: bool) -> None:
    """List the emergency warnings, newest first."""
    prepare()
    from tocsin.project.work import emergencies as work

    rows = work.list_all()
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['state']:8} {row['severity']:8} {row['title_vi']}  {row['n_answered']}/{row['n_sent']}")  # fmt: skip


@emergency.command("preview")
@click.argument("id_", metavar="ID")
@AS_JSON
def emergency_preview(id_: str, as_json: bool) -> None:
    """Show who would get it, and how it reads in both languages."""
    prepare()
    from tocsin.project.work import emergencies as work

    try:
        found = work.preview(id_)
    except LookupError:
        fail(f"{id_}: no such emergency warning")
    if as_json:
        show(found)
        return
    for mail in found["mails"].values():
        click.echo(f"{mail['subject']}\n{mail['text']}\n")
    for one in found["recipients"]:
        click.echo(f"{one['organization']}  {', '.join(to['email'] for to in one['to']) or 'nobody'}")


@emergency.command("test")
@click.argument("id_", metavar="ID")
@click.option("--to", multiple=True, required=True, metavar="ADDRESS", help="A test address; may be repeated.")
@AS_JSON
def emergency_test(id_: str, to: tuple[str, ...], as_json: bool) -> None:
    """Hand it over to test addresses, in both languages, marked as a test."""
    prepare()
    from tocsin.project.work import emergencies as work

    try:
        outcomes = work.test(id_, list(to))
    except LookupError:
        fail(f"{id_}: no such emergency warning")
    except work.Refused as error:
        fail(str(error))
    if as_json:
        show(outcomes)
    else:
        for one in outcomes:
            click.echo(f"{one['to']}  {one['state']}  {one.get('says', '')}")
    if any(one["state"] != "handed-over" for one in outcomes):
        fail("not every test address got it")


@emergency.command("send")
@click.argument("id_", metavar="ID")
@click.option("--untested", is_flag=True, help="Though it was not tried on a test address.")
@AS_JSON
def emergency_send(id_: str, untested: bool, as_json: bool) -> None:
    """Let it go to everybody selected, once; the worker hands it over before anything else."""
    prepare()
    from tocsin.project.work import emergencies as work

    try:
        sent = work.send(id_, untested=untested)
    except LookupError:
        fail(f"{id_}: no such emergency warning")
    except work.Refused as error:
        fail(str(error))
    if as_json:
        show(sent)
    else:
        click.echo(f"{len(sent['notices'])} organizations; handed over by the worker or by `tocsin notices run`", err=True)  # fmt: skip


@emergency.command("drop")
@click.argument("id_", metavar="ID")
def emergency_drop(id_: str) -> None:
    """Give a draft up; it is kept as it was."""
    prepare()
    from tocsin.project.work import emergencies as work

    try:
        work.drop(id_)
    except LookupError:
        fail(f"{id_}: no such emergency warning")
    except work.Refused as error:
        fail(str(error))
