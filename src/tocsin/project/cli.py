"""The `tocsin` command. Exit 0 on success, 1 when something asked for was not done, 2 on misuse.

Messages go to stderr, data to stdout. Modules are imported inside the commands: `tocsin --help`
needs neither Django nor Polars.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from tocsin import __version__

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tocsin")
def main() -> None:
    """Collect, attribute, warn, and follow until the fix is verified."""


def fail(message: str, code: int = 1) -> NoReturn:
    """Say why on stderr and exit."""
    click.echo(f"tocsin: {message}", err=True)
    sys.exit(code)


def show(document: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))


@main.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--constituency", required=True, type=FILE, help="YAML, JSON, CSV or XLSX: who is protected.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option("--format", "format_name", help="Force a format instead of recognizing it by content.")
@click.option("--schema", type=FILE, help="Shadowserver's published schema (intelmq.json).")
@click.option("--mapping", type=FILE, help="Mapping file for the format `mapped`.")
@click.option("--window", help="Drop repeats within this time, for example 24h; else only the same source time.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON document.")
def process(files: tuple[Path, ...], constituency: Path, out: Path, format_name: str | None, schema: Path | None,
            mapping: Path | None, window: str | None, as_json: bool) -> None:  # fmt: skip
    """Take report FILES through parsing, attribution and folding: files in, files out, no database."""
    from tocsin.core import durations
    from tocsin.feeds import recognize
    from tocsin.project import process as work

    if format_name and recognize.by_name(format_name) is None:
        known = ", ".join(format_.name for format_ in recognize.FORMATS)
        fail(f"no format is called {format_name}; known: {known}", 2)
    for path in (*files, constituency, *filter(None, (schema, mapping))):
        if not path.is_file():
            fail(f"{path}: no such file", 1 if path in files else 2)
    try:
        outcome = work.process(
            list(files), constituency=constituency, out=out, format_name=format_name, schema=schema, mapping=mapping, window=window
        )  # fmt: skip
    except (work.BadConstituency, durations.BadDuration, ValueError) as error:
        fail(str(error), 2)
    except OSError as error:
        fail(str(error))
    if as_json:
        show(outcome.summary.as_json())
    else:
        _table(outcome.summary.as_json())
    not_read = [file for file in outcome.summary.files if file.format is None]
    for file in not_read:
        click.echo(f"tocsin: {file.path}: not read; see rejects.ndjson for the reason", err=True)
    if not_read:
        sys.exit(1)


def _table(summary: dict[str, Any]) -> None:
    for file in summary["files"]:
        name = file["format"] or "not recognized"
        click.echo(
            f"{file['path']}  {name}  {file['rows']:,} rows = {file['events']:,} events + {file['duplicates']:,} duplicates"
            f" + {file['rejects']:,} rejects{'  (repeated)' if file['repeated'] else ''}"
        )
    click.echo(
        f"{summary['events']:,} events: {summary['attributed']:,} attributed, {summary['unattributed']:,} unattributed,"
        f" {summary['ignored']:,} ignored; {summary['findings']:,} findings; {summary['seconds']:.1f} s"
    )


def _work() -> Any:
    """Import what needs the database, and bring its tables up to date."""
    from tocsin.project import work

    work.prepare()
    return work


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@main.group()
def constituency() -> None:
    """Who is protected."""


@constituency.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@AS_JSON
def constituency_import(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import organizations from FILE (YAML, JSON, CSV or XLSX)."""
    if not file.is_file():
        fail(f"{file}: no such file")
    found = _work().import_constituency(file, dry_run=dry_run)
    if as_json:
        show(found)
    for error in found["errors"]:
        click.echo(f"tocsin: {file}: {error['place']}: {error['reason']}", err=True)
    if found["errors"]:
        click.echo(f"tocsin: nothing was imported: {len(found['errors'])} errors", err=True)
        sys.exit(1)
    for overlap in found["overlaps"]:
        click.echo(f"tocsin: both {overlap['one']} and {overlap['other']} hold {overlap['value']}", err=True)
    if not as_json:
        for change in found["changes"]:
            if change["what"] != "same":
                click.echo(f"{change['what']:8} {change['organization']}  {', '.join(change['fields'])}")
        n = sum(change["what"] != "same" for change in found["changes"])
        click.echo(f"{n} of {len(found['changes'])} organizations {'would change' if dry_run else 'changed'}")


@constituency.command("export")
@click.argument("file", type=FILE)
def constituency_export(file: Path) -> None:
    """Write the constituency to FILE; importing it again changes nothing."""
    n = _work().export_constituency(file)
    click.echo(f"{n} organizations written to {file}", err=True)


@main.group()
def intake() -> None:
    """What comes in."""


@intake.command("add")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--format", "format_name", help="Force a format instead of recognizing it by content.")
@click.option("--window", help="Drop repeats within this time, for example 24h; else only the same source time.")
@AS_JSON
def intake_add(files: tuple[Path, ...], format_name: str | None, window: str | None, as_json: bool) -> None:
    """Take report FILES in: kept byte for byte, parsed, attributed, folded into findings."""
    from tocsin.core import durations
    from tocsin.feeds import recognize

    if format_name and recognize.by_name(format_name) is None:
        fail(f"no format is called {format_name}; known: {', '.join(f.name for f in recognize.FORMATS)}", 2)
    try:
        reach = int(durations.parse(window).total_seconds() * 1_000_000) if window else 0
    except durations.BadDuration as error:
        fail(str(error), 2)
    for path in files:
        if not path.is_file():
            fail(f"{path}: no such file")
    summary = _work().add(list(files), format_name=format_name, window=reach)
    if as_json:
        show(summary)
    else:
        _table(summary)
    if any(file["format"] is None and not file["repeated"] for file in summary["files"]):
        click.echo("tocsin: some files were not read; `tocsin intake rejects` says why", err=True)
        sys.exit(1)


