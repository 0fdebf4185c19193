"""`tocsin intake`: what comes in."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, print_summary, show, show_each


@click.group()
def intake() -> None:
    """What comes in."""


@intake.command("add")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--feed", metavar="CODE", help="The feed they belong to: read as it says, shown as its own.")
@click.option("--format", "format_name", help="Force a format instead of recognizing it by content.")
@click.option("--schema", type=FILE, help="Shadowserver's published report schema (intelmq.json).")
@click.option("--mapping", type=FILE, help="A mapping file, for the format `mapped`.")
@click.option("--window", help="Drop repeats within this time, for example 24h; else only the same source time.")
@AS_JSON
def intake_add(
    files: tuple[Path, ...],
    feed: str | None,
    format_name: str | None,
    schema: Path | None,
    mapping: Path | None,
    window: str | None,
    as_json: bool,
) -> None:
    """Take report FILES in: kept byte for byte, parsed, attributed, folded into findings."""
    if mapping and not format_name:
        format_name = "mapped"
    _checked(format_name, window)
    for path in (*files, *filter(None, (schema, mapping))):
        if not path.is_file():
            fail(f"{path}: no such file", 1 if path in files else 2)
    prepare()
    from tocsin.core import durations
    from tocsin.project.work import intake as work

    reach = durations.parse(window) if window else None
    try:
        summary = work.add(
            list(files), format_name=format_name, window=reach, schema=schema, mapping=mapping, feed=feed
        )  # fmt: skip
    except work.NoSchema as error:
        fail(f"{schema}: {error}", 2)
    except LookupError:
        fail(f"there is no feed {feed}; `tocsin feeds list` shows those there are", 2)
    except (OSError, ValueError) as error:
        fail(str(error))
    if as_json:
        show(summary)
    else:
        print_summary(summary)
    if any(file["format"] is None and not file["repeated"] for file in summary["files"]):
        click.echo("tocsin: some files were not read; `tocsin intake rejects` says why", err=True)
        sys.exit(1)


BATCH = click.option("--batch", type=click.UUID, help="Only those of this batch.")
REASON = click.option("--reason", default="", help="Only those rejected for this reason, for example bad-time.")


@intake.command("rejects")
@BATCH
@REASON
@click.option("--count", is_flag=True, help="How many rows of which file and reason, instead of the rows.")
@AS_JSON
def intake_rejects(batch: UUID | None, reason: str, count: bool, as_json: bool) -> None:
    """List the rows that became no event, with file, row and reason."""
    prepare()
    from tocsin.project.work import intake as work

    if count:
        counts = work.reject_counts(batch=batch, reason=reason)
        if as_json:
            show(counts)
            return
        for group in counts:
            click.echo(f"{group['n']:>9,}  {group['reason']}  {group['file_name']}  (batch {group['batch']})")
        return
    rows = work.rejects(batch=batch, reason=reason)
    if as_json:
        show_each(rows)
        return
    for reject in rows:
        click.echo(f"{reject['file_name']}:{reject['row']}  {reject['reason']}  {reject['detail']}")


@intake.command("replay")
@BATCH
@REASON
@click.option("--format", "format_name", help="Force a format for these files.")
@click.option("--schema", type=FILE, help="Shadowserver's published report schema (intelmq.json).")
@click.option("--mapping", type=FILE, help="A mapping file, for the format `mapped`.")
@click.option("--window", help="Drop repeats within this time, for example 24h; else only the same source time.")
@AS_JSON
def intake_replay(
    batch: UUID | None,
    reason: str,
    format_name: str | None,
    schema: Path | None,
    mapping: Path | None,
    window: str | None,
    as_json: bool,
) -> None:
    """Parse rejected rows again; those that become events now are attributed and folded in a new batch."""
    if mapping and not format_name:
        format_name = "mapped"
    reach = _checked(format_name, window)
    prepare()
    from tocsin.project.work import intake as work

    try:
        done = work.replay(
            batch=batch, reason=reason, format_name=format_name, schema=schema, mapping=mapping, window=reach
        )
    except (OSError, ValueError) as error:
        fail(str(error))
    if as_json:
        show(done)
    else:
        print_summary(done)
    for skipped in done["skipped"]:
        click.echo(f"tocsin: {skipped['path']} was not parsed again: {skipped['reason']}", err=True)
    if done["skipped"]:
        sys.exit(1)


@intake.command("reattribute")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Only events of this day (UTC) and later."
)
@click.option("--dry-run", is_flag=True, help="Say what would come of it; change nothing.")
@AS_JSON
def intake_reattribute(since: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Attribute again the events that changes of who holds what may touch, each at its own time."""
    prepare()
    from tocsin.project.work import intake as work

    done = work.reattribute(since=since.replace(tzinfo=UTC) if since else None, dry_run=dry_run)
    if as_json:
        show(done)
    else:
        print_reattributed(done, dry_run=dry_run)


