"""Secrets at rest: what a feed or a channel needs to sign in is kept encrypted under the installation's key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class NotOurs(Exception):
    """The text was not sealed with this installation's key."""


def seal(text: str) -> str:
    """Return the text encrypted and signed; the empty text stays empty."""
    return _box().encrypt(text.encode()).decode() if text else ""


def opened(text: str) -> str:
    """Return what was sealed. Raise NotOurs."""
    try:
        return _box().decrypt(text.encode()).decode() if text else ""
    except InvalidToken as error:
        raise NotOurs("sealed with another key: restore secret.key, or enter the secret again") from error


def _box() -> Fernet:
    # A key of its own, so that what is signed elsewhere with SECRET_KEY never opens a box.
    digest = hashlib.sha256(b"tocsin.base.sealed\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
