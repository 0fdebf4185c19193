"""Spamhaus DROP: networks and AS in criminal hands; the text of old (`network ; SBL`) and the JSON lines of today.

The lists say when they were made, not when a network was listed: that moment (UTC) is the event's time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tocsin.feeds import documents, text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

_LINE = re.compile(r"(?:[0-9a-fA-F.:]+/\d+\s*;\s*SBL\d+|AS\d+\s*;)")
_MADE = re.compile(r"Last-Modified:\s*(.+)|\"timestamp\"\s*:\s*(\d+)")


def recognize(head: bytes, name: str) -> int:
    """Recognize by the rows."""
    keys = documents.keys(head)
    if {"cidr", "sblid"} <= keys or {"asn", "asname", "rir"} <= keys:
        return 95
    lines = text.content_lines(head)[:10]
    return 90 if lines and sum(bool(_LINE.match(line)) for line in lines) > len(lines) / 2 else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read either list."""
    rows = Rows(options, code="spamhaus-drop", name="Spamhaus DROP", provider="Spamhaus")
    head = source.head()
    made = next((values.instant((m[1] or m[2]).strip()) for m in _MADE.finditer(text.head(head))), None)
    lines = _json(source, rows, made) if documents.keys(head) else _text(source, rows, made)
    for _ in lines:
        if rows.full():
            yield rows.chunk()
    yield from rows.last()


def _take(rows: Rows, raw: object, made: datetime | None, **columns: Any) -> None:
    rows.event(raw, time_source=made, classification_type="other", classification_identifier="spamhaus-drop", **columns)


def _json(source: Source, rows: Rows, made: datetime | None) -> Iterator[None]:
    for record in documents.objects(source):
        if isinstance(record, dict) and record.get("type") == "metadata":
            made = values.instant(str(record.get("timestamp"))) or made
            continue
        rows.next()
        if isinstance(record, documents.Bad):
            rows.reject(record.reason, record.detail, record.text)
        elif not isinstance(record, dict):
            rows.reject("not-a-record", "a value where an object should be", str(record))
        else:
            _take(rows, record, made, source_network=values.network(values.text(record.get("cidr"))),
                  source_asn=values.asn(record.get("asn")), source_as_name=values.text(record.get("asname")),
                  source_geolocation_cc=values.country(record.get("cc")),
                  extra={k: v for k, v in record.items() if k not in ("cidr", "asn", "asname", "cc")})  # fmt: skip
        yield


def _text(source: Source, rows: Rows, made: datetime | None) -> Iterator[None]:
    for line in text.lines(source):
        plain = line.strip()
        if not plain or plain.startswith((";", "#")):
            continue
        rows.next()
        fields = [field.strip() for field in plain.split(";")]
        place = next((n for n, field in enumerate(fields) if values.asn(field) or values.network(field)), 0)
        value, note = fields[place], "; ".join(field for n, field in enumerate(fields) if n != place)
        if values.asn(value):
            country, _, name = (part.strip() for part in note.partition("|"))
            _take(rows, plain, made, source_asn=values.asn(value), source_geolocation_cc=values.country(country),
                  source_as_name=values.text(name))  # fmt: skip
        else:
            _take(rows, plain, made, source_network=values.network(value), extra={"blocklist": values.text(note)})
        yield


FORMAT = Format("spamhaus_drop", recognize, parse, "Spamhaus DROP", whole_list=True)
