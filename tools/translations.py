"""Keep the Vietnamese catalogues complete: collect what each app says, compare, add what is missing, compile.

    python tools/translations.py [APP ...]             say what is missing; exit 1 if anything is
    python tools/translations.py --update [APP ...]    add new messages to the catalogues (translations are kept)
    python tools/translations.py --compile [APP ...]   write the binary catalogues that Django reads

Source strings are English. GNU gettext is not needed: Babel reads Python, Django turns its templates
into something Babel can read. Binary catalogues are kept in git, so that a clone needs neither.
"""

from __future__ import annotations

import argparse
import io
import re
import string
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "tocsin"
LOCALE = "vi"

KEYWORDS: dict[str, tuple[object, ...] | None] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}

# Babel writes the time of writing into a catalogue, which would make every run a difference.
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)

Identity = tuple[str | None, str, str | None]
"""Context, message, plural: what makes two messages the same."""


def apps(source: Path = SOURCE) -> list[str]:
    """Name the packages that may say something to people."""
    return sorted(folder.name for folder in source.iterdir() if (folder / "__init__.py").is_file())


def said_by(app: Path) -> dict[Identity, list[str]]:
    """Collect every translatable message of one app with the files that say it."""
    if not settings.configured:
        settings.configure()
    said: dict[Identity, list[str]] = {}
    for path in sorted(app.rglob("*")):
        parts = path.relative_to(app).parts
        if "tests" in parts or "migrations" in parts or not path.is_file():
            continue
        if path.suffix == ".py":
            code = path.read_text(encoding="utf-8")
        elif path.suffix in {".html", ".txt"} and "templates" in parts:
            # Python's tokenizer minds indentation, a template does not.
            lines = templatize(path.read_text(encoding="utf-8"), origin=str(path)).splitlines()
            code = "\n".join(line.strip() for line in lines)
        else:
            continue
        for identity in _messages(code):
            places = said.setdefault(identity, [])
            place = path.relative_to(app).as_posix()
            if place not in places:
                places.append(place)
    return said


def _messages(code: str) -> Iterator[Identity]:
    found = extract_python(io.BytesIO(code.encode()), list(KEYWORDS), [], {"encoding": "utf-8"})
    for _line, function, arguments, _comments in found:
        given = arguments if isinstance(arguments, tuple | list) else (arguments,)
        spec = KEYWORDS[function]
        context = given[0] if spec and spec[0] == (1, "c") else None
        texts = given[1:] if context is not None else given
        wanted = 2 if function.startswith(("n", "np")) else 1
        if len(texts) >= wanted and all(isinstance(text, str) and text for text in texts[:wanted]):
            yield context, texts[0], texts[1] if wanted == 2 else None


def catalogue(app: Path) -> Path:
    """Name the catalogue of an app."""
    return app / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def read(path: Path) -> Catalog:
    """Read a catalogue, or start an empty one."""
    if not path.is_file():
        return _empty()
    with path.open("rb") as file:
        found = read_po(file, locale=LOCALE)
    found.creation_date = found.revision_date = NO_DATE
    return found


def _empty() -> Catalog:
    return Catalog(
        locale=LOCALE,
        project="Tocsin",
        header_comment="# Vietnamese texts of Tocsin. Add messages with tools/translations.py --update.",
        language_team="vi",
        last_translator="Tocsin",
        msgid_bugs_address="see SECURITY.md and CONTRIBUTING.md",
        creation_date=NO_DATE,
        revision_date=NO_DATE,
        fuzzy=False,
    )


def _identity(message: Message) -> Identity:
    if isinstance(message.id, tuple | list):
        return message.context, message.id[0], message.id[1]
    return message.context, message.id, None


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string or "",)


def update(app: Path) -> int:
    """Add what the app says to its catalogue; return how many messages still lack a translation."""
    said, path = said_by(app), catalogue(app)
    if not said and not path.is_file():
        return 0
    old = read(path)
    known = {_identity(message): message for message in (*old.obsolete.values(), *old) if message.id}
    new = _empty()
    missing = 0
    for identity, places in sorted(said.items(), key=lambda item: (item[1], item[0][1])):
        context, text, plural = identity
        before = known.pop(identity, None)
        translated = before is not None and all(_strings(before))
        missing += not translated
        new.add(
            (text, plural) if plural is not None else text,
            before.string if before is not None else None,
            locations=[(place, None) for place in places],
            flags=[flag for flag in (before.flags if before else ()) if flag == "fuzzy"],
            user_comments=before.user_comments if before else (),
            context=context,
        )
    # A translation is work: one that nobody says today is kept aside, and used again when it is said again.
    for message in known.values():
        if all(_strings(message)):
            message.locations = []
            new.obsolete[message.id] = message
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, width=110, sort_by_file=False, include_lineno=False)
    return missing


def compiled(app: Path) -> bytes:
    """Give the binary catalogue that the text catalogue of an app amounts to."""
    out = io.BytesIO()
    write_mo(out, read(catalogue(app)))
    return out.getvalue()


PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%[sd]")


def placeholders(text: str) -> set[str]:
    """Name what a message has filled in, `%(name)s` and `{name}` alike."""
    found = {match.group(1) or match.group(0) for match in PLACEHOLDER.finditer(text)}
    try:
        found |= {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
    except ValueError:
        pass  # a lone brace: not a format string
    return found


def problems(app: Path) -> Iterator[str]:
    """Say what keeps an app from speaking Vietnamese."""
    said, path = said_by(app), catalogue(app)
    if not said:
        return
    known = {_identity(message): message for message in read(path) if message.id}
    for identity, places in said.items():
        message, where = known.get(identity), f"{app.name}/{places[0]}: {identity[1]!r}"
        if message is None:
            yield f"{where} is not in the catalogue (run tools/translations.py --update {app.name})"
        elif not all(_strings(message)):
            yield f"{where} is not translated"
        elif message.fuzzy:
            yield f"{where} is marked fuzzy"
        else:
            wanted = placeholders(identity[1]) | placeholders(identity[2] or "")
            for text in _strings(message):
                if identity[2] is None and placeholders(text) != wanted:
                    yield f"{where} fills in {sorted(wanted)}, its translation {sorted(placeholders(text))}"
                elif not placeholders(text) <= wanted:
                    yield f"{where} has a translation that fills in {sorted(placeholders(text) - wanted)}, unknown to it"
    binary = path.with_suffix(".mo")
    if path.is_file() and (not binary.is_file() or binary.read_bytes() != compiled(app)):
        yield f"{app.name}: the binary catalogue is not current (run tools/translations.py --compile {app.name})"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="*", metavar="APP")
    parser.add_argument("--update", action="store_true", help="add new messages to the catalogues")
    parser.add_argument("--compile", action="store_true", help="write the binary catalogues")
    options = parser.parse_args(arguments)
    known = apps()
    if unknown := [name for name in options.apps if name not in known]:
        parser.error(f"no such app: {', '.join(unknown)}; there are {', '.join(known)}")
    folders = [SOURCE / name for name in options.apps or known]
    for app in folders:
        if options.update and (missing := update(app)):
            print(f"{app.name}: {missing} to translate in {catalogue(app).relative_to(ROOT)}")
        if options.compile and catalogue(app).is_file():
            catalogue(app).with_suffix(".mo").write_bytes(compiled(app))
    if options.update or options.compile:
        return 0
    found = [problem for app in folders for problem in problems(app)]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
