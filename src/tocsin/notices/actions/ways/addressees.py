"""Somebody that a way out reaches."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody that a way out reaches. `key` names them on it (at most 254 characters) and is shown: never a secret."""

    key: str
    name: str
    language: str
    contact: UUID | None = None
