"""`tocsin trials`: whether another text, way, sender or day works better, found out by lot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show

ID = click.argument("id_", metavar="ID")


@click.group()
def trials() -> None:
    """Trials: comparable findings are told in two ways by lot, and the difference is measured. Off unless started."""


@trials.command("list")
@AS_JSON
def trials_list(as_json: bool) -> None:
    """List the trials, newest first."""
    prepare()
    from tocsin.project.work import trials as work

    rows = work.list_all()
    if as_json:
        show(rows)
        return
    for row in rows:
        click.echo(f"{row['id']}  {row['state']:10}  {row['n_organizations']:>6,} organizations {row['n_findings']:>9,} findings  {row['name']}")  # fmt: skip


@trials.command("show")
@ID
@AS_JSON
def trials_show(id_: str, as_json: bool) -> None:
    """Show a trial: what is compared, who takes part, and how probably a difference that matters would be seen."""
    found = _try(lambda work: work.show(id_), id_)
    if as_json:
        show(found)
        return
    _line(found)
    design = found["design"]
    click.echo(
        f"{design['question']}\ncompares {design['compares']}: " + " | ".join(arm["name"] for arm in design["arms"])
    )
    click.echo(f"{design['outcome']} within {design['within_days']} days, horizon {design['horizon_days']} days")
    click.echo(
        f"power {found['power']:.2f} with {design['planned_organizations']:,} organizations, difference {design['smallest_difference']}"
    )


@trials.command("create")
@click.argument("file", type=FILE)
@AS_JSON
def trials_create(file: Path, as_json: bool) -> None:
    """Keep a draft of the trial that a JSON file describes; docs/reference/trials.md says what it holds."""
    try:
        design = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{file}: {error}")
    found = _try(lambda work: work.create(design), "")
    show(found) if as_json else click.echo(found["id"])


@trials.command("register")
@ID
@AS_JSON
def trials_register(id_: str, as_json: bool) -> None:
    """Freeze what will be compared: nothing of it can be changed any more, and its hash stands in the audit chain."""
    found = _try(lambda work: work.register(id_), id_)
    show(found) if as_json else _line(found)


@trials.command("start")
@ID
@AS_JSON
def trials_start(id_: str, as_json: bool) -> None:
    """Let findings enter, from its first day on."""
    found = _try(lambda work: work.start(id_), id_)
    show(found) if as_json else _line(found)


@trials.command("stop")
@ID
@click.option("--because", required=True, metavar="TEXT", help="Why it ends before its last day.")
@AS_JSON
def trials_stop(id_: str, because: str, as_json: bool) -> None:
    """End it before its last day; whoever waits is told in the next round."""
    found = _try(lambda work: work.stop(id_, because), id_)
    show(found) if as_json else _line(found)


@trials.command("report")
@ID
@AS_JSON
def trials_report(id_: str, as_json: bool) -> None:
    """Report the registered analysis; before its planned instant this is a look, which is counted and recorded."""
    found = _try(lambda work: work.report(id_), id_)
    show(found) if as_json else _print(found)


def _try(act: Callable[[Any], dict[str, Any]], id_: str) -> dict[str, Any]:
    prepare()
    from tocsin.project.work import trials as work

    try:
        return act(work)
    except LookupError:
        fail(f"{id_}: no such trial")
    except work.Refused as error:
        fail(str(error))


def _line(found: dict[str, Any]) -> None:
    click.echo(f"{found['id']}  {found['state']}  {found['name']}  {found['sha256']}")


def _print(found: dict[str, Any]) -> None:
    _line(found)
    figures = found["figures"]
    if not found["is_registered_analysis"]:
        click.echo(
            f"INTERIM, not the registered analysis, which is due {found['analysis_at']}; looks so far: {found['n_looks']}"
        )
    click.echo(
        "".join(f"{name:>14}" for name in ("organizations", "findings", "told", "answered", "verified")) + "  arm"
    )
    for arm in figures["arms"]:
        keys = ("n_organizations", "n_findings", "n_told", "n_answered", "n_verified")
        click.echo("".join(f"{arm[key]:>14,}" for key in keys) + f"  {arm['name']}")
    for label, one in [("registered", figures["primary"]), *(("exploratory", row) for row in figures["exploratory"])]:
        shares = " | ".join("–" if g["share"] is None else f"{100 * g['share']:.1f} %" for g in one["groups"])
        click.echo(
            f"{label}: {one['outcome']} within {one['within_days']} days: {shares}; {_difference(one['difference'])}"
        )


def _difference(found: dict[str, Any] | None) -> str:
    if found is None:
        return "nothing to compare so far"
    if found["lower"] is None:
        return f"difference {100 * found['value']:+.1f} points, uncertainty cannot be told"
    return f"difference {100 * found['value']:+.1f} points (95 %: {100 * found['lower']:+.1f} to {100 * found['upper']:+.1f})"
