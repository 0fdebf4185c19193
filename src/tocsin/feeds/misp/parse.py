"""MISP events: one event, a list of them, `{"response": […]}`. Each attribute, also of objects, is a row.

An attribute that is no address, name, URL, AS or account (a comment, a file's name, a hash alone …) is counted and
refused as `no-indicator`; of an object, its port and hashes go with its addresses and names. The time is the
attribute's own timestamp (seconds since 1970), else the event's day in UTC. A feed's manifest names events and
holds none: each of its entries is refused as `manifest`.

Where no tag says more, network activity is a command server when it is to be detected (`to_ids`), an infected system
when it is where something came from (`ip-src`), and else `other`, for it is context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tocsin.core import taxonomy, tlp
from tocsin.feeds import documents, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

_SEVERITY = {"1": "high", "2": "medium", "3": "low", "4": None}
"""MISP's threat level; 4 is undefined."""
_BY_CATEGORY = {"Payload delivery": "malware-distribution", "Targeting data": "infected-system",
                "Financial fraud": "masquerade", "Social network": "social-engineering"}  # fmt: skip
_BY_TAG = (("phishing", "phishing"), ("ransomware", "infected-system"), ("c2", "c2-server"), ("command-and-control", "c2-server"), ("scan", "scanner"),
           ("ddos", "ddos"), ("spam", "spam"), ("brute", "brute-force"))  # fmt: skip
_FAMILY = re.compile(
    r'(?:misp-galaxy:(?:malpedia|ransomware|tool|banker|botnet|rat|stealer|mitre-malware)|malware(?:-family)?(?::name)?)\s*[=:]\s*"?([^"]+)"?',
    re.I,
)
_RSIT = re.compile(r'rsit:[a-z-]+="([a-z0-9-]+)"')
_MANIFEST = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


_DIGESTS = {"md5", "sha1", "sha256"}
_ACCOUNTS = {"email", "email-src", "email-dst", "email-reply-to", "target-email", "dns-soa-email"}
_INDICATORS = _ACCOUNTS | {
    "url", "uri", "ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain", "domain|ip", "hostname", "hostname|port", "AS",
}  # fmt: skip
"""Types whose value names something that can be warned about."""


