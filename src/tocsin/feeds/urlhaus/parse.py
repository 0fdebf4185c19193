"""URLhaus: URLs that serve malware (abuse.ch), CSV and JSON. Times are UTC, as abuse.ch states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.feeds import table, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

NAMES = ("id", "dateadded", "url", "url_status", "last_online", "threat", "tags", "urlhaus_link", "reporter")


def recognize(head: bytes, name: str) -> int:
    """Recognize by the columns."""
    have = table.columns(head)
    return 95 if {"url", "url_status"} <= have and have & {"urlhaus_link", "urlhaus_reference", "threat"} else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the list."""
    rows = Rows(options, code="urlhaus", name="URLhaus", provider="abuse.ch")
    return table.parse(source, options, rows, _take, NAMES)


def _take(rows: Rows, record: dict[str, Any]) -> None:
    go, when = rows.at(table.first(record, "dateadded", "date_added"), record)
    if not go:
        return
    link = values.url(record.get("url"))
    payload = _payload(record)
    malware = values.text(payload.get("signature"))
    rows.event(
        record,
        time_source=when,
        source_url=link and link.url,
        source_fqdn=link and link.fqdn,
        source_ip=link and link.ip,
        source_port=link and link.port,
        source_urlpath=link and link.path,
        status=values.text(record.get("url_status")),
        event_description_url=values.text(table.first(record, "urlhaus_link", "urlhaus_reference")),
        malware_name=malware.lower() if malware else None,
        malware_hash_md5=values.digest(payload.get("response_md5"), 32),
        malware_hash_sha256=values.digest(payload.get("response_sha256"), 64),
        classification_type="malware-distribution",
        classification_identifier=values.word(record.get("threat")) or "malware-url",
        extra=table.rest(record, "dateadded", "date_added", "url", "url_status", "urlhaus_link", "urlhaus_reference"),
    )


def _payload(record: dict[str, Any]) -> dict[str, Any]:
    """Return the first file that the URL served, as the API tells; the others stay in `extra`."""
    inner = record.get("url_info_from_api")
    for given in (record.get("payloads"), inner.get("payloads") if isinstance(inner, dict) else None):
        if isinstance(given, list) and given and isinstance(given[0], dict):
            return given[0]
    return {}


FORMAT = Format("urlhaus", recognize, parse, "URLhaus (abuse.ch)")
