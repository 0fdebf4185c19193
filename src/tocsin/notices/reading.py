"""Read a message as it went out, or as it would: for the people of the team, without the link that answers it."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from tocsin.base.tenancy import Viewer
from tocsin.notices import links
from tocsin.notices.actions import compose
from tocsin.notices.models import Delivery


@dataclass(frozen=True, slots=True)
class Attached:
    """A file in a message."""

    name: str
    size: int
    text: str
    """The beginning, where it is a text."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to look at. `frozen`: these are the bytes that go out at every attempt; else a preview."""

    frozen: bool
    subject: str
    headers: Sequence[tuple[str, str]]
    text: str
    html: str
    attached: Sequence[Attached]
    sha256: str
    size: int
    problem: str = ""


def read(viewer: Viewer, delivery: Delivery, now: datetime) -> Mail:
    """Return what this recipient gets. The delivery has been found for the viewer."""
    frozen = hasattr(delivery, "message")
    content: bytes | str
    if frozen:
        content = zlib.decompress(delivery.message.content)
    else:
        ((_, content),) = compose([delivery], now=now)
    if isinstance(content, str):
        return impossible(content)
    if delivery.channel != "email":
        return _document(content, frozen=frozen)
    return shown(content, frozen=frozen)


def impossible(problem: str) -> Mail:
    """Return what is shown where no message can be made, and why."""
    return Mail(frozen=False, subject="", headers=[], text="", html="", attached=[], sha256="", size=0, problem=problem)


def shown(content: bytes, *, frozen: bool) -> Mail:
    """Return a message's parts, the answer link hidden in all of them."""
    mail = message_from_bytes(content, policy=policy.default)
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    return Mail(
        frozen=frozen,
        subject=str(mail["Subject"]),
        headers=[(name, links.hidden(str(value))) for name, value in mail.items()],
        text=links.hidden(plain.get_content()) if plain is not None else "",
        html=links.hidden(rich.get_content()) if rich is not None else "",
        attached=[_attached(part) for part in mail.iter_attachments()],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )


def _document(content: bytes, *, frozen: bool) -> Mail:
    """Return what another channel carries: a document, written out, the answer link hidden in it."""
    found = json.loads(content)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return Mail(
        frozen=frozen, subject=str(found.get("subject", "")), headers=[], text=links.hidden(text), html="", attached=[],
        sha256=hashlib.sha256(content).hexdigest(), size=len(content),
    )  # fmt: skip


def _attached(part: EmailMessage) -> Attached:
    content = part.get_payload(decode=True)
    size = len(content) if isinstance(content, bytes) else 0
    text = (
        content.decode("utf-8-sig", "replace")[:20_000]
        if part.get_content_type() == "text/csv" and isinstance(content, bytes)
        else ""
    )
    return Attached(part.get_filename() or "", size, links.hidden(text))
