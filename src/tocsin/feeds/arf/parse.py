"""ARF, abuse reports by mail (RFC 5965): a multipart/report with a machine-readable part. One mail is one row.

`Arrival-Date` (else the mail's `Date`) is the event's time, with the zone it states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser, Parser
from typing import Any

from tocsin.feeds import text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

LARGEST = 32 << 20
_TYPES = {
    "abuse": "spam",
    "fraud": "phishing",
    "virus": "malware-distribution",
    "not-spam": "other",
    "miscategorized": "other",
}
_HEADER = re.compile(rb"^content-type:[ \t]*message/feedback-report", re.I | re.M)


def recognize(head: bytes, name: str) -> int:
    """Recognize the part that only such mails have."""
    return 90 if _HEADER.search(head) and not re.search(rb"^x-xarf:", head, re.I | re.M) else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the mail."""
    rows = Rows(options, code="arf", name="ARF mail", provider="abuse desk")
    rows.next()
    mail = read(source)
    if isinstance(mail, str):
        rows.reject(mail, "no mail that can be read whole")
    else:
        _take(rows, mail)
    yield from rows.last()


def read(source: Source) -> Message | str:
    """Return the mail, or why it cannot be read."""
    if text.too_large(source):
        return "too-large"
    content = source.read()
    if len(content) > LARGEST:
        return "too-large"
    try:
        return BytesParser(policy=policy.compat32).parsebytes(content)
    except Exception:
        return "bad-mail"


def parts(mail: Message, limit: int = 200) -> Iterator[tuple[str, Message]]:
    """Yield (type, part) of the first parts."""
    for count, part in enumerate(mail.walk()):
        if count >= limit:
            return
        yield part.get_content_type(), part


def body(part: Message) -> str:
    """Return the text of a part, whatever its encoding."""
    inner = part.get_payload()
    if isinstance(inner, list) and inner:  # message/* parts are parsed as mails themselves
        return str(inner[0])
    found = part.get_payload(decode=True)
    return text.decode(found) if isinstance(found, bytes) else str(inner or "")


def _take(rows: Rows, mail: Message) -> None:
    report, words = "", ""
    for kind, part in parts(mail):
        if kind == "message/feedback-report" and not report:
            report = body(part)
        elif kind == "text/plain" and not words:
            words = body(part)
    fields: dict[str, Any] = {}
    for name, value in Parser(policy=policy.compat32).parsestr(report.strip(), headersonly=True).items():
        fields.setdefault(name.lower(), str(value).strip())
    if not fields:
        rows.reject("no-report", "no part of type message/feedback-report with any field")
        return
    when = values.instant(values.text(fields.get("arrival-date") or fields.get("received-date"))) or values.instant(
        values.text(str(mail.get("Date") or ""))
    )
    link, kind = values.url(fields.get("reported-uri")), str(fields.get("feedback-type", "")).lower()
    rows.event(
        fields, time_source=when,
        source_ip=values.ip(values.text(fields.get("source-ip"))) or (link and link.ip),
        source_port=values.port(fields.get("source-port")),
        source_url=link and link.url, source_fqdn=(link and link.fqdn) or values.host(values.text(fields.get("reported-domain"))),
        classification_type=_TYPES.get(kind, "other"), classification_identifier=values.word(kind) or "abuse",
        event_description_text=values.text(words[:1000]),
        extra={name: value for name, value in fields.items() if name not in ("arrival-date", "source-ip", "source-port", "reported-uri")},
    )  # fmt: skip


FORMAT = Format("arf", recognize, parse, "ARF abuse report (mail)")
