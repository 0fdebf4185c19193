"""Cells of a table that other people open in a spreadsheet: never a formula."""

from __future__ import annotations

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones count in some locales


def inert(cell: object) -> str:
    """Return the cell as text that no spreadsheet runs: what looks like a formula gets an apostrophe before it."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
