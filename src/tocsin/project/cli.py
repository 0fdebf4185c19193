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


if __name__ == "__main__":
    main()
