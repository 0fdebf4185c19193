"""PhishTank: phishing URLs, CSV (all columns, or the four of some mirrors) and JSON. Times state their zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.feeds import table, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

NAMES = ("phish_id", "url", "phish_detail_url", "submission_time", "verified", "verification_time", "online", "target")


def recognize(head: bytes, name: str) -> int:
    """Recognize by the columns."""
    return 95 if {"phish_id", "url", "phish_detail_url"} <= table.columns(head) else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the list."""
    rows = Rows(options, code="phishtank", name="PhishTank", provider="PhishTank")
    return table.parse(source, options, rows, _take, NAMES)


def _take(rows: Rows, record: dict[str, Any]) -> None:
    go, when = rows.at(record.get("submission_time"), record)
    if not go:
        return
    link = values.url(record.get("url"))
    details = record.get("details")
    detail = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    online = {"yes": "online", "no": "offline"}.get(str(record.get("online")).lower())
    rows.event(
        record, time_source=when,
        source_url=link and link.url, source_fqdn=link and link.fqdn, source_port=link and link.port,
        source_ip=(link and link.ip) or values.ip(values.text(detail.get("ip_address"))),
        source_network=values.network(values.text(detail.get("cidr_block"))), source_urlpath=link and link.path,
        source_asn=values.asn(detail.get("announcing_network")), source_geolocation_cc=values.country(detail.get("country")),
        event_description_url=values.text(record.get("phish_detail_url")),
        event_description_target=values.text(record.get("target")), status=online,
        classification_type="phishing", classification_identifier="phishing",
        extra=table.rest(record, "submission_time", "url", "phish_detail_url", "target", "online"),
    )  # fmt: skip


FORMAT = Format("phishtank", recognize, parse, "PhishTank", whole_list=True)
