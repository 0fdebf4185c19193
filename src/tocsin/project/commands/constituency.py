"""`tocsin constituency`: who is protected."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show

ALIKE = 5
"""Remarks of one kind that an import says; the check says all."""
SIGNS = {"added": "+", "closed": "-", "changed": "~", "withdrawn": "x"}


@click.group()
def constituency() -> None:
    """Who is protected."""


@constituency.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--complete", is_flag=True, help="Close the organizations that FILE does not name.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="What FILE leaves out ends on the day before; today if not given.",
)
@AS_JSON
def constituency_import(file: Path, dry_run: bool, complete: bool, as_of: datetime | None, as_json: bool) -> None:
    """Import organizations from FILE (YAML, JSON, CSV or XLSX).

    FILE says everything about the organizations it names: what it leaves out is closed, nothing is forgotten.
    Organizations that it does not name stay as they are, unless it is --complete.
    """
    if not file.is_file():
        fail(f"{file}: no such file")
    prepare()
    from tocsin.project.work import constituency as work

    found = work.import_file(file, dry_run=dry_run, complete=complete, as_of=as_of.date() if as_of else None)
    if as_json:
        show(found)
    _say_errors(file, found["errors"])
    if found["errors"]:
        click.echo(f"tocsin: nothing was imported: {len(found['errors'])} errors", err=True)
        sys.exit(1)
    _say_remarks([remark for remark in found["remarks"] if remark["grade"] != "information"])
    if not as_json:
        _print_changes(found)


def _say_remarks(remarks: list[dict[str, Any]]) -> None:
    """Say the first few of each kind: what is wrong with thousands alike is one thing to know, not thousands."""
    said: Counter[str] = Counter()
    for remark in remarks:
        said[remark["code"]] += 1
        if said[remark["code"]] <= ALIKE:
            click.echo(f"tocsin: {remark['grade']}: {remark['sentence']}", err=True)
    for code, n in said.items():
        if n > ALIKE:
            click.echo(f"tocsin: {code}: and {n - ALIKE} more; `tocsin constituency check` lists all", err=True)


def _say_errors(file: Path, errors: list[dict[str, str]]) -> None:
    for error in errors:
        click.echo(f"tocsin: {error['place']}: {error['reason']}", err=True)


def _print_changes(found: dict[str, Any]) -> None:
    for change in found["changes"]:
        if change["what"] != "same":
            own = [name for name in change["fields"] if name not in {"networks", "domains", "asns", "contacts"}]
            click.echo(f"{change['what']:8} {change['organization']}  {', '.join(own)}".rstrip())
            _print_items(change["items"])
    if found["ignored"]:
        click.echo("ignore list")
        _print_items(found["ignored"])
    n = sum(change["what"] != "same" for change in found["changes"])
    would = "would change" if found["dry_run"] else "changed"
    click.echo(f"{n} of {len(found['changes'])} organizations {would}; what was left out ends before {found['as_of']}")
    if found["untouched"]:
        click.echo(f"left as they are, because the file does not name them: {len(found['untouched'])}")


def _print_items(items: list[dict[str, Any]]) -> None:
    for item in items:
        row = item["after"] or item["before"]
        days = f"  {row['valid_from'] or ''}..{row['valid_to'] or ''}" if row["valid_from"] or row["valid_to"] else ""
        click.echo(f"       {SIGNS[item['what']]} {item['kind']} {item['value']}{days}  {item['what']}")


@constituency.command("check")
@click.argument("file", type=FILE, required=False)
@click.option("--all", "everything", is_flag=True, help="List what is only information, too.")
@click.option("--strict", is_flag=True, help="Exit 1 when there is a problem.")
@AS_JSON
def constituency_check(file: Path | None, everything: bool, strict: bool, as_json: bool) -> None:
    """Look for overlaps, gaps and organizations nobody can tell; with FILE as if it had been imported."""
    if file is not None and not file.is_file():
        fail(f"{file}: no such file")
    prepare()
    from tocsin.project.work import constituency as work

    found = work.check(file)
    if file is not None:
        _say_errors(file, found["errors"])
    if as_json:
        show(found["remarks"])
    else:
        for remark in found["remarks"]:
            if everything or remark["grade"] != "information":
                click.echo(f"{remark['grade']:11} {remark['code']:20} {remark['sentence']}")
        n = work.grades(found["remarks"])
        click.echo(f"{n['problem']} problems, {n['warning']} warnings, {n['information']} for information", err=True)
    if found["errors"] or (strict and any(remark["grade"] == "problem" for remark in found["remarks"])):
        sys.exit(1)


@constituency.command("export")
@click.argument("file", type=FILE)
def constituency_export(file: Path) -> None:
    """Write the constituency to FILE (.yaml .json .csv .xlsx); importing it again changes nothing."""
    from tocsin import roster

    if file.suffix.lower().removeprefix(".") not in {*roster.KINDS, "yml"}:
        fail(f"{file}: the name must end in .yaml, .json, .csv or .xlsx", 2)
    prepare()
    from tocsin.project.work import constituency as work

    n = work.export_file(file)
    click.echo(f"{n} organizations written to {file}", err=True)


@constituency.command("sees")
@click.argument("email")
@click.argument("organization")
@click.option("--below/--own-only", default=True, help="What is below ORGANIZATION too, or only what is its own.")
def constituency_sees(email: str, organization: str, below: bool) -> None:
    """Let a contact of ORGANIZATION see what belongs to the organizations below it, or only its own."""
    prepare()
    from tocsin.constituency.actions import NotAMember
    from tocsin.project.work import constituency as work

    try:
        changed = work.see_below(email, organization, sees_children=below)
    except LookupError as error:
        fail(f"{error.args[0]}: not known")
    except NotAMember:
        fail(f"{email} does not belong to {organization}")
    click.echo(f"{email}: {'changed' if changed else 'was so already'}", err=True)


@constituency.command("succeed")
@click.argument("file", type=FILE, required=False)
@click.option("--end", "before", multiple=True, metavar="ID", help="Ends the day before.")
@click.option("--follow", "after", multiple=True, metavar="ID", help="Holds from that day what those held.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The first new day.")
@click.option("--reason", default="", help="Why; it is kept.")
@click.option(
    "--assign", "assigned", multiple=True, metavar="VALUE=ID", help="Which successor gets a prefix, domain, AS number or contact."
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="With FILE: say what would move; change nothing.")
@AS_JSON
def constituency_succeed(
    file: Path | None, before: tuple[str, ...], after: tuple[str, ...], on: datetime | None, reason: str, assigned: tuple[str, ...],
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Merge, split or reorganize: organizations end, others hold what they held; the past keeps its holders.

    FILE (CSV, YAML or JSON with the columns from, to, on, reason, value) names many at once: all are done, or none.
    """
    pairs = dict(one.rpartition("=")[::2] for one in assigned)
    if any(not value or not to for value, to in pairs.items()):
        fail("write --assign VALUE=ID", 2)
    if file is None and (not before or not after or on is None or not reason):
        fail("name a FILE, or all of --end, --follow, --on and --reason", 2)
    if file is not None and (before or after or not file.is_file()):
        fail(f"{file}: no such file" if not file.is_file() else "name a FILE or --end and --follow, not both", 2)
    prepare()
    from tocsin.constituency.actions import AboveItself, BadSuccession, NoSuchParent
    from tocsin.project.work import constituency as work

    try:
        if file is not None:
            every = work.succeed_file(file, dry_run=dry_run)
        else:
            every = [work.succeed(list(before), list(after), on.date(), reason, pairs)] if on else []
    except BadSuccession as error:
        fail(str(error))
    except (NoSuchParent, AboveItself) as error:
        fail(f"{error}: the tree of organizations would be broken")
    if as_json:
        show(every if file is not None else every[0])
        return
    for found in every:
        for one in found["moved"]:
            click.echo(f"{one['kind']:8} {one['value']}  {one['from']} -> {one['to'] or '(say which)'}")
        click.echo(f"{len(found['moved'])} {'would move' if dry_run else 'moved'} on {found['on']}", err=True)


