"""`tocsin feeds`: where reports come from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import click

from tocsin.project.commands import AS_JSON, FILE, fail, prepare, show

Command = TypeVar("Command", bound=Callable[..., Any])
WAYS = ("folder", "http", "imap", "push")


@click.group()
def feeds() -> None:
    """Where reports come from: folders, web addresses, mailboxes, and who pushes."""


def _options(command: Command) -> Command:
    """Give a command everything that can be said of a feed."""
    for option in reversed(
        [
            click.option("--name", help="Its name for people."),
            click.option("--provider", help="Who publishes it."),
            click.option(
                "--address",
                help="Where it is fetched: /folder, https://host/file ({secret} in it is replaced by the secret), "
                "imaps://host/Folder.",
            ),
            click.option(
                "--user",
                help="User to sign in with. For a web address without one, the secret is sent as a bearer token; "
                "`Header-Name:` sends it in that header.",
            ),
            click.option("--secret-file", type=click.File("r"), help="File that holds the secret; - reads it from standard input."),
            click.option("--every", "interval", help="How often it is fetched, for example 15m (default: 1h)."),
            click.option("--format", "format", help="Force a format instead of recognizing it by content."),
            click.option("--mapping", type=FILE, help="Mapping file (JSON or YAML) for the format `mapped`."),
            click.option("--schema", help="Path or URL of Shadowserver's published schema, fetched daily."),
            click.option("--window", help="Drop repeats within this time, for example 24h; 0s: only the same source time."),
            click.option("--type", "classification_type", help="RSIT type, where the format states none."),
            click.option("--identifier", "classification_identifier", help="Identifier, where the format states none."),
            click.option("--severity", help="Severity, where the source gives none."),
            click.option("--accuracy", type=float, help="0 to 100, as you judge it."),
            click.option("--tlp", help="TLP 2.0 label of what the source does not label, for example amber."),
            click.option("--link-host", "link_hosts", multiple=True, help="Host whose links in mails are followed; repeatable."),
            click.option("--move-to", help="Mail folder that a message is moved to once it is kept (else it is marked as seen)."),
            click.option("--silent-after", help="Alarm when nothing came for this long; 0s: never."),
            click.option("--stale-after", help="Alarm when the newest content is older than this; 0s: never."),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, as values of a feed. Exit when a part of it cannot be read."""
    from tocsin.core import durations, tlp
    from tocsin.project.process import document

    said = {name: value for name, value in given.items() if value is not None and value != ()}
    for name in ("interval", "window", "silent_after", "stale_after"):
        if name in said:
            try:
                said[name] = durations.parse(said[name])
            except durations.BadDuration as error:
                fail(f"--{name.replace('_', '-')}: {error}", 2)
    for name in ("silent_after", "stale_after"):
        if said.get(name) == timedelta(0):
            said[name] = None
    if "tlp" in said:
        said["tlp"] = (tlp.label(said["tlp"]) or said["tlp"]) if said["tlp"] else ""
    if (file := said.pop("secret_file", None)) is not None:
        said["secret"] = file.read().strip("\r\n")
    if "mapping" in said:
        try:
            said["mapping"] = document(said["mapping"])
        except (OSError, ValueError) as error:
            fail(f"--mapping: {error}", 2)
        said.setdefault("format", "mapped")
    return said


OPTION = {
    "interval": "--every",
    "classification_type": "--type",
    "classification_identifier": "--identifier",
    "code": "CODE",
}


def _refuse(problems: dict[str, Any]) -> NoReturn:
    from django.utils import translation

    with translation.override("en"):
        for name, text in problems.items():
            click.echo(f"tocsin: {OPTION.get(name, '--' + name.replace('_', '-'))}: {text}", err=True)
    sys.exit(2)


@feeds.command("add")
@click.argument("code")
@click.option("--way", required=True, type=click.Choice(WAYS), help="How it comes in.")
@_options
@AS_JSON
def feeds_add(code: str, way: str, as_json: bool, **given: Any) -> None:
    """Add the feed CODE; the worker collects it at once."""
    said = _said(given)
    prepare()
    from tocsin.project.work import collecting as work

    try:
        feed = work.add(work.FeedValues(code=code, way=way, **said))
    except work.BadFeed as error:
        _refuse(error.problems)
    _print([work.shown(feed)], as_json=as_json, one=True)


