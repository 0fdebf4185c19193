"""Why nothing, or nothing more, could be had.

NotCollected          nothing more could be had this time
├── Refused           this side will not: an address inside, a scheme, a host the feed does not allow
├── Unreachable       the other side does not answer, or breaks off
├── Rejected          the other side answers, and says no
├── TooMuch           more bytes or more time than allowed
└── NotComplete       it is still being written
"""

from __future__ import annotations

from typing import Final

REASONS: Final = {
    "refused-address",
    "refused-port",
    "refused-scheme",
    "refused-folder",
    "refused-redirect",
    "bad-address",
    "name-not-found",
    "unreachable",
    "not-trusted",
    "cut-short",
    "bad-answer",
    "bad-status",
    "bad-encoding",
    "sign-in-failed",
    "no-such-place",
    "not-permitted",
    "too-large",
    "too-slow",
    "not-opened",
    "not-complete",
}
"""Why nothing could be had, as machine words; each has its words for the screen."""


class NotCollected(Exception):
    """Nothing more could be had this time. `reason` is one of REASONS, `detail` says it in a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Refused(NotCollected):
    """Not from here: this side will not."""


class Unreachable(NotCollected):
    """The other side does not answer, or breaks off."""


class Rejected(NotCollected):
    """The other side answers, and says no."""


class TooMuch(NotCollected):
    """More bytes or more time than allowed."""


class NotComplete(NotCollected):
    """It is still being written; it comes another time."""
