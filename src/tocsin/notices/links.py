"""The link in a warning that answers without an account: signed, expiring, the same however often the mail is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

LIVES = timedelta(days=90)
_SALT = "tocsin.notices.answer"
_LINK = re.compile(r"(/answer/)[A-Za-z0-9._:~-]{20,}/?")


@dataclass(frozen=True, slots=True)
class Opened:
    """A token of ours: for which delivery, and whether its time is over."""

    delivery: UUID
    expired: bool


def link(delivery: UUID, let_go_at: datetime) -> str:
    """Return the address of the answer page for one delivery."""
    return f"{settings.TOCSIN_BASE_URL}/answer/{token(delivery, let_go_at)}/"


def token(delivery: UUID, let_go_at: datetime) -> str:
    """Return what stands in that address."""
    until = int((let_go_at + LIVES).timestamp())
    return signing.Signer(salt=_SALT).sign(f"{delivery.hex}.{until:x}")


def opened(token: str, now: datetime) -> Opened | None:
    """Return the delivery a token stands for; None when it is not ours."""
    try:
        delivery, until = signing.Signer(salt=_SALT).unsign(token).split(".")
        return Opened(UUID(hex=delivery), now.timestamp() > int(until, 16))
    except (signing.BadSignature, ValueError):
        return None


def hidden(text: str) -> str:
    """Return a text without the link in it: whoever looks must not answer in the organization's name."""
    return _LINK.sub(r"\1[…]/", text)
