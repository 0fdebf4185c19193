"""`tocsin surveys`: ask organizations a question, count the answers."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show


@click.group()
def surveys() -> None:
    """Ask organizations a question: create, test, send, look, close, export. `tocsin followup run` chases the silent."""


@surveys.command("list")
@AS_JSON
def surveys_list(as_json: bool) -> None:
    """List the surveys, newest first."""
    prepare()
    from tocsin.project.work import surveys as work

    rows = work.list_all()
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['state']:8} {row['due_on']}  {row['n_answered']}/{row['n_asked']}  {row['title_vi']}")  # fmt: skip


@surveys.command("create")
@click.argument("file", type=FILE)
@AS_JSON
def surveys_create(file: Path, as_json: bool) -> None:
    """Write down the survey that FILE (YAML, docs/examples/survey.yaml) describes; nothing is sent."""
    prepare()
    from tocsin.project.work import surveys as work

    try:
        made = work.create(file)
    except work.Refused as error:
        fail(str(error), 2)
    show(made) if as_json else click.echo(made["id"])


@surveys.command("show")
@click.argument("id_", metavar="ID")
@AS_JSON
def surveys_show(id_: str, as_json: bool) -> None:
    """Show one: whom it asks, what the answers come to, who is silent."""
    prepare()
    from tocsin.project.work import surveys as work

    try:
        found = work.show(id_)
    except LookupError:
        fail(f"{id_}: no such survey")
    if as_json:
        show(found)
        return
    click.echo(f"{found['title_vi']}  ({found['state']}, {found['n_answered']}/{found['n_asked']}, {found['due_on']})")
    for question, tally in zip(found["questions"], found["tallies"], strict=True):
        counts = ", ".join(f"{word} {n}" for word, n in tally["counts"].items())
        numbers = f"sum {tally['sum']}, median {tally['median']}" if tally["sum"] is not None else ""
        click.echo(f"{tally['question']}. {question['vi']}  {tally['n_answered']}: {counts or numbers}")
    for one in found["recipients"]:
        click.echo(f"{one['organization']}  {', '.join(one['to']) or 'nobody'}")
    if found["silent"]:
        click.echo(f"silent: {', '.join(found['silent'])}")


@surveys.command("test")
@click.argument("id_", metavar="ID")
@click.option("--to", multiple=True, required=True, metavar="ADDRESS", help="A test address; may be repeated.")
@AS_JSON
def surveys_test(id_: str, to: tuple[str, ...], as_json: bool) -> None:
    """Hand it over to test addresses, in both languages, marked as a test."""
    prepare()
    from tocsin.project.work import surveys as work

    try:
        outcomes = work.test(id_, list(to))
    except LookupError:
        fail(f"{id_}: no such survey")
    except work.Refused as error:
        fail(str(error))
    if as_json:
        show(outcomes)
    else:
        for one in outcomes:
            click.echo(f"{one['to']}  {one['state']}  {one.get('says', '')}")
    if any(one["state"] != "handed-over" for one in outcomes):
        fail("not every test address got it")


@surveys.command("send")
@click.argument("id_", metavar="ID")
@click.option("--untested", is_flag=True, help="Though it was not tried on a test address.")
@AS_JSON
def surveys_send(id_: str, untested: bool, as_json: bool) -> None:
    """Ask everybody selected, once."""
    prepare()
    from tocsin.project.work import surveys as work

    try:
        sent = work.send(id_, untested=untested)
    except LookupError:
        fail(f"{id_}: no such survey")
    except work.Refused as error:
        fail(str(error))
    show(sent) if as_json else click.echo(f"{sent['n_asked']} organizations asked", err=True)


@surveys.command("close")
@click.argument("id_", metavar="ID")
@AS_JSON
def surveys_close(id_: str, as_json: bool) -> None:
    """Take no answers any more, and remind nobody."""
    prepare()
    from tocsin.project.work import surveys as work

    try:
        closed = work.close(id_)
    except LookupError:
        fail(f"{id_}: no such survey")
    except work.Refused as error:
        fail(str(error))
    show(closed) if as_json else click.echo(f"{closed['n_answered']} of {closed['n_asked']} answered", err=True)


@surveys.command("facts")
@click.option("--label", default="", help="Only this one.")
@AS_JSON
def surveys_facts(label: str, as_json: bool) -> None:
    """List what was registered of organizations from their answers: surveys, emergencies and campaigns select by it."""
    prepare()
    from tocsin.project.work import surveys as work

    rows = work.facts(label)
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(f"{row['label']}  {row['organization']}  {row['by']}  {row['at']}")


@surveys.command("export")
@click.argument("id_", metavar="ID")
@AS_JSON
def surveys_export(id_: str, as_json: bool) -> None:
    """Print who was asked and the latest answers as CSV, or as JSON."""
    prepare()
    from tocsin.project.work import surveys as work

    try:
        heading, rows = work.answers(id_)
    except LookupError:
        fail(f"{id_}: no such survey")
    if as_json:
        show([dict(zip(heading, row, strict=True)) for row in rows])
    else:
        click.echo(work.as_csv(heading, rows), nl=False)
