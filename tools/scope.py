"""House linter: what import-linter cannot see.

    python tools/scope.py [--check] [FOLDER]     prints every breach; exit 1 if there is one

Rows have one door (`.objects` and `get_model` only in models, queries, actions); nothing happens
behind one's back (no `@receiver`); a query takes the viewer first; templates hold no script, style
or handler of their own, because the content security policy would rightly stop them.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOORS = {"models", "queries", "actions", "migrations", "tests", "dialect"}
BELOW_DJANGO = {"core", "pipeline", "feeds", "lake", "engines", "channels", "roster", "batches"}
"""Packages without rows: `.objects` there is a word like any other."""
ESCAPE = "# scope: everyone because "
TEMPLATE_BREACHES = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an event handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript: link": re.compile(r"javascript:", re.IGNORECASE),
    "an hx-on attribute": re.compile(r"\shx-on", re.IGNORECASE),
    "|safe": re.compile(r"\|\s*safe\b"),
}


def breaches(folder: Path) -> Iterator[str]:
    """Yield `path:line: what is wrong` for every breach below `folder`."""
    for path in sorted(folder.rglob("*.py")):
        yield from _in_code(path, folder)
    for path in sorted(folder.rglob("templates/**/*.html")):
        text = path.read_text(encoding="utf-8")
        for what, pattern in TEMPLATE_BREACHES.items():
            for match in pattern.finditer(text):
                yield f"{path.relative_to(folder)}:{text.count(chr(10), 0, match.start()) + 1}: {what}"


def _in_code(path: Path, folder: Path) -> Iterator[str]:
    place = path.relative_to(folder)
    rooms = {*place.parts[:-1], path.stem}
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        has_rows = place.parts[0] not in BELOW_DJANGO
        at_door = (
            has_rows and isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "get_model"}
        )
        if at_door and not rooms & DOORS and ESCAPE not in lines[node.lineno - 1]:
            yield f"{place}:{node.lineno}: .{node.attr} outside models, queries and actions"  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef):
            if any("receiver" in ast.unparse(decorator) for decorator in node.decorator_list):
                yield f"{place}:{node.lineno}: a signal receiver"
            if "queries" in rooms and node.col_offset == 0 and not node.name.startswith("_"):
                first = (node.args.posonlyargs + node.args.args + node.args.kwonlyargs)[:1]
                above = lines[node.lineno - 2] if node.lineno > 1 else ""
                if (not first or first[0].arg != "viewer") and ESCAPE not in above:
                    yield f"{place}:{node.lineno}: query {node.name} does not take the viewer first"


def main() -> int:
    """Print the breaches."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    found = list(breaches(Path(arguments[0]) if arguments else ROOT / "src" / "tocsin"))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
