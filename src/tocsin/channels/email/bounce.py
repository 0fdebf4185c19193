"""Read what mail systems say of a message that could not be delivered (RFC 3464), and of those they still try.

Only the machine-readable report counts. A mail that merely looks like a bounce is a person's to read.
"""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage

_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")
_ADDRESS = re.compile(r"^(?:[a-z0-9-]+;)?\s*<?([^\s<>;]+@[^\s<>;]+)>?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says of one recipient."""

    recipient: str
    message_id: str
    """Of the message that was sent, with its brackets; empty where the report leaves it out."""
    action: str
    """failed, delayed, delivered, relayed or expanded."""
    status: str
    """Enhanced status code (RFC 3463): 5.1.1 is an unknown mailbox."""
    said: str

    @property
    def permanent(self) -> bool:
        """Whether trying again is useless."""
        return self.action == "failed" and self.status.startswith("5")


def read(content: bytes) -> list[Bounce]:
    """Return what a mail reports, a line a recipient; nothing when it is no delivery report. Never raises on content."""
    message = email.message_from_bytes(content, policy=policy.default)
    if message.get_content_type() != "multipart/report" or message.get_param("report-type") != "delivery-status":
        return []
    message_id, found = "", []
    for part in message.walk():
        kind = part.get_content_type()
        if kind in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"} and not message_id:
            message_id = _original_id(part)
        elif kind == "message/delivery-status":
            payload = part.get_payload()
            blocks = payload if isinstance(payload, list) else []
            # The first block is about the message, each further one about a recipient.
            found += [block for block in blocks[1:] if isinstance(block, EmailMessage)]
    return [bounce for block in found if (bounce := _about(block, message_id)) is not None]


def _about(block: EmailMessage, message_id: str) -> Bounce | None:
    wanted = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    address = _ADDRESS.match(wanted.strip())
    status = _STATUS.search(str(block.get("Status") or ""))
    if address is None or status is None:
        return None
    said = " ".join(str(block.get("Diagnostic-Code") or "").split())
    return Bounce(address[1].lower(), message_id, str(block.get("Action") or "").strip().lower(), status[0], said[:500])


def _original_id(part: EmailMessage) -> str:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], EmailMessage):
        return str(payload[0].get("Message-ID") or "").strip()
    if isinstance(payload, str):
        return str(email.message_from_string(payload, policy=policy.default).get("Message-ID") or "").strip()
    return ""
