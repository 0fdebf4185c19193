"""What every way out has in common: it hands a rendered message over, or says why not.

A folder a channel. Each takes a message that is complete, knows no organization and no database, and
returns what the other side said, or raises NotHandedOver. `tests/test_contract.py` holds them all to it.
"""

from __future__ import annotations


class NotHandedOver(Exception):
    """The message was not accepted. `permanent`: trying again is useless; `failure` says why in one word."""

    def __init__(self, reason: str, *, permanent: bool, failure: str = "refused") -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.failure = failure


class Unavailable(Exception):
    """The way out itself does not answer, whatever the message: wait, and let no message pay for it."""


class ByHand(Exception):
    """The message is made; a person carries it, and says when it was handed over. The text says what is to be done."""
