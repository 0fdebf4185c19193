"""What is done with findings, a module a verb."""

from tocsin.findings.actions.folding import (
    decline,
    disown,
    fold,
    hear_owner,
    mark_warned,
    note_news,
    overrule,
    own_again,
    record_word,
    tell,
)
from tocsin.findings.actions.refolding import refold
from tocsin.findings.actions.standing import take_stock
from tocsin.findings.actions.verifying import Verified, verify

__all__ = [
    "Verified",
    "decline",
    "disown",
    "fold",
    "hear_owner",
    "mark_warned",
    "note_news",
    "overrule",
    "own_again",
    "record_word",
    "refold",
    "take_stock",
    "tell",
    "verify",
]
