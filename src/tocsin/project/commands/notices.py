"""`tocsin notices`: warnings."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from tocsin.project.commands import AS_JSON, FILE, INSTANT, fail, prepare, show


@click.group()
def notices() -> None:
    """Warnings: decide, approve, answer, explain."""


@notices.command("run")
@click.option("--dry-run", is_flag=True, help="Say who would hear from us now, and why; send nothing.")
@click.option(
    "--everything", is_flag=True, help="Decide about all findings again, not only about what changed or is due."
)
@click.option("--now", "at", type=INSTANT, help="Decide as of this instant (ISO 8601) instead of now.")
@AS_JSON
def notices_run(dry_run: bool, everything: bool, at: datetime | None, as_json: bool) -> None:
    """Decide who hears from us now, and hand the messages over."""
    prepare()
    from tocsin.project.work import notices as work

    found = work.run(at=at, dry_run=dry_run, everything=everything)
    if as_json:
        show(found)
    else:
        for plan in work.plans(at=at, everything=everything) if dry_run else []:
            kinds = ", ".join(f"{kind} × {n} ({reason})" for kind, n, reason in plan["units"])
            to = ", ".join(plan["recipients"]) or "nobody"
            click.echo(f"{plan['organization']}  {plan['severity']:8} {kinds}  to {to}  {plan['state']}")
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
    prepare()
    from tocsin.project.work import notices as work

    done, missed = work.approve(list(ids), everything=everything)
    click.echo(f"{done} approved", err=True)
    if missed:
        fail(f"not waiting or not known: {', '.join(missed)}")


@notices.command("reject")
@click.argument("ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it is kept, and shown with the notice.")
def notices_reject(ids: tuple[str, ...], reason: str) -> None:
    """Reject waiting notices: what they carry stays untold until it changes."""
    if not reason.strip():
        fail("say why: --reason", 2)
    prepare()
    from tocsin.project.work import notices as work

    done, missed = work.reject(list(ids), reason)
    click.echo(f"{done} rejected", err=True)
    if missed:
        fail(f"not waiting or not known: {', '.join(missed)}")


@notices.command("retry")
@click.argument("ids", nargs=-1, required=True)
def notices_retry(ids: tuple[str, ...]) -> None:
    """Try again to deliver what failed; the same recipient gets the same Message-ID."""
    prepare()
    from tocsin.project.work import notices as work

    done, missed = work.retry(list(ids))
    click.echo(
        f"tried again for {done} recipients; they are handed over by the worker or by `tocsin notices run`", err=True
    )
    if missed:
        fail(f"nothing failed, or not known: {', '.join(missed)}")


@notices.command("answer")
@click.argument("id_", metavar="ID")
@click.option("--as", "by", required=True, metavar="EMAIL", help="Who answers.")
@click.option(
    "--answer",
    "word",
    required=True,
    type=click.Choice(["seen", "fixing", "fixed", "not-ours", "false-positive", "risk-accepted"]),
)
@click.option(
    "--until",
    metavar="DATE",
    help="The day it will be fixed by, or until which the risk is accepted; `fixing` and `risk-accepted` need it.",
)
@click.option("--note", default="", help="In free words; `risk-accepted` needs a reason.")
@AS_JSON
def notices_answer(id_: str, by: str, word: str, until: str | None, note: str, as_json: bool) -> None:
    """Take an organization's answer to a notice, as one that came by telephone."""
    from datetime import date

    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        fail(f"{until!r} is no day; write for example 2026-12-01", 2)
    if "@" not in by:
        fail(f"{by!r} is no e-mail address", 2)
    if (word in {"fixing", "risk-accepted"}) != (day is not None):
        fail("--until belongs to the answers fixing and risk-accepted, and only to them", 2)
    prepare()
    from tocsin.project.work import notices as work

    try:
        made = work.answer(id_, by=by, word=word, until=day, note=note)
    except LookupError:
        fail(f"{id_}: no such notice")
    except work.Refused as error:
        fail(str(error))
    if as_json:
        show(made)
    else:
        click.echo(f"{made['reference']}: {made['answer']}", err=True)


@notices.command("bounce")
@click.argument("files", nargs=-1, required=True, type=FILE)
@AS_JSON
def notices_bounce(files: tuple[Path, ...], as_json: bool) -> None:
    """Learn from mails that came back (RFC 3464): the address is marked, and the next contact is told."""
    if missing := [str(file) for file in files if not file.is_file()]:
        fail(f"{', '.join(missing)}: no such file")
    prepare()
    from tocsin.project.work import reaching as work

    found = work.learn(files)
    if as_json:
        show(found)
    else:
        click.echo(", ".join(f"{name} {n}" for name, n in found.items()))
    if found["unknown"]:
        sys.exit(1)


@notices.command("letter")
@click.argument("reference")
@click.option("--out", type=FILE, help="Write the letter here; .pdf or .docx.")
@click.option("--carried-on", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="It was handed over on this day.")
def notices_letter(reference: str, out: Path | None, carried_on: datetime | None) -> None:
    """Make the official letter of a notice, numbered, or note on which day a person handed it over."""
    if (out is None) == (carried_on is None) or (out is not None and out.suffix not in {".pdf", ".docx"}):
        fail("say either --out FILE.pdf (or .docx), or --carried-on DATE", 2)
    prepare()
    from tocsin.channels.letter.render import NoLibrary
    from tocsin.notices.actions import NoLetter, NotYet
    from tocsin.project.work import reaching as work

    try:
        if out is not None:
            out.write_bytes(work.letter(reference, out.suffix[1:]))
        else:
            work.carried(reference, carried_on.date() if carried_on else None)
    except LookupError:
        fail(f"{reference}: no such notice or letter")
    except NoLetter:
        fail(f"{reference}: it never went out, or its letter does not wait to be carried")
    except NotYet:
        fail("the day is to come, or before the letter was made")
    except (NoLibrary, OSError) as error:
        fail(str(error))
    click.echo(f"{reference}: {out or 'noted'}", err=True)


@notices.command("list")
@AS_JSON
def notices_list(as_json: bool) -> None:
    """List notices, newest first."""
    prepare()
    from tocsin.project.work import notices as work

    found = work.list_all()
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
    prepare()
    from tocsin.project.work import notices as work

    found = work.explain(id_)
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
