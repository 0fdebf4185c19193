"""n6 events, JSON lines, an array, or CSV. Each address of an event is one row. Times without a zone are UTC.

n6's `confidence` says how sure the source is, not how bad it is: it stays in `extra`. `restriction` becomes the
TLP label: public clear, need-to-know amber, internal red.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tocsin.feeds import table, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.n6.categories import RSIT
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

NAMES = (
    "id",
    "source",
    "restriction",
    "confidence",
    "category",
    "time",
    "name",
    "address",
    "url",
    "fqdn",
    "proto",
    "sport",
    "dport",
    "dip",
)
_TLP = {"public": "TLP:CLEAR", "need-to-know": "TLP:AMBER", "internal": "TLP:RED"}
_TAKEN = (
    "time",
    "address",
    "ip",
    "asn",
    "cc",
    "url",
    "fqdn",
    "dip",
    "sport",
    "dport",
    "proto",
    "name",
    "md5",
    "sha1",
    "sha256",
    "status",
    "target",
)
_MALWARE = {"bots", "cnc", "malurl", "malware-action", "webinject", "backdoor"}


def recognize(head: bytes, name: str) -> int:
    """Recognize by the fields that every event must have."""
    have = table.columns(head, records=True)
    return 94 if {"source", "confidence", "category", "time"} <= have and have & {"restriction", "id"} else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the events."""
    rows = Rows(options, code="n6", name="n6", provider="n6")
    return table.parse(source, options, rows, _take, NAMES)


def _take(rows: Rows, record: dict[str, Any]) -> None:
    addresses = record.get("address")
    if isinstance(addresses, str) and addresses[:1] in ("[", "{"):
        try:
            addresses = json.loads(addresses)
        except (ValueError, RecursionError):
            addresses = [{"ip": addresses}]
    elif isinstance(addresses, str):
        addresses = [{"ip": part.split()[0]} for part in addresses.replace(";", ",").split(",") if part.strip()]
    if isinstance(addresses, dict):
        addresses = [addresses]
    if not isinstance(addresses, list) or not addresses:
        addresses = [{key: record.get(key) for key in ("ip", "asn", "cc")}]
    for position, address in enumerate(addresses):
        if position:
            rows.next()
        _one(rows, record, address if isinstance(address, dict) else {"ip": str(address)})


def _one(rows: Rows, record: dict[str, Any], address: dict[str, Any]) -> None:
    go, when = rows.at(record.get("time"), record)
    if not go:
        return
    category = values.text(record.get("category")) or "other"
    name, link = values.text(record.get("name")), values.url(record.get("url"))
    malware = name.lower() if name and category in _MALWARE else None
    proto = values.text(record.get("proto"))
    rows.event(
        record, time_source=when,
        source_ip=values.ip(values.text(address.get("ip"))) or (link and link.ip),
        source_asn=values.asn(address.get("asn")), source_geolocation_cc=values.country(address.get("cc")),
        source_url=link and link.url, source_fqdn=values.host(values.text(record.get("fqdn"))) or (link and link.fqdn),
        source_port=values.port(record.get("sport")), destination_ip=values.ip(values.text(record.get("dip"))),
        destination_port=values.port(record.get("dport")), protocol_transport=proto.lower() if proto else None,
        malware_name=malware, malware_hash_md5=values.digest(record.get("md5"), 32),
        malware_hash_sha1=values.digest(record.get("sha1"), 40), malware_hash_sha256=values.digest(record.get("sha256"), 64),
        status=values.text(record.get("status")), tlp=_TLP.get(str(record.get("restriction"))),
        event_description_text=name, event_description_target=values.text(record.get("target")),
        classification_type=RSIT.get(category, "undetermined"),
        classification_identifier=values.word(name) if malware else values.word(category),
        extra=table.rest(record, *_TAKEN),
    )  # fmt: skip


FORMAT = Format("n6", recognize, parse, "n6 events")
