"""Build a warning's message: plain text first, then HTML, a CSV of the details; headers that stop auto-replies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from tocsin.core.cells import inert


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV that spreadsheets open rightly (UTF-8 with a mark) and in which no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heading)
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def build(
    *, sender: str, recipient: str, name: str, subject: str, text: str, html: str, language: str, message_id: str,
    tlp: str, reference: str, sent_at: datetime, details: bytes,
) -> EmailMessage:  # fmt: skip
    """Return the message. The same arguments give the same message."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = formataddr((name, recipient)) if name else recipient
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notices in return
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = language
    message["X-TLP"] = tlp
    message["X-Tocsin-Reference"] = reference
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message.add_attachment(details, maintype="text", subtype="csv", filename=f"{reference}.csv")
    # A boundary made from the reference: what is sent again after a crash is the same to the byte.
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=={reference}-{number}==")
    return message
