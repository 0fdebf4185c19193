"""Texts of warnings as data: by kind, in Vietnamese and English."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """What is said about a kind: a title, why it matters, what to do, first things first. `key`: where it is kept."""

    key: str
    title: str
    risk: str
    do: tuple[str, ...]
    more: str = ""
    """Where the source itself explains it; empty: nowhere."""


@cache
def _all() -> dict[str, dict[str, Any]]:
    """Return the texts by key; an entry with `same` stands for other kinds too."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        for key, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for name in (key, *entry.get("same", ())):
                found[name] = {**entry, "key": key}
    return found


def names() -> list[str]:
    """Return the kinds and types that have a text, each by the name it is kept under."""
    return sorted({entry["key"] for entry in _all().values()})


def claims() -> dict[str, list[str]]:
    """Return for which kinds each entry of each file is meant: for the check that none is meant twice."""
    found: dict[str, list[str]] = {}
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        for key, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found[f"{file.name}/{key}"] = [key, *entry.get("same", ())]
    return found


def has(name: str) -> bool:
    """Say whether a kind or an RSIT type has a text of its own."""
    return name in _all()


def about(kind: str, rsit_type: str, language: str) -> Text:
    """Return the text for a kind; where it has none of its own, for its RSIT type; else a general one."""
    texts = _all()
    entry = texts.get(kind) or texts.get(rsit_type) or texts["default"]
    said = entry["en" if language.startswith("en") else "vi"]
    return Text(entry["key"], said["title"], said["risk"], tuple(said["do"]), entry.get("more", ""))
