"""ThreatFox: indicators of malware (abuse.ch), CSV and JSON. Times are UTC, as abuse.ch states.

An indicator that is a mere hash of a file names no asset and is refused with that reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.feeds import table, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

NAMES = ("first_seen_utc", "ioc_id", "ioc_value", "ioc_type", "threat_type", "fk_malware", "malware_alias",
         "malware_printable", "last_seen_utc", "confidence_level", "reference", "tags", "anonymous", "reporter")  # fmt: skip
_TYPES = {"botnet_cc": "c2-server", "payload_delivery": "malware-distribution", "payload": "malware-distribution",
          "cc_skimming": "c2-server"}  # fmt: skip


def recognize(head: bytes, name: str) -> int:
    """Recognize by the columns."""
    have = table.columns(head)
    return 95 if {"ioc_type", "threat_type"} <= have and have & {"ioc_value", "ioc"} else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the list."""
    rows = Rows(options, code="threatfox", name="ThreatFox", provider="abuse.ch")
    return table.parse(source, options, rows, _take, NAMES)


def _take(rows: Rows, record: dict[str, Any]) -> None:
    go, when = rows.at(table.first(record, "first_seen_utc", "first_seen"), record)
    if not go:
        return
    value, kind = values.text(table.first(record, "ioc_value", "ioc")) or "", str(record.get("ioc_type"))
    malware = values.text(record.get("malware_printable")) or values.text(table.first(record, "fk_malware", "malware"))
    found: dict[str, Any] = {}
    if kind == "url":
        link = values.url(value)
        if link:
            found = {"source_url": link.url, "source_fqdn": link.fqdn, "source_ip": link.ip, "source_port": link.port}
    elif kind == "domain":
        found = {"source_fqdn": values.host(value)}
    elif kind == "ip:port":
        address, _, port = value.rpartition(":")
        found = {"source_ip": values.ip(address), "source_port": values.port(port)}
    lengths = {
        "md5_hash": ("malware_hash_md5", 32),
        "sha1_hash": ("malware_hash_sha1", 40),
        "sha256_hash": ("malware_hash_sha256", 64),
    }
    if kind in lengths:
        found = {lengths[kind][0]: values.digest(value, lengths[kind][1])}
    rows.event(
        record,
        time_source=when,
        **found,
        malware_name=malware.lower() if malware else None,
        event_description_url=values.text(record.get("reference")),
        classification_type=_TYPES.get(str(record.get("threat_type")), "other"),
        classification_identifier=values.word(malware),
        extra=table.rest(record, "first_seen_utc", "first_seen", "ioc_value", "ioc", "reference"),
    )


FORMAT = Format("threatfox", recognize, parse, "ThreatFox (abuse.ch)")
