"""The ways out of a notice to a contact, by name: each knows whom it reaches, writes the message, hands it over.

A delivery row names its channel. Whoever adds a channel writes a module with a `Way` and enters it in `WAYS`:
deciding whom to tell, keeping bytes, attempts, states, retries and escalation are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Protocol

from tocsin.constituency.models import Contact, Organization
from tocsin.notices.actions.ways import email, endpoints, letter
from tocsin.notices.actions.ways.addressees import Addressee
from tocsin.notices.models import Delivery

__all__ = ["WAYS", "Addressee", "NoSuchWay", "Way", "compose", "way"]

Hand = Callable[[Delivery, bytes], str]
"""Hands the kept bytes of a delivery over and returns what the other side said. Raises channels.handover.NotHandedOver."""


class Way(Protocol):
    """A way out. It holds nothing between calls."""

    def addressees(
        self, organization: Organization, contacts: Sequence[Contact], language: str
    ) -> list[Addressee]:  # fmt: skip
        """Return whom of these contacts (or the organization itself) it reaches, in order, each once; perhaps nobody."""
        ...

    def compose(self, rows: Sequence[Delivery], *, now: datetime) -> Iterable[tuple[Delivery, bytes | str]]:
        """Yield each delivery with its message as it is made now (kept, the same at every attempt), or with what is wrong."""
        ...

    def opened(self) -> AbstractContextManager[Hand]:
        """Open the way for many messages. Raises channels.handover.Unavailable when it does not answer at all."""
        ...


class NoSuchWay(Exception):
    """No channel of this name is built in."""


WAYS: Final[Mapping[str, Way]] = {
    "email": email.EMail(),
    "chat": endpoints.Endpoints("chat"),
    "webhook": endpoints.Endpoints("webhook"),
    "letter": letter.OnPaper(),
}


def way(channel: str) -> Way:
    """Return a way out. Raise NoSuchWay."""
    try:
        return WAYS[channel]
    except KeyError:
        raise NoSuchWay(channel) from None


def compose(rows: Iterable[Delivery], *, now: datetime) -> Iterable[tuple[Delivery, bytes | str]]:
    """Yield each delivery with its message as its channel makes it now, or with what is wrong."""
    by_channel: dict[str, list[Delivery]] = {}
    for row in rows:
        by_channel.setdefault(row.channel, []).append(row)
    for channel, members in by_channel.items():
        yield from way(channel).compose(members, now=now)
