"""Texts of warnings as data: by kind, in Vietnamese and English."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Text:
    """What is said about a kind: a title, why it matters, what to do, first things first."""

    title: str
    risk: str
    do: tuple[str, ...]


@cache
def _all() -> dict[str, dict[str, dict[str, object]]]:
    return tomllib.loads((Path(__file__).parent / "kinds.toml").read_text(encoding="utf-8"))


def about(kind: str, rsit_type: str, language: str) -> Text:
    """Return the text for a kind; where it has none of its own, for its RSIT type; else a general one."""
    texts = _all()
    found = (texts.get(kind) or texts.get(rsit_type) or texts["default"])["en" if language.startswith("en") else "vi"]
    return Text(str(found["title"]), str(found["risk"]), tuple(map(str, found["do"])))  # type: ignore[call-overload]
