"""What every way out has in common: it hands a rendered message over, or says why not.

A folder a channel. Each takes a message that is complete, knows no organization and no database, and
returns what the other side said, or raises NotHandedOver. `tests/test_contract.py` holds them all to it.
"""

from __future__ import annotations


class NotHandedOver(Exception):
    """The message was not accepted. `permanent`: trying again is useless."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent
