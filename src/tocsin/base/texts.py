"""Texts made comparable: search without accents, the same on every database."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """Return the text for searching: lower case, no accents, đ as d. `Đường` and `duong` become the same."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
