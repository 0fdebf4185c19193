"""Put a mail into an envelope that only its reader opens, and sign it where the team has a key to sign with."""

from __future__ import annotations

import email
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

from tocsin.channels.email.openpgp import OpenPGP
from tocsin.channels.email.protect import Protection, Unprotected, protect
from tocsin.channels.email.smime import SMIME

OPENPGP, SMIME_ = "openpgp", "smime"


class NoKey(Exception):
    """The contact must be encrypted to, and there is no key that works: nothing goes out instead."""


class KeyExpired(NoKey):
    """The contact must be encrypted to, and every key there is has expired: nothing goes out instead."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """How mail to a contact is encrypted: the key that is used, and whether mail without one is held back."""

    kind: str = ""
    content: bytes = b""
    must: bool = False
    expired_at: datetime | None = None
    """When the last of the keys expired, where there are keys and none works."""


def enclosed(message: bytes, encryption: Encryption | None, *, outer_subject: str) -> bytes:
    """Return a message encrypted and signed as its reader and the settings ask; the same bytes when neither does.

    `outer_subject` is what everybody on the way can read of an encrypted one. Raise NoKey, KeyExpired, Unprotected.
    """
    if encryption is not None and encryption.must and not encryption.content:
        if encryption.expired_at is not None:
            raise KeyExpired(
                f"the key expired on {encryption.expired_at:%Y-%m-%d}, and this contact must be encrypted to"
            )
        raise NoKey("there is no key that works, and this contact must be encrypted to")
    protection = _protection(encryption)
    if protection is None:
        return message
    found = email.message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    encrypts = encryption is not None and bool(encryption.content)
    return protect(found, protection, outer_subject=outer_subject if encrypts else "")


def _protection(encryption: Encryption | None) -> Protection | None:
    kind = encryption.kind if encryption is not None and encryption.content else ""
    recipients = [encryption.content] if encryption is not None and encryption.content else []
    openpgp, smime = _signers()
    if kind == OPENPGP or (not kind and openpgp is not None and smime is None):
        return OpenPGP(recipients, openpgp, settings.TOCSIN_OPENPGP_PASSWORD or None)
    if kind == SMIME_ or smime is not None:
        return SMIME(recipients, smime)
    return None


def _signers() -> tuple[bytes | None, tuple[bytes, bytes] | None]:
    """Return the team's keys to sign with, as far as the settings name their files. Raise Unprotected."""
    names = (settings.TOCSIN_OPENPGP_KEY, settings.TOCSIN_SMIME_CERTIFICATE, settings.TOCSIN_SMIME_KEY)
    try:
        openpgp, certificate, key = (Path(name).read_bytes() if name else None for name in names)
    except OSError as error:
        raise Unprotected(f"the team's key cannot be read: {error}") from error
    return openpgp, (certificate, key) if certificate and key else None
