"""Suricata's EVE log: one object per line, a JSON array, or pretty-printed.

Alerts become events. Flows, DNS, HTTP, statistics and anomalies are a sensor's telemetry and speak of no
incident: each is counted and refused as `not-an-alert`. A timestamp without a zone is read as UTC.
Only the fields that attribution needs are read at once; `extra` is made for the rows that are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
import polars as pl

from tocsin.core import taxonomy
from tocsin.feeds import documents, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.suricata_eve.classes import RSIT, SEVERITY
from tocsin.pipeline.chunk import KEY_SCHEMA, SCHEMA, Chunk, Reject

SIZE = 50_000
RAW = 4096


class _Metadata(msgspec.Struct, gc=False):
    signature_severity: Any = None
    malware_family: Any = None


class _Alert(msgspec.Struct, gc=False):
    signature_id: int | None = None
    category: str | None = None
    severity: int | None = None
    metadata: _Metadata | None = None


class _Line(msgspec.Struct, gc=False):
    event_type: str
    timestamp: str | None = None
    src_ip: str | None = None
    src_port: int | None = None
    dest_ip: str | None = None
    dest_port: int | None = None
    proto: str | None = None
    alert: _Alert | None = None


_READ = msgspec.json.Decoder(_Line).decode
_TAKEN = ("timestamp", "event_type", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "app_proto")
_KEYS = ("raw_row", "time_source", "source_ip", "source_port", "destination_ip", "destination_port",
         "protocol_transport", "classification_type", "classification_identifier", "malware_name", "severity")  # fmt: skip


def recognize(head: bytes, name: str) -> int:
    """Recognize by the fields that every record has."""
    keys = documents.keys(head)
    if not {"event_type", "timestamp"} <= keys:
        return 0
    return 95 if keys & {"flow_id", "alert", "stats", "community_id", "in_iface"} else 60 if "src_ip" in keys else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the log."""
    batch = _Batch(options)
    for record in documents.texts(source):
        batch.take(record)
        if len(batch.found) + len(batch.rejects) >= SIZE:
            yield batch.chunk()
    if batch.found or batch.rejects:
        yield batch.chunk()


class _Batch:
    """Alerts of one chunk, as rows of keys, and the text they came from."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._row = 0
        self.found: list[tuple[Any, ...]] = []
        self._texts: list[str] = []
        self.rejects: list[Reject] = []

    def take(self, record: str | documents.Bad) -> None:
        """Read one record."""
        self._row += 1
        if isinstance(record, documents.Bad):
            self._refuse(record.reason, record.detail, record.text)
            return
        try:
            line = _READ(record)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._refuse("bad-json", f"no EVE record that can be read: {str(error)[:120]}", record)
            return
        if line.event_type != "alert" or line.alert is None:
            self._refuse("not-an-alert", f"a record of type {line.event_type[:40]} is no observation", record)
            return
        when = values.instant(line.timestamp) if line.timestamp else None
        if when is None:
            self._refuse("bad-time", "no timestamp that can be read", record)
            return
        source = values.ip(line.src_ip)
        if source is None:
            self._refuse("no-asset", "no source address that can be read", record)
            return
        alert = line.alert
        severity, family = _severity(alert), _first(alert.metadata.malware_family if alert.metadata else None)
        self.found.append((
            self._row, when, source, _port(line.src_port), values.ip(line.dest_ip), _port(line.dest_port),
            line.proto.lower() if line.proto else None, _rsit(alert.category),
            f"sid-{alert.signature_id}" if alert.signature_id is not None else None,
            family.lower().encode("utf-8", "replace").decode() if family else None, severity,
        ))  # fmt: skip
        self._texts.append(record)

    def _refuse(self, reason: str, detail: str, raw: str) -> None:
        self.rejects.append(Reject(self._row, reason, detail, raw[:RAW]))

    def chunk(self) -> Chunk:
        """Hand over what was read, and begin anew."""
        options, texts, rejects = self._options, self._texts, self.rejects
        columns = list(zip(*self.found, strict=True)) or [()] * len(_KEYS)
        keys = pl.DataFrame(
            [pl.Series(name, column, dtype=KEY_SCHEMA[name]) for name, column in zip(_KEYS, columns, strict=True)]
        ).with_columns(pl.lit(options.feed_code or "suricata-eve").alias("feed_code"))
        for name, value in (
            ("classification_type", options.classification_type and taxonomy.rsit_type(options.classification_type)),
            ("classification_identifier", options.classification_identifier),
        ):
            if value:
                keys = keys.with_columns(pl.lit(value).alias(name))
        if options.severity:
            keys = keys.with_columns(pl.col("severity").fill_null(options.severity))
        self.found, self._texts, self.rejects = [], [], []

        def finish(kept: pl.Series) -> pl.DataFrame:
            return _wide([texts[position] for position in kept], options)

        return Chunk(rows=keys.height + len(rejects), keys=keys, finish=finish, rejects=rejects)


def _wide(texts: list[str], options: Options) -> pl.DataFrame:
    found: dict[str, list[str | None]] = {"protocol_application": [], "event_description_text": [], "extra": []}
    for record in texts:
        rest = msgspec.json.decode(record)
        alert = rest.get("alert") or {}
        application = values.text(rest.get("app_proto"))
        for name in _TAKEN:
            rest.pop(name, None)
        found["protocol_application"].append(application if application != "failed" else None)
        found["event_description_text"].append(values.text(alert.get("signature")))
        found["extra"].append(msgspec.json.encode(rest).decode("utf-8", "replace"))
    frame = pl.DataFrame([pl.Series(name, column, dtype=SCHEMA[name]) for name, column in found.items()])
    return frame.with_columns(
        pl.lit(options.feed_name or "Suricata EVE").alias("feed_name"),
        pl.lit(options.feed_provider or "Suricata").alias("feed_provider"),
    )


def _port(value: int | None) -> int | None:
    return value if value is not None and 0 < value < 65_536 else None


@lru_cache(maxsize=1024)
def _rsit(category: str | None) -> str:
    return RSIT.get((category or "").strip().lower(), "ids-alert")


def _severity(alert: _Alert) -> str | None:
    stated = _first(alert.metadata.signature_severity) if alert.metadata else None
    return SEVERITY.get(str(stated).lower()) or SEVERITY.get(str(alert.severity))


def _first(value: Any) -> str | None:
    """Return the first of a rule's metadata values, which EVE writes as a list."""
    return values.text(value[0] if isinstance(value, list) and value else value)


FORMAT = Format("suricata_eve", recognize, parse, "Suricata EVE")
