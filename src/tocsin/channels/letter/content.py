"""What stands in an official letter, whatever its form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the annex."""

    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter. Texts are plain: nothing in them is markup, whatever characters they hold."""

    authority: str
    """The body above the issuing one; may be empty."""
    issuer: str
    number: str
    """As registered: `05/TB-UCSC`."""
    place: str
    on: date
    subject: str
    """What it is about, without `V/v`."""
    to: tuple[str, ...]
    paragraphs: tuple[str, ...]
    signer_position: str
    """With the authority to sign: `KT. GIÁM ĐỐC` on one line, `PHÓ GIÁM ĐỐC` on the next."""
    signer_name: str
    copies: tuple[str, ...] = ()
    """Who else receives it, and where it is filed."""
    urgency: str = ""
    """As the form names it: `Khẩn`, `Thượng khẩn`, `Hỏa tốc`; or empty."""
    tlp: str = ""
    annex: Table | None = None
    exercise: bool = False
    """An exercise: said on every sheet."""

    def as_json(self) -> dict[str, Any]:
        """Return what the template reads."""
        return {**asdict(self), "on": {"day": self.on.day, "month": self.on.month, "year": self.on.year}}
