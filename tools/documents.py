"""Write the reference documents that are made from code; `--check` says which are out of date.

docs/reference/events.md: the columns of an event file. docs/reference/cli.md: every command.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from tocsin.core import event
from tocsin.project import cli

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"


def events() -> str:
    """Describe the columns of an event file."""
    rows = [f"| `{column.name}` | {column.kind} | {column.says} |" for column in event.COLUMNS]
    head = "# Columns of an event\n\nMade from `tocsin.core.event`; do not edit.\n\n| column | kind | says |\n|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def commands() -> str:
    """Describe every command of the command line."""
    return "# Commands\n\nMade from the command line's own help; do not edit.\n" + _command(cli.main, "tocsin", None)


def _command(command: click.Command, name: str, parent: click.Context | None) -> str:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    text = f"\n## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None and not found.hidden:
                text += _command(found, inner, context)
    return text


def main() -> int:
    """Write or check the documents."""
    wanted = {"events.md": events(), "cli.md": commands()}
    stale = []
    for name, text in wanted.items():
        path = REFERENCE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"out of date: {', '.join(stale)}; run tools/documents.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