@intake.command("rejects")
@AS_JSON
def intake_rejects(as_json: bool) -> None:
    """List the rows that became no event, with file, row and reason."""
    found = _work().rejects()
    if as_json:
        show(found)
        return
    for reject in found:
        click.echo(f"{reject['file_name']}:{reject['row']}  {reject['reason']}  {reject['detail']}")


@main.group()
def findings() -> None:
    """What was found, one row for each organization, asset and kind."""


@findings.command("list")
@click.option("--organization", default="", help="Only of this organization.")
@AS_JSON
def findings_list(organization: str, as_json: bool) -> None:
    """List findings, the gravest first."""
    found = _work().list_findings(organization)
    if as_json:
        show(found)
        return
    for finding in found:
        click.echo(
            f"{finding['severity']:8} {finding['organization']}  {finding['asset']}  {finding['kind']}  {finding['owner']}"
        )


@main.group()
def notices() -> None:
    """Warnings: decide, approve, explain."""


@notices.command("run")
@click.option("--dry-run", is_flag=True, help="Decide, and send nothing.")
@click.option("--now", "at", help="Decide as of this instant (ISO 8601) instead of now.")
@AS_JSON
def notices_run(dry_run: bool, at: str | None, as_json: bool) -> None:
    """Decide who hears from us now, and hand the messages over."""
    from datetime import UTC, datetime

    try:
        instant = datetime.fromisoformat(at) if at else None
    except ValueError:
        fail(f"{at!r} is no instant; write for example 2026-11-24T09:00:00+07:00", 2)
    if instant is not None and instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    found = _work().run_notices(at=instant, dry_run=dry_run)
    if as_json:
        show(found)
    else:
        reasons = ", ".join(f"{reason} {n}" for reason, n in found["reasons"].items())
        click.echo(
            f"decided {found['decided']} ({reasons}); sent {found['sent']}, waiting {found['waiting']}, failed {found['failed']}"
        )
    if found["failed"]:
        sys.exit(1)


@notices.command("approve")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every notice that waits.")
def notices_approve(ids: tuple[str, ...], everything: bool) -> None:
    """Let waiting notices go out, by identifier or reference."""
    if bool(ids) == everything:
        fail("name notices, or --all", 2)
    done, missed = _work().approve(list(ids), everything=everything)
    click.echo(f"{done} approved", err=True)
    if missed:
        fail(f"not waiting or not known: {', '.join(missed)}")


@notices.command("list")
@AS_JSON
def notices_list(as_json: bool) -> None:
    """List notices, newest first."""
    found = _work().list_notices()
    if as_json:
        show(found)
        return
    for notice in found:
        click.echo(
            f"{notice['reference']}  {notice['state']:10} {notice['severity']:8} {notice['organization']}  {notice['reason']}"
        )


@notices.command("explain")
@click.argument("id_", metavar="ID")
@AS_JSON
def notices_explain(id_: str, as_json: bool) -> None:
    """Tell the six stops of a notice, with every reason and file hash."""
    found = _work().explain(id_)
    if found is None:
        fail(f"{id_}: no such notice")
    if as_json:
        show(found)
        return
    for stop in ("collect", "parse", "attribute", "fold", "decide", "deliver", "answers"):
        click.echo(stop)
        rows = found[stop] if isinstance(found[stop], list) else [found[stop]]
        for row in rows:
            click.echo("    " + "  ".join(f"{key}={value}" for key, value in row.items()))


@main.group()
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
    work = _work()
    try:
        path = work.add_user(email, role, organization)
    except LookupError:
        fail(f"{organization}: no such organization")
    except work.accounts.UserExists:
        fail(f"{email}: is there already")
    from django.conf import settings

    click.echo(f"{settings.TOCSIN_BASE_URL}{path}")


@main.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Write everything, rows and data folder, to FILE (tar.gz)."""
    _work()
    from tocsin.project import backup as work

    n = work.backup(file)
    click.echo(f"{n} files and all rows written to {file}", err=True)


@main.command()
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Restore a backup from FILE into an empty installation, on either database."""
    if not file.is_file():
        fail(f"{file}: no such file")
    _work()
    from tocsin.project import backup as work

    try:
        n = work.restore(file)
    except (work.NotEmpty, work.Damaged) as error:
        fail(str(error))
    click.echo(f"{n} files and all rows restored", err=True)


@main.command()
@AS_JSON
def doctor(as_json: bool) -> None:
    """Check the installation: database, data folder, free space, mail, what came in."""
    work = _work()
    found = work.examine()
    if as_json:
        show(found)
    else:
        for check in found:
            click.echo(f"{'ok  ' if check['ok'] else 'BAD '} {check['name']}: {check['says']}")
    if not all(check["ok"] for check in found):
        sys.exit(1)


PORT = click.option("--port", default=8000, show_default=True, help="Port on this machine.")


@main.command()
@click.option("--demo", "is_demo", is_flag=True, help="Fill a new installation with an invented province.")
@PORT
def up(is_demo: bool, port: int) -> None:
    """Run web server and worker in the foreground until Ctrl-C."""
    from tocsin.project.up import up as run

    sys.exit(run(port=port, demo=is_demo))


@main.command()
@PORT
def demo(port: int) -> None:
    """Run a working system with an invented province: `up --demo`."""
    from tocsin.project.up import up as run

    sys.exit(run(port=port, demo=True))


if __name__ == "__main__":
    main()
