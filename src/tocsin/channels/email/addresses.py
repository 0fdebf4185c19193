"""Addresses as servers take them: host names in their ASCII form, nothing that could end a line or a command."""

from __future__ import annotations

import re
from email.utils import parseaddr

import idna

_LOCAL = re.compile(r"[^\s\x00-\x20\x7f<>()\[\],;:\\\"@]+\Z")
_LABELS = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\Z")


class BadAddress(Exception):
    """Mail cannot be sent to such an address."""


def plain(address: str) -> str:
    """Return the address with its host name in ASCII form (RFC 5891); the local part is left as it is. Raise BadAddress."""
    local, at, host = address.strip().rpartition("@")
    if not at or not _LOCAL.match(local) or len(local.encode()) > 64 or local.startswith(".") or ".." in local:
        raise BadAddress(address)
    try:
        name = idna.encode(host, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise BadAddress(f"{address}: {error}") from error
    if not _LABELS.match(name):
        raise BadAddress(address)
    return f"{local}@{name}"


def sender(text: str) -> tuple[str, str]:
    """Return the name and the plain address of a sender written `Name <address>`. Raise BadAddress."""
    name, address = parseaddr(text)
    return name, plain(address)


def needs_utf8(address: str) -> bool:
    """Say whether only a server that speaks SMTPUTF8 (RFC 6531) can take it."""
    return not address.isascii()
