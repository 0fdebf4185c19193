"""The link in a warning that answers without an account: signed, expiring, the same however often the mail is made."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

LIVES = timedelta(days=90)
_SALT = "tocsin.notices.answer"


def link(delivery: UUID, created_at: datetime) -> str:
    """Return the address of the answer page for one delivery."""
    until = int((created_at + LIVES).timestamp())
    return f"{settings.TOCSIN_BASE_URL}/answer/{signing.Signer(salt=_SALT).sign(f'{delivery.hex}.{until:x}')}/"


def opened(token: str, now: datetime) -> UUID | None:
    """Return the delivery a token stands for; None when it is not ours or has expired."""
    try:
        delivery, until = signing.Signer(salt=_SALT).unsign(token).split(".")
    except (signing.BadSignature, ValueError):
        return None
    return UUID(hex=delivery) if now.timestamp() <= int(until, 16) else None