def recognize(head: bytes, name: str) -> int:
    """Recognize an event by its fields, a manifest by entries named by UUID."""
    keys = documents.keys(head)
    if (
        keys & {"Attribute", "Event", "EventReport", "Object"}
        and "info" in keys
        and keys & {"threat_level_id", "analysis", "orgc_id", "Orgc"}
    ):
        return 95
    if {"Orgc", "analysis", "threat_level_id", "info"} <= keys:
        return 70
    return 60 if {"category", "type", "value", "to_ids", "uuid"} <= keys else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the events."""
    rows = Rows(options, code="misp", name="MISP", provider="MISP")
    for document in documents.objects(source):
        if isinstance(document, documents.Bad):
            rows.next()
            rows.reject(document.reason, document.detail, document.text)
            continue
        for event in _events(document):
            for _ in _rows(rows, event):
                if rows.full():
                    yield rows.chunk()
    yield from rows.last()


def _events(document: Any) -> Iterator[Any]:
    """Yield the events in a document, whatever they are wrapped in."""
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(reversed(found))
        elif isinstance(found, dict) and "response" in found:
            waiting.append(found["response"])
        elif isinstance(found, dict) and isinstance(found.get("Event"), (dict, list)):
            waiting.append(found["Event"])
        else:
            yield found


def _rows(rows: Rows, event: Any) -> Iterator[None]:
    if not isinstance(event, dict):
        rows.next()
        rows.reject("not-a-record", "a value where an event should be", str(event)[:200])
        yield
        return
    if event and all(_MANIFEST.fullmatch(str(key)) for key in event):
        for uuid, entry in event.items():
            rows.next()
            rows.reject(
                "manifest", "an entry of a feed's manifest; the event itself is the file of that name", {uuid: entry}
            )
            yield
        return
    attributes: list[tuple[dict[str, Any], _Thing]] = [
        (attribute, _Thing()) for attribute in _dicts(event.get("Attribute"))
    ]
    for given in _dicts(event.get("Object")):
        thing = _Thing.of(given)
        attributes += [(attribute, thing) for attribute in _dicts(given.get("Attribute"))]
    context = _Context.of(event)
    if not attributes:
        if "value" in event and "type" in event:
            attributes = [(event, _Thing())]
        else:
            rows.next()
            rows.reject(
                "no-asset", "an event without any attribute", {k: event.get(k) for k in ("uuid", "info", "date")}
            )
            yield
    for attribute, owner in attributes:
        rows.next()
        _take(rows, event, attribute, owner, context)
        yield


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class _Thing:
    """The object an attribute belongs to, and what its other attributes say of it."""

    name: str = ""
    says: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: dict[str, Any]) -> _Thing:
        says: dict[str, Any] = {}
        for attribute in _dicts(given.get("Attribute")):
            kind, value = str(attribute.get("type")), values.text(attribute.get("value")) or ""
            if kind == "port" and "src" not in str(attribute.get("object_relation")):
                says.setdefault("source_port", values.port(value))
            elif kind in _DIGESTS or kind.startswith("filename|"):
                says |= {name: part for name, part in indicator(kind, value).items() if name not in says}
        return cls(str(given.get("name") or ""), says)


@dataclass(frozen=True, slots=True)
class _Context:
    """What an event says of all its attributes."""

    tags: tuple[str, ...]
    family: str | None

    @classmethod
    def of(cls, event: dict[str, Any]) -> _Context:
        tags = tuple(str(tag.get("name")) for tag in _dicts(event.get("Tag")))
        stated = (
            values.text(attribute.get("value"))
            for attribute in _dicts(event.get("Attribute"))
            if attribute.get("category") == "Payload type" and attribute.get("type") == "text"
        )
        return cls(tags, next(filter(None, stated), None))


def _take(rows: Rows, event: dict[str, Any], attribute: dict[str, Any], thing: _Thing, context: _Context) -> None:
    if attribute.get("deleted") in (True, "1", "true"):
        rows.reject("deleted", "the attribute was deleted at its source", attribute)
        return
    kind = str(attribute.get("type"))
    if kind not in _INDICATORS:
        rows.reject(
            "no-indicator", f"an attribute of type {kind[:40]} is no address, name, URL, AS or account", attribute
        )
        return
    found = indicator(kind, values.text(attribute.get("value")) or "")
    if found:
        found = thing.says | {name: value for name, value in found.items() if value is not None}
    go, when = rows.at(attribute.get("timestamp"), attribute)
    if not go:
        return
    tags = [*context.tags, *(str(tag.get("name")) for tag in _dicts(attribute.get("Tag")))]
    labels = [label for label in (tlp.label(tag) for tag in tags if tag.lower().startswith("tlp:")) if label]
    family = next((match[1].split(" - ")[0] for match in map(_FAMILY.search, tags) if match), None)
    family = family or context.family
    creator = event.get("Orgc")
    rows.event(
        attribute,
        time_source=when or values.instant(values.text(event.get("date"))),
        **found,
        severity=_SEVERITY.get(str(event.get("threat_level_id"))),
        classification_type=_rsit(tags, attribute),
        classification_identifier=values.word(family) or values.word(attribute.get("category")),
        malware_name=family.lower() if family else None,
        event_description_text=values.text(event.get("info")),
        misp_event_uuid=values.text(event.get("uuid")) if event is not attribute else None,
        misp_attribute_uuid=values.text(attribute.get("uuid")),
        tlp=tlp.narrowest(labels) if labels else None,
        extra={
            **{key: attribute.get(key) for key in ("type", "category", "to_ids", "comment", "object_relation", "first_seen", "last_seen")},
            "object": thing.name, "tags": tags,
            "creator": creator.get("name") if isinstance(creator, dict) else None,
        },
    )  # fmt: skip


def indicator(kind: str, value: str) -> dict[str, Any]:
    """Return the columns that an attribute fills; empty when it is no indicator."""
    first, _, second = value.partition("|")
    if kind in ("url", "uri"):
        link = values.url(value, "http" if kind == "url" else "")
        return (
            {"source_url": link.url, "source_fqdn": link.fqdn, "source_ip": link.ip, "source_port": link.port}
            if link
            else {}
        )
    if kind in ("ip-src", "ip-dst", "ip-src|port", "ip-dst|port"):
        if "/" in first:
            return {"source_network": values.network(first)}
        return {"source_ip": values.ip(first), "source_port": values.port(second)}
    if kind == "domain|ip":
        return {"source_fqdn": values.host(first), "source_ip": values.ip(second)}
    if kind in ("domain", "hostname", "hostname|port"):
        return {"source_fqdn": values.host(first), "source_port": values.port(second)}
    if kind in _ACCOUNTS:
        return {"source_account": values.account(value)}
    if kind == "AS":
        return {"source_asn": values.asn(value)}
    digest = value.rpartition("|")[2]
    for ending, length in (("md5", 32), ("sha1", 40), ("sha256", 64)):
        if kind in (ending, f"filename|{ending}"):
            return {f"malware_hash_{ending}": values.digest(digest, length)}
    return {}


def _rsit(tags: list[str], attribute: dict[str, Any]) -> str:
    for tag in tags:
        if match := _RSIT.search(tag.lower()):
            return taxonomy.rsit_type(match[1])
    spoken = " ".join(tags).lower()
    category = str(attribute.get("category"))
    if category == "Network activity":
        detected = attribute.get("to_ids") in (True, "1", "true")
        source = str(attribute.get("type")).startswith("ip-src")
        assumed = "c2-server" if detected and not source else "infected-system" if source else "other"
    else:
        assumed = _BY_CATEGORY.get(category, "other")
    return next((rsit for part, rsit in _BY_TAG if part in spoken), assumed)


FORMAT = Format("misp", recognize, parse, "MISP events")