@feeds.command("change")
@click.argument("code")
@click.option("--way", type=click.Choice(WAYS), help="How it comes in.")
@_options
@AS_JSON
def feeds_change(code: str, as_json: bool, **given: Any) -> None:
    """Change what is said of the feed CODE; what is not given stays."""
    said = _said(given)
    prepare()
    from dataclasses import replace

    from tocsin.project.work import collecting as work

    try:
        feed = work.change(code, lambda values: replace(values, **said))
    except work.NoSuchFeed:
        _none(code)
    except work.BadFeed as error:
        _refuse(error.problems)
    _print([work.shown(feed)], as_json=as_json, one=True)


@feeds.command("list")
@AS_JSON
def feeds_list(as_json: bool) -> None:
    """List the feeds, and how they do."""
    prepare()
    from tocsin.project.work import collecting as work

    _print(work.list_all(), as_json=as_json)


@feeds.command("show")
@click.argument("code")
@AS_JSON
def feeds_show(code: str, as_json: bool) -> None:
    """Show everything that is said of the feed CODE, except its secret."""
    prepare()
    from tocsin.project.work import collecting as work

    try:
        found = work.shown(work.find(code))
    except work.NoSuchFeed:
        _none(code)
    if as_json:
        show(found)
        return
    for name, value in found.items():
        if value not in (None, "", [], {}):
            click.echo(f"{name.replace('_', ' ')}: {value}")


@feeds.command("enable")
@click.argument("codes", nargs=-1, required=True, metavar="CODE…")
def feeds_enable(codes: tuple[str, ...]) -> None:
    """Switch feeds on."""
    _switch(codes, on=True)


@feeds.command("disable")
@click.argument("codes", nargs=-1, required=True, metavar="CODE…")
def feeds_disable(codes: tuple[str, ...]) -> None:
    """Switch feeds off: they are not collected, and raise no alarm."""
    _switch(codes, on=False)


def _switch(codes: tuple[str, ...], *, on: bool) -> None:
    prepare()
    from tocsin.project.work import collecting as work

    for code in codes:
        try:
            work.enable(code, on=on)
        except work.NoSuchFeed:
            _none(code)


@feeds.command("remove")
@click.argument("code")
def feeds_remove(code: str) -> None:
    """Remove the feed CODE; what came by it stays."""
    prepare()
    from tocsin.project.work import collecting as work

    try:
        work.remove(code)
    except work.NoSuchFeed:
        _none(code)
    except work.StillPending as error:
        fail(str(error))


@feeds.command("run")
@click.argument("codes", nargs=-1, metavar="[CODE…]")
@AS_JSON
def feeds_run(codes: tuple[str, ...], as_json: bool) -> None:
    """Collect feeds now, all that are on or those named, and take in what came."""
    prepare()
    from tocsin.project.work import collecting as work

    named = codes or tuple(f["code"] for f in work.list_all() if f["enabled"] and f["way"] != "push")
    visits: list[dict[str, Any]] = []
    failed = False
    for code in named:
        try:
            visits.append(work.visit(code))
        except work.NoSuchFeed:
            _none(code)
        except work.NotCollectable:
            fail(f"{code}: its reports are pushed; there is nothing to collect")
        except work.AlreadyCollecting:
            click.echo(f"tocsin: {code}: is being collected by the worker at this moment", err=True)
            failed = True
            continue
        visit = visits[-1]
        if visit["state"] != "done":
            click.echo(f"tocsin: {code}: {visit['reason'] or visit['state']}: {visit['detail'] or 'paused'}", err=True)
            failed = True
    try:
        figures = work.process_all()
    except work.NOT_STORED as error:
        fail(f"not processed yet: {error}; what was collected is kept, and taken up when there is room")
    if as_json:
        show({"feeds": visits, **figures})
    else:
        for visit in visits:
            click.echo(f"{visit['code']}  {visit['state']}  {visit['arrivals']} arrived, {visit['new']} new")
        click.echo(
            f"{figures['rows']:,} rows = {figures['events']:,} events + {figures['duplicates']:,} duplicates"
            f" + {figures['rejects']:,} rejects; {figures['findings']:,} findings"
        )
    if failed:
        sys.exit(1)


def _none(code: str) -> NoReturn:
    fail(f"there is no feed {code}; `tocsin feeds list` shows those there are")


def _print(found: list[dict[str, Any]], *, as_json: bool, one: bool = False) -> None:
    if as_json:
        show(found[0] if one else found)
        return
    for feed in found:
        state = "off" if not feed["enabled"] else feed["reason"] or "ok"
        last = feed["last_arrival_at"] or "nothing came yet"
        click.echo(f"{feed['code']}  {feed['way']}  {state}  {last}  {feed['address']}")
