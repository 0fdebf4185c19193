"""OpenPhish: phishing URLs, one in a line without any heading, and the JSON lines of its subscription.

The list states no time: that of arrival counts. Its content is that of any plain list of URLs; the file's name may
decide between the two, or the operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.feeds import documents, table, text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.plainlist import parse as plainlist
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk


def recognize(head: bytes, name: str) -> int:
    """Recognize the subscription by its fields, and a plain list of URLs whose name speaks of phishing."""
    if {"url", "brand", "family_id", "isotime"} <= documents.record_keys(head):
        return 95
    if "phish" not in name.lower() or not plainlist.recognize(head, name):
        return 0
    lines = text.content_lines(head)
    return 41 if lines and all("://" in line[:12] for line in lines[:20]) else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the list."""
    rows = Rows(options, code="openphish", name="OpenPhish", provider="OpenPhish")
    if table.is_json(source):
        return table.parse(source, options, rows, _take, ())
    return plainlist.read(source, rows, None, "phishing", "phishing")


def _take(rows: Rows, record: dict[str, Any]) -> None:
    go, when = rows.at(table.first(record, "isotime", "discover_time"), record)
    if not go:
        return
    link = values.url(record.get("url"))
    host = values.host(values.text(record.get("host")))
    brand = values.text(record.get("brand"))
    rows.event(
        record, time_source=when, source_url=link and link.url, source_fqdn=(link and link.fqdn) or host,
        source_ip=values.ip(values.text(record.get("ip"))) or (link and link.ip), source_port=link and link.port,
        source_asn=values.asn(record.get("asn")), source_as_name=values.text(record.get("asn_name")),
        source_geolocation_cc=values.country(record.get("country_code")), screenshot_url=values.text(record.get("screenshot")),
        event_description_target=brand, classification_type="phishing", classification_identifier="phishing",
        extra=table.rest(record, "isotime", "discover_time", "url", "host", "ip", "asn", "asn_name", "country_code", "screenshot"),
    )  # fmt: skip


FORMAT = Format("openphish", recognize, parse, "OpenPhish", whole_list=True)
