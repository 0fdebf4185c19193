"""Somebody that a way out reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody that a way out reaches. `key` names them on it (at most 254 characters) and is shown: never a secret."""

    key: str
    name: str
    language: str
    contact: UUID | None = None


class Unmade(str):
    """What is wrong with a message that cannot be made; `failure` says it in one word."""

    __slots__ = ("failure",)
    failure: str

    def __new__(cls, says: str, failure: str) -> Self:
        """Return the sentence, with its word."""
        made = super().__new__(cls, says)
        made.failure = failure
        return made
