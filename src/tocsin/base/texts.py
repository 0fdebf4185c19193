"""Texts made comparable: search without accents, the same on every database."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def folded(text: str) -> str:
    """Return the text for searching: lower case, no accents, đ as d. `Đường` and `duong` become the same."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


_LETTERS = {letter: n for n, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_QUALITY = "\u0302\u0306\u031b"
"""The circumflex, the breve and the horn make letters of their own."""
_TONES = "\u0300\u0309\u0303\u0301\u0323"
"""The other marks are tones, in the order of dictionaries: huyền, hỏi, ngã, sắc, nặng."""


@lru_cache(maxsize=1 << 16)
def collated(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the key by which texts sort as in a Vietnamese dictionary: a ă â b c d đ e ê …, tones after letters."""
    letters: list[int] = []
    tones: list[int] = []
    for character in unicodedata.normalize("NFC", text.casefold()):
        base, *marks = list(unicodedata.normalize("NFD", character))
        letter = unicodedata.normalize("NFC", base + "".join(mark for mark in marks if mark in _QUALITY))
        # Spaces and digits stand before letters, what is no letter of the alphabet after them.
        place = 1000 + _LETTERS[letter] if letter in _LETTERS else ord(base) + (0 if ord(base) < 97 else 2000)
        letters.append(place)
        tones.append(max((1 + _TONES.index(mark) for mark in marks if mark in _TONES), default=0))
    return tuple(letters), tuple(tones)