@intake.command("unattributed")
@click.option("--dismissed", is_flag=True, help="What was dismissed, instead of what waits.")
@click.option("--search", default="", help="Only places that begin so, or of this AS.")
@AS_JSON
def intake_unattributed(dismissed: bool, search: str, as_json: bool) -> None:
    """List what nobody holds, place by place, with whose it may be and why."""
    prepare()
    from tocsin.project.work import intake as work

    rows = work.unattributed(dismissed=dismissed, search=search)
    if as_json:
        show_each(rows)
        return
    for group in rows:
        asn = f"  AS{group['asn']}" if group["asn"] else ""
        click.echo(f"{group['events']:>9,}  {group['value']}{asn}  {group['first_seen']} – {group['last_seen']}")
        for one in group["suggestions"]:
            day = f" ({one['day']})" if one["day"] else ""
            click.echo(f"           perhaps {one['organization']}: {one['why']} {one['value']}{day}")


@intake.command("assign")
@click.argument("value")
@click.option("--organization", required=True, metavar="ID", help="Whose it is.")
@click.option(
    "--valid-from", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Since when (UTC); left out: since ever."
)
@click.option("--dry-run", is_flag=True, help="Say which events and findings would come of it; change nothing.")
@AS_JSON
def intake_assign(value: str, organization: str, valid_from: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Let an organization hold VALUE (a range, a domain or AS…), and attribute again what came in before."""
    prepare()
    from tocsin.project.work import intake as work

    day = valid_from.date() if valid_from else None
    try:
        done = work.assign(value=value, organization=organization, valid_from=day, dry_run=dry_run)
    except work.NoValue:
        fail(f"{value} is no range, no domain and no AS", 2)
    except work.NoSuchOrganization:
        fail(f"there is no organization {organization}")
    except work.HeldAlready:
        fail(f"{organization} has {value} on some of these days already")
    if as_json:
        show(done)
    else:
        print_reattributed(done, dry_run=dry_run)


@intake.command("dismiss")
@click.argument("value")
@click.option("--reason", required=True, help="Why it is none of our business.")
def intake_dismiss(value: str, reason: str) -> None:
    """Leave VALUE (a range, a domain or AS…), and all inside or below it, out of the unattributed queue."""
    prepare()
    from tocsin.project.work import intake as work

    try:
        n = work.dismiss(value=value, reason=reason)
    except work.NoValue:
        fail(f"{value} is no range, no domain and no AS", 2)
    except work.DismissedAlready:
        fail(f"{value} was dismissed before")
    click.echo(f"{n} places are left out of the queue", err=True)


def print_reattributed(done: dict[str, Any], *, dry_run: bool) -> None:
    """Print for people what came of attributing again."""
    n = len(done["findings"]) if dry_run else done["findings"]
    click.echo(
        f"{done['events']:,} events in {done['files']:,} files {'would change' if dry_run else 'changed'} owner or reason;"
        f" {n:,} findings are concerned"
    )
    for move in done["moves"]:
        click.echo(f"{move['events']:>9,}  {move['before'] or 'nobody'} -> {move['after'] or 'nobody'}")
    for finding in done["findings"] if dry_run else []:
        click.echo(f"{finding['organization']}  {finding['kind']}  {finding['asset']}  {finding['count']:,} events")


def _checked(format_name: str | None, window: str | None) -> int:
    """Return the window in microseconds; exit when it or the format's name is none."""
    from tocsin.core import durations
    from tocsin.feeds import recognize

    if format_name and recognize.by_name(format_name) is None:
        fail(f"no format is called {format_name}; known: {', '.join(f.name for f in recognize.FORMATS)}", 2)
    try:
        return int(durations.parse(window).total_seconds() * 1_000_000) if window else 0
    except durations.BadDuration as error:
        fail(str(error), 2)
