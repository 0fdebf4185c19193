"""The link in a call: signed, expiring, good without an account; opening it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing

LIVES = timedelta(days=60)
_SALT = "tocsin.reach.call"


@dataclass(frozen=True, slots=True)
class Opened:
    """A token of ours: for which call, and whether its time is over."""

    call: UUID
    expired: bool


def link(call: UUID, made_at: datetime) -> str:
    """Return the address of the page that answers a call."""
    return f"{settings.TOCSIN_BASE_URL}/contact/{token(call, made_at)}/"


def token(call: UUID, made_at: datetime) -> str:
    """Return what stands in that address."""
    until = int((made_at + LIVES).timestamp())
    return signing.Signer(salt=_SALT).sign(f"{call.hex}.{until:x}")


def opened(token: str, now: datetime) -> Opened | None:
    """Return the call a token stands for; None when it is not ours."""
    try:
        call, until = signing.Signer(salt=_SALT).unsign(token).split(".")
        return Opened(UUID(hex=call), now.timestamp() > int(until, 16))
    except (signing.BadSignature, ValueError):
        return None


REGISTRATION_LIVES = timedelta(days=3)
_REGISTRATION = "tocsin.reach.registration"


def registration_link(registration: UUID, made_at: datetime) -> str:
    """Return the address of the page that confirms a registration."""
    return f"{settings.TOCSIN_BASE_URL}/register/{registration_token(registration, made_at)}/"


def registration_token(registration: UUID, made_at: datetime) -> str:
    """Return what stands in that address."""
    until = int((made_at + REGISTRATION_LIVES).timestamp())
    return signing.Signer(salt=_REGISTRATION).sign(f"{registration.hex}.{until:x}")


def opened_registration(token: str, now: datetime) -> Opened | None:
    """Return the registration a token stands for, in `call`; None when it is not ours."""
    try:
        id_, until = signing.Signer(salt=_REGISTRATION).unsign(token).split(".")
        return Opened(UUID(hex=id_), now.timestamp() > int(until, 16))
    except (signing.BadSignature, ValueError):
        return None
