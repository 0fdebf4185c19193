"""Mails that carry no report but a link to it."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from urllib.parse import urlsplit

_LINK = re.compile(r"https?://[^\s<>\"'\]\)]{1,2000}")
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
AT_MOST = 50


def links(content: bytes) -> list[str]:
    """Return the addresses in the words of a mail that has no attachment; none for one that has."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    found: dict[str, None] = {}
    for part in message.walk():
        if part.is_multipart() or part.get_content_type() in _SIGNATURES:
            continue  # a signature is no report
        if part.get_filename() is not None or part.get_content_maintype() != "text" or _attached(part):
            return []
        text = part.get_payload(decode=True)
        if isinstance(text, bytes):
            found |= dict.fromkeys(match[0].rstrip(".,;:") for match in _LINK.finditer(text.decode(errors="replace")))
    return list(found)[:AT_MOST]


def _attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment"


def host(link: str) -> str:
    """Return the host of an address; empty when it cannot be read."""
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""
