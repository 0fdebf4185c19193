"""What is done with findings, a module a verb."""

from tocsin.findings.actions.folding import (
    decline,
    fold,
    hear_owner,
    mark_warned,
    note_news,
    overrule,
    record_word,
    take_stock,
    tell,
)
from tocsin.findings.actions.refolding import refold

__all__ = [
    "decline",
    "fold",
    "hear_owner",
    "mark_warned",
    "note_news",
    "overrule",
    "record_word",
    "refold",
    "take_stock",
    "tell",
]
