"""Feodo Tracker's botnet command servers (abuse.ch), CSV and JSON. Times are UTC, as abuse.ch states.

The time is that of the first sight, else the day it was last online.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.feeds import table, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

NAMES = ("first_seen_utc", "dst_ip", "dst_port", "c2_status", "last_online", "malware")


def recognize(head: bytes, name: str) -> int:
    """Recognize by the columns."""
    have = table.columns(head)
    return (
        95
        if {"dst_ip", "dst_port", "malware", "first_seen_utc"} <= have
        or {"ip_address", "port", "malware", "first_seen", "as_number"} <= have
        else 0
    )


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the list."""
    rows = Rows(options, code="feodotracker", name="Feodo Tracker", provider="abuse.ch")
    return table.parse(source, options, rows, _take, NAMES)


def _take(rows: Rows, record: dict[str, Any]) -> None:
    go, when = rows.at(table.first(record, "first_seen_utc", "first_seen", "last_online"), record)
    if not go:
        return
    malware = values.text(record.get("malware"))
    rows.event(
        record,
        time_source=when,
        source_ip=values.ip(values.text(table.first(record, "dst_ip", "ip_address"))),
        source_port=values.port(table.first(record, "dst_port", "port")),
        source_reverse_dns=values.host(values.text(record.get("hostname"))),
        source_asn=values.asn(record.get("as_number")),
        source_as_name=values.text(record.get("as_name")),
        source_geolocation_cc=values.country(record.get("country")),
        status=values.text(table.first(record, "c2_status", "status")),
        malware_name=malware.lower() if malware else None,
        classification_type="c2-server",
        classification_identifier=values.word(malware),
        extra=table.rest(record, "first_seen_utc", "first_seen", "dst_ip", "ip_address", "dst_port", "port", "hostname",
                         "as_number", "as_name", "country", "c2_status", "status", "malware"),
    )  # fmt: skip


FORMAT = Format("feodotracker", recognize, parse, "Feodo Tracker (abuse.ch)", whole_list=True)
