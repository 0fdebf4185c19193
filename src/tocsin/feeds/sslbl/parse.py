"""SSLBL: command servers by their TLS certificate (abuse.ch), the list of addresses and the list of certificates.

Times are UTC, as abuse.ch states. A certificate alone names no asset; those rows are refused with that reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tocsin.feeds import table, text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

_ADDRESS = re.compile(r'"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"?,"?\d{1,3}(\.\d{1,3}){3}"?,"?\d{1,5}"?$')
_CERTIFICATE = re.compile(r'"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"?,"?[0-9a-f]{40}"?,.+$')


def recognize(head: bytes, name: str) -> int:
    """Recognize by the rows: a time, an address or a fingerprint, a port or a reason."""
    lines = [line for line in text.content_lines(head)[:5] if not line.lower().startswith(("firstseen", "listingdate"))]
    return 85 if lines and any(_ADDRESS.match(line) or _CERTIFICATE.match(line) for line in lines) else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read either list."""
    rows = Rows(options, code="sslbl", name="SSLBL", provider="abuse.ch")
    certificates = any(_CERTIFICATE.match(line) for line in text.content_lines(source.head())[:5])
    names = ("listingdate", "sha1", "listingreason") if certificates else ("firstseen", "dstip", "dstport")
    return table.parse(source, options, rows, _take, names)


def _take(rows: Rows, record: dict[str, Any]) -> None:
    go, when = rows.at(table.first(record, "listingdate", "firstseen"), record)
    if not go:
        return
    reason = values.text(record.get("listingreason"))
    rows.event(
        record,
        time_source=when,
        source_ip=values.ip(values.text(record.get("dstip"))),
        source_port=values.port(record.get("dstport")),
        classification_type="c2-server",
        classification_identifier=values.word(reason) or "sslbl",
        protocol_transport="tcp",
        extra=table.rest(record, "listingdate", "firstseen", "dstip", "dstport"),
    )


FORMAT = Format("sslbl", recognize, parse, "SSLBL (abuse.ch)", whole_list=True)
