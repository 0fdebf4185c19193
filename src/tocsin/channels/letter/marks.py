"""The mark of urgency that a form knows, by severity: data beside the template of the form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from tocsin.channels.letter.render import FORMS, UnknownForm, forms
from tocsin.core.severity import RANK


class BadForm(ValueError):
    """The data of a form cannot be as they are written; the message says what is wrong."""


def urgency(severity: str, *, form: str) -> str:
    """Return the mark of a letter about something so severe; nothing where the form has none. Raise UnknownForm, BadForm."""
    return _marks(form).get(severity, "")


@cache
def _marks(form: str) -> Mapping[str, str]:
    if form not in forms():
        raise UnknownForm(f"{form}; known: {', '.join(forms())}")
    data = FORMS / f"{form}.toml"
    return read(data.read_text(encoding="utf-8")) if data.exists() else {}


def read(text: str) -> Mapping[str, str]:
    """Return the marks by severity that the data of a form name. Raise BadForm."""
    try:
        found = tomllib.loads(text).get("urgency", {})
    except tomllib.TOMLDecodeError as error:
        raise BadForm(str(error)) from error
    if not isinstance(found, dict) or not all(isinstance(mark, str) and mark for mark in found.values()):
        raise BadForm("`urgency` is a table of severities, each with its mark")
    if unknown := sorted(set(found) - set(RANK)):
        raise BadForm(f"no such severity: {', '.join(unknown)}")
    return found
