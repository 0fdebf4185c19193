"""Build a warning's message: plain text first, then HTML, a CSV of the details; headers that stop auto-replies.

Written out by hand: the standard library takes five milliseconds for one, and folds differently from version to version.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tocsin.channels.email import addresses
from tocsin.core.cells import inert

_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
_LONGEST_LINE = 900
"""Longer lines are encoded: RFC 5322 ends at 998."""
LARGEST_TABLE = 1 << 20
"""A table of more bytes is attached in a ZIP: servers refuse large messages, and tables shrink to a tenth."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes into a message."""

    sender: str
    recipient: str
    name: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    tlp: str
    reference: str
    sent_at: datetime
    details: bytes
    answers_to: tuple[str, ...] = ()
    """Message-IDs of the thread this belongs to, the first one first."""


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV that spreadsheets open rightly (UTF-8 with a mark) and in which no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heading)
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def build(letter: Letter) -> bytes:
    """Return the message, lines ending in CRLF. The same letter gives the same bytes. Raise BadAddress."""
    name, sender = addresses.sender(letter.sender)
    host = sender.rpartition("@")[2]
    recipient = addresses.plain(letter.recipient)
    head = [
        ("From", _mailbox(name, sender)),
        ("To", _mailbox(letter.name, recipient)),
        ("Subject", _words(_line(letter.subject))),
        ("Date", format_datetime(letter.sent_at)),
        ("Message-ID", letter.message_id),
        *([("In-Reply-To", letter.answers_to[-1])] if letter.answers_to else []),
        *([("References", "\r\n ".join(letter.answers_to))] if letter.answers_to else []),
        # RFC 3834 and what Microsoft reads instead: no vacation notices in return.
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Precedence", "list"),
        ("List-Id", f"<warnings.{host}>"),
        ("Content-Language", letter.language),
        ("X-TLP", letter.tlp),
        ("X-Tocsin-Reference", letter.reference),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/mixed; boundary="=={letter.reference}-0=="'),
    ]
    inner = f"=={letter.reference}-1=="
    lines = [
        *(f"{field}: {value}" for field, value in head),
        "",
        f"--=={letter.reference}-0==",
        f'Content-Type: multipart/alternative; boundary="{inner}"',
        "",
        f"--{inner}",
        *_part('text/plain; charset="utf-8"', letter.text),
        f"--{inner}",
        *_part('text/html; charset="utf-8"', letter.html),
        f"--{inner}--",
        "",
        *_table(letter),
        f"--=={letter.reference}-0==--",
        "",
    ]
    return "\r\n".join(lines).encode()


def _table(letter: Letter) -> list[str]:
    """Return the part with the details; a message without any has none."""
    if not letter.details:
        return []
    attached, content = _attachment(letter.reference, letter.details)
    return [
        f"--=={letter.reference}-0==",
        *attached,
        "Content-Transfer-Encoding: base64",
        "",
        _in_lines(content),
    ]


def _attachment(reference: str, details: bytes) -> tuple[list[str], bytes]:
    name = f"{reference}.csv"
    if len(details) <= LARGEST_TABLE:
        return [
            'Content-Type: text/csv; charset="utf-8"',
            f'Content-Disposition: attachment; filename="{name}"',
        ], details
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), details, zipfile.ZIP_DEFLATED)  # without a time: always the same bytes
    return [
        "Content-Type: application/zip",
        f'Content-Disposition: attachment; filename="{name}.zip"',
    ], packed.getvalue()


def _part(kind: str, text: str) -> list[str]:
    """Return a text as a part: as it is where every server can carry it, else in base64."""
    lines = text.splitlines()
    if text.isascii() and all(len(line) <= _LONGEST_LINE for line in lines):
        return [f"Content-Type: {kind}", "Content-Transfer-Encoding: 7bit", "", *lines, ""]
    content = "\r\n".join([*lines, ""]).encode()
    return [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", "", _in_lines(content), ""]


def _in_lines(content: bytes) -> str:
    return base64.encodebytes(content).decode().rstrip("\n").replace("\n", "\r\n")


def _line(text: str) -> str:
    """Return a text on one line, without characters that have no place in a header."""
    kept = (c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join("".join(kept).split())


def _mailbox(name: str, address: str) -> str:
    name = _line(name)[:120]
    if not name:
        return address
    if not name.isascii():
        return f"{_words(name)}\r\n <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if _SPECIALS.search(name) else f"{name} <{address}>"


def _words(text: str) -> str:
    """Return a text as a header carries it: where it is not ASCII in encoded words (RFC 2047), on lines of at most 76."""
    if text.isascii() and len(text) <= _LONGEST_LINE:
        return text
    words, current = [], b""
    for character in text:
        more = character.encode()
        if len(current) + len(more) > 39:
            words.append(current)
            current = b""
        current += more
    words.append(current)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)
