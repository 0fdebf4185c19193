"""What is done with findings, a module a verb."""

from tocsin.findings.actions.exploiting import Taken, read_lists, take_known_exploited
from tocsin.findings.actions.folding import (
    decline,
    disown,
    fold,
    hear_owner,
    mark_warned,
    overrule,
    own_again,
    record_word,
    tell,
)
from tocsin.findings.actions.raising import note_news
from tocsin.findings.actions.rechecking import (
    BadPermission,
    NoCheck,
    NoPermission,
    NotHeld,
    NothingToCheck,
    TooSoon,
    any_recheck_due,
    ask,
    look_next,
    may_look,
    permit,
    revoke,
    take_result,
)
from tocsin.findings.actions.refolding import refold
from tocsin.findings.actions.standing import take_stock
from tocsin.findings.actions.succeeding import PassedOn, pass_on
from tocsin.findings.actions.verifying import Verified, verify

__all__ = [
    "BadPermission",
    "NoCheck",
    "NoPermission",
    "NotHeld",
    "NothingToCheck",
    "PassedOn",
    "Taken",
    "TooSoon",
    "Verified",
    "any_recheck_due",
    "ask",
    "decline",
    "disown",
    "fold",
    "hear_owner",
    "look_next",
    "mark_warned",
    "may_look",
    "note_news",
    "overrule",
    "own_again",
    "pass_on",
    "permit",
    "read_lists",
    "record_word",
    "refold",
    "revoke",
    "take_known_exploited",
    "take_result",
    "take_stock",
    "tell",
    "verify",
]
