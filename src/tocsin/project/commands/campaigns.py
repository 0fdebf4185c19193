"""`tocsin campaigns`: one weakness, all affected organizations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from tocsin.project.commands import AS_JSON, fail, prepare, show

SEVERITY = click.Choice(["critical", "high", "medium", "low", "info"])


@click.group()
def campaigns() -> None:
    """Follow one weakness over all organizations it concerns, until the last one is done."""


@campaigns.command("list")
@AS_JSON
def campaigns_list(as_json: bool) -> None:
    """List the campaigns, newest first, each in figures."""
    prepare()
    from tocsin.project.work import campaigns as work

    rows = work.list_all()
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(_line(row))


@campaigns.command("create")
@click.option("--title-vi", required=True, help="One line.")
@click.option("--title-en", required=True, help="One line.")
@click.option(
    "--weakness", "weaknesses", multiple=True, required=True, help="A kind, or a CVE number that kinds name; may be repeated."
)  # fmt: skip
@click.option("--severity", type=SEVERITY, default="info", show_default=True, help="Leave out what is less grave.")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="By when all is to be done.")
@click.option("--organization", "organizations", multiple=True, metavar="ID", help="Only this one; may be repeated.")
@click.option("--sector", "sectors", multiple=True, help="Only those of this sector; may be repeated.")
@click.option("--fact", "facts", multiple=True, help="Only those of which this was registered; may be repeated.")
@AS_JSON
def campaigns_create(weaknesses: tuple[str, ...], due: datetime | None, as_json: bool, **given: Any) -> None:
    """Open a campaign; it looks at findings and changes none, and nothing is sent."""
    prepare()
    from tocsin.project.work import campaigns as work

    selection = {name: tuple(given.pop(name)) for name in ("organizations", "sectors", "facts")}
    try:
        made = work.open_campaign(
            weaknesses=list(weaknesses), due_on=due.date() if due else None, selection=selection, **given
        )  # fmt: skip
    except work.Refused as error:
        fail(str(error), 2)
    if as_json:
        show(made)
    else:
        click.echo(made["id"])


@campaigns.command("show")
@click.argument("id_", metavar="ID")
@AS_JSON
def campaigns_show(id_: str, as_json: bool) -> None:
    """Show how each organization stands, the last ones first."""
    prepare()
    from tocsin.project.work import campaigns as work

    try:
        found = work.show(id_)
    except LookupError:
        fail(f"there is no campaign {id_}")
    if as_json:
        show(found)
        return
    click.echo(_line(found))
    for one in found["standings"]:
        overdue = f"  overdue {one['counts']['overdue']}" if one["counts"]["overdue"] else ""
        click.echo(f"  {one['state']:13} {one['organization']}{overdue}")


@campaigns.command("choose")
@click.argument("id_", metavar="ID")
@click.argument("choice", type=click.Choice(["in", "out", "by-rule"]))
@click.option("--organization", "organizations", multiple=True, metavar="ID", help="May be repeated.")
@click.option("--finding", "findings", multiple=True, metavar="ID", help="Of any kind; may be repeated.")
@click.option("--because", required=True, help="Why.")
@AS_JSON
def campaigns_choose(
    id_: str, choice: str, organizations: tuple[str, ...], findings: tuple[str, ...], because: str, as_json: bool
) -> None:
    """Put organizations or findings into a campaign by hand, leave them out, or let its rule decide again."""
    prepare()
    from tocsin.project.work import campaigns as work

    try:
        chosen = work.choose(id_, choice, because, organizations, findings)
    except LookupError:
        fail(f"there is no campaign {id_}")
    except work.Refused as error:
        fail(str(error), 2)
    if as_json:
        show(chosen)
    else:
        click.echo(_line(chosen))


@campaigns.command("close")
@click.argument("id_", metavar="ID")
@click.option("--because", default="", help="Why it ends.")
@AS_JSON
def campaigns_close(id_: str, because: str, as_json: bool) -> None:
    """Close a campaign."""
    prepare()
    from tocsin.project.work import campaigns as work

    try:
        closed = work.close(id_, because)
    except LookupError:
        fail(f"there is no campaign {id_}")
    except work.Refused as error:
        fail(str(error))
    if as_json:
        show(closed)
    else:
        click.echo(_line(closed))


def _line(row: dict[str, Any]) -> str:
    n, done = sum(row["organizations"].values()), row["organizations"]["verified"] + row["organizations"]["set-aside"]
    state = "closed" if row["closed_at"] else "open"
    return f"{row['id']}  {state:6}  {done}/{n} done  {row['organizations']['silent']} silent  {row['overdue']} overdue  {row['title_en']}"
