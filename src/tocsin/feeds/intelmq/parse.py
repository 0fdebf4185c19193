"""IntelMQ events: JSON lines or an array, fields with dots (`source.ip`) or with `_`. Times without a zone are UTC.

A classification type that RSIT lacks (`blacklist`, `proxy` …) becomes RSIT's nearest; the word itself stays in `extra`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tocsin.core import taxonomy, tlp
from tocsin.core.severity import SEVERITIES
from tocsin.feeds import documents, table, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import SCHEMA, Chunk

_TELLING = {"classification.type", "classification.taxonomy", "time.source", "time.observation", "source.ip", "source.fqdn",
            "source.url", "feed.name", "feed.provider", "feed.code"}  # fmt: skip
_UNDERSCORED = {name.replace(".", "_") for name in _TELLING}
_NEVER = {"event_id", "raw_row", "raw_sha256", "asset", "kind", "organization", "because", "related", "extra"}


def recognize(head: bytes, name: str) -> int:
    """Recognize by the names of the data format, in the records themselves: a test case may well hold an event."""
    keys = documents.record_keys(head)
    return 92 if len(keys & _TELLING) >= 2 else 88 if len(keys & _UNDERSCORED) >= 3 else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the events."""
    rows = Rows(options, code="intelmq", name="IntelMQ", provider="IntelMQ")
    return table.parse(source, options, rows, lambda rows, record: _take(rows, record, options), ())


def _take(rows: Rows, record: dict[str, Any], options: Options) -> None:
    extra, found = _extra(record), dict[str, Any]()
    go, when = rows.at(table.first(record, "time.source", "time_source"), record)
    if not go:
        return
    found["time_source"] = when or values.instant(
        values.text(table.first(record, "time.observation", "time_observation"))
    )
    for name, value in record.items():
        column = name.replace(".", "_")
        if column in ("time_source", "time_observation", "raw", "extra", "__type") or name.startswith("extra."):
            continue
        if column == "classification_taxonomy":
            continue
        normal = column_value(column, value) if column in SCHEMA and column not in _NEVER else None
        if normal is None:
            if value not in (None, ""):
                extra[name] = value
        elif not (column.startswith("feed_") and getattr(options, column, None)):
            found[column] = normal
    stated = values.text(table.first(record, "classification.type", "classification_type"))
    if stated:
        found["classification_type"] = taxonomy.rsit_type(stated)
        if found["classification_type"] != stated.lower():
            extra["classification.type"] = stated
    rows.event(record, extra=extra, **found)


def _extra(record: dict[str, Any]) -> dict[str, Any]:
    given = record.get("extra")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = {"extra": given}
    extra = dict(given) if isinstance(given, dict) else {}
    extra.update({name[6:]: value for name, value in record.items() if name.startswith("extra.")})
    return extra


_BY_COLUMN: dict[str, Callable[[Any], Any]] = {
    "classification_identifier": lambda v: (values.text(v) or "").lower() or None,
    "classification_type": lambda v: taxonomy.rsit_type(str(v)),
    "severity": lambda v: str(v).lower() if str(v).lower() in SEVERITIES else None,
    "tlp": lambda v: tlp.label(str(v)),
    "malware_name": lambda v: (values.text(v) or "").lower() or None,
    "protocol_transport": lambda v: (values.text(v) or "").lower() or None,
    "protocol_application": lambda v: (values.text(v) or "").lower() or None,
    "malware_hash_md5": lambda v: values.digest(v, 32),
    "malware_hash_sha1": lambda v: values.digest(v, 40),
    "malware_hash_sha256": lambda v: values.digest(v, 64),
}
_BY_END: dict[str, Callable[[Any], Any]] = {
    "_ip": lambda v: values.ip(values.text(v)),
    "_port": values.port,
    "_asn": values.asn,
    "_fqdn": lambda v: values.host(values.text(v)),
    "_reverse_dns": lambda v: values.host(values.text(v)),
    "_network": lambda v: values.network(values.text(v)),
    "_cc": values.country,
    "_tor_node": lambda v: {"true": True, "false": False}.get(str(v).lower()),
}


def column_value(column: str, value: Any, scheme: str = "") -> Any:
    """Return a value in the normal form of an event's column, or None. `scheme` is put before a URL that has none."""
    if column in _BY_COLUMN:
        return _BY_COLUMN[column](value)
    if column in ("source_url", "destination_url"):
        link = values.url(value, scheme)
        return link and link.url
    for end, normal in _BY_END.items():
        if column.endswith(end):
            return normal(value)
    if column == "feed_accuracy":
        return values.number(value, 0, 100)
    if column in ("time_source", "time_observation"):
        return values.instant(values.text(value))
    return values.text(value)


FORMAT = Format("intelmq", recognize, parse, "IntelMQ events")
