"""The link in a question: signed, expiring, good without an account; opening it answers nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

LIVES = timedelta(days=180)
"""After it was made; it ends earlier, when the survey is closed."""
_SALT = "tocsin.surveys.answer"


@dataclass(frozen=True, slots=True)
class Opened:
    """A token of ours: for which mail, and whether its time is over."""

    mail: UUID
    expired: bool


def link(mail: UUID, made_at: datetime) -> str:
    """Return the address of the page that takes the answer."""
    return f"{settings.TOCSIN_BASE_URL}/questions/{token(mail, made_at)}/"


def token(mail: UUID, made_at: datetime) -> str:
    """Return what stands in that address."""
    until = int((made_at + LIVES).timestamp())
    return signing.Signer(salt=_SALT).sign(f"{mail.hex}.{until:x}")


def opened(token: str, now: datetime) -> Opened | None:
    """Return the mail a token stands for; None when it is not ours."""
    try:
        mail, until = signing.Signer(salt=_SALT).unsign(token).split(".")
        return Opened(UUID(hex=mail), now.timestamp() > int(until, 16))
    except (signing.BadSignature, ValueError):
        return None