@constituency.command("claims")
@click.option("--all", "everything", is_flag=True, help="Those that were decided, too.")
@AS_JSON
def constituency_claims(everything: bool, as_json: bool) -> None:
    """List networks and domains that organizations claim, with what proves them."""
    prepare()
    from tocsin.project.work import reaching as work

    found = work.holding_claims(everything=everything)
    if as_json:
        show(found)
        return
    for row in found:
        click.echo(f"{row['id']}  {row['organization']}  {row['value']}  {row['state']}  {row['token']}")


@constituency.command("claim")
@click.argument("id_", metavar="ID")
@click.option("--do", "what", type=click.Choice(["prove", "approve", "refuse"]), required=True)
@click.option("--host", default="", help="Address in a claimed network where the file lies; its first if not given.")
@click.option("--because", default="", help="Why; needed to approve what is not proven.")
def constituency_claim(id_: str, what: str, host: str, because: str) -> None:
    """Look for the proof of a claimed network or domain, approve it, or refuse it."""
    prepare()
    from tocsin.constituency.actions import HeldAlready
    from tocsin.project.work import reaching as work
    from tocsin.reach.actions import AlreadySettled, BadClaim, NotProven

    try:
        said = work.settle_holding_claim(id_, what, host=host, because=because)
    except LookupError:
        fail(f"{id_}: not known")
    except AlreadySettled:
        fail(f"{id_}: decided already")
    except HeldAlready:
        fail(f"{id_}: it is held already on some of these days")
    except (NotProven, BadClaim) as error:
        fail(str(error))
    click.echo(said, err=True)
