"""`tocsin process`: files in, files out, no database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.project.commands import FILE, fail, print_summary, show


@click.command()
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
    from tocsin.engines import memory

    memory.keep_freed()  # before Polars is loaded

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
        print_summary(outcome.summary.as_json())
    not_read = [file for file in outcome.summary.files if file.format is None]
    for file in not_read:
        click.echo(f"tocsin: {file.path}: not read; see rejects.ndjson for the reason", err=True)
    if not_read:
        sys.exit(1)
