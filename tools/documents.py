"""Write the reference documents that are made from code; `--check` says which are out of date.

docs/reference/events.md: the columns of an event file. docs/reference/cli.md: every command.
docs/reference/api.md: every route of the API.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from tocsin.core import event
from tocsin.project import cli

EXAMPLES = Path(__file__).resolve().parent / "api_examples.sh"
REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"


def events() -> str:
    """Describe the columns of an event file."""
    rows = [f"| `{column.name}` | {column.kind} | {column.says} |" for column in event.COLUMNS]
    head = "# Columns of an event\n\nMade from `tocsin.core.event`; do not edit.\n\n| column | kind | says |\n|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def commands() -> str:
    """Describe every command of the command line."""
    return "# Commands\n\nMade from the command line's own help; do not edit.\n" + _command(cli.main, "tocsin", None)


def examples() -> list[tuple[str, str]]:
    """Return the examples of calling the API: their titles and commands. A test runs each."""
    parts = EXAMPLES.read_text(encoding="utf-8").strip().split("\n\n")
    return [(title.removeprefix("# "), command) for title, _, command in (part.partition("\n") for part in parts)]


def api() -> str:
    """Describe every route of the API."""
    import django
    from django.utils import translation

    # Settings make the installation's key where there is none.
    os.environ.setdefault("TOCSIN_HOME", tempfile.mkdtemp(prefix="tocsin-documents-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.project.settings")
    django.setup()
    from tocsin.base.api import reference
    from tocsin.project.api import api

    with translation.override("en"):
        return reference.markdown(reference.read(api.document()), examples())


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
    wanted = {"events.md": events(), "cli.md": commands(), "api.md": api()}
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
