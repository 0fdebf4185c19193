"""X-ARF: abuse reports as mails with a YAML or JSON part (0.1, 0.2), and as JSON alone (4). One report is one row.

Times state their zone; one without is UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tocsin.feeds import documents, values
from tocsin.feeds.arf import parse as arf
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

_HEADER = re.compile(rb"^x-xarf:", re.I | re.M)
_TYPES = {
    "login-attack": "brute-force", "login_attack": "brute-force", "bruteforce": "brute-force", "brute-force": "brute-force",
    "port-scan": "scanner", "portscan": "scanner", "port_scan": "scanner", "phishing": "phishing", "malware": "malware-distribution",
    "malware-attack": "infected-system", "botnet": "infected-system", "infected": "infected-system", "spam": "spam", "ddos": "ddos",
    "trap": "spam", "spamvertised": "spam", "copyright": "copyright", "cve": "vulnerable-system", "vulnerability": "vulnerable-system",
    "open-service": "potentially-unwanted-accessible", "open_service": "potentially-unwanted-accessible", "fraud": "masquerade",
    "compromised-server": "system-compromise", "compromised_website": "application-compromise", "auth-failure": "brute-force",
}  # fmt: skip
_BY_CLASS = {"messaging": "spam", "connection": "scanner", "infrastructure": "infected-system", "copyright": "copyright",
             "vulnerability": "vulnerable-system", "content": "phishing", "abuse": "other", "fraud": "masquerade"}  # fmt: skip
_TAKEN = {
    "date",
    "timestamp",
    "source",
    "source_identifier",
    "source-port",
    "source_port",
    "sourceip",
    "port",
    "protocol",
    "service",
}


def recognize(head: bytes, name: str) -> int:
    """Recognize the mail by its header field, the JSON by its version."""
    if _HEADER.search(head[:32_768]):
        return 92
    keys = documents.keys(head)
    return 92 if "xarf_version" in keys else 80 if {"ReporterInfo", "Report"} <= keys else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the reports."""
    rows = Rows(options, code="xarf", name="X-ARF", provider="abuse desk")
    for report in _reports(source):
        rows.next()
        if isinstance(report, documents.Bad):
            rows.reject(report.reason, report.detail, report.text)
        elif isinstance(report, dict):
            _take(rows, report)
        else:
            rows.reject("not-a-record", "a value where an object should be", str(report)[:200])
        if rows.full():
            yield rows.chunk()
    yield from rows.last()


def _reports(source: Source) -> Iterator[Any]:
    if documents.keys(source.head()):
        yield from documents.objects(source)
        return
    mail = arf.read(source)
    if isinstance(mail, str):
        yield documents.Bad("", mail, "no mail that can be read whole")
        return
    for kind, part in arf.parts(mail):
        named = str(part.get_filename() or part.get_param("name") or "").lower()
        if kind == "application/json" or named.endswith(".json"):
            yield documents.load(arf.body(part))
            return
        if "report" in named or kind in ("text/yaml", "application/yaml", "text/x-yaml"):
            yield _fields(arf.body(part))
            return
    yield documents.Bad("", "no-report", "no part named report, nor of type JSON or YAML")


def _fields(body: str) -> dict[str, Any]:
    """Read the flat `Name: value` lines that X-ARF's YAML is; no YAML reader meets hostile mail."""
    found: dict[str, Any] = {}
    for line in body[: 1 << 20].splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() and not name.startswith((" ", "#", "-")):
            found.setdefault(name.strip(), value.strip().strip("\"'"))
    return found


def _take(rows: Rows, given: dict[str, Any]) -> None:
    inner = given.get("Report")
    record = {str(name).lower(): value for name, value in (inner if isinstance(inner, dict) else given).items()}
    value = (
        values.text(
            next((record[n] for n in ("source_identifier", "source", "sourceip", "sourceurl") if record.get(n)), None)
        )
        or ""
    )
    go, when = rows.at(record.get("timestamp") or record.get("date"), given)
    if not go:
        return
    kind = (values.text(record.get("type") or record.get("report-type") or record.get("reporttype")) or "").lower()
    group = (values.text(record.get("category") or record.get("class") or record.get("reportclass")) or "").lower()
    link = values.url(value) or values.url(record.get("url"))
    address = values.ip(value)
    transport = (values.text(record.get("protocol")) or "").lower()
    rows.event(
        given, time_source=when, source_ip=address or (link and link.ip), source_url=link and link.url,
        source_fqdn=(link and link.fqdn) or values.host(value),
        source_network=values.network(value) if "/" in value and not link else None,
        source_port=values.port(record.get("source_port") or record.get("source-port")),
        destination_ip=values.ip(values.text(record.get("destination_ip") or record.get("destination"))),
        destination_port=values.port(record.get("destination_port") or record.get("port")),
        protocol_transport=transport if transport in ("tcp", "udp", "icmp", "sctp") else None,
        protocol_application=(values.text(record.get("service")) or "").lower() or None,
        classification_type=_TYPES.get(kind, _BY_CLASS.get(group, "other")),
        classification_identifier=values.word(kind) or values.word(group),
        event_description_text=values.text(record.get("description")),
        extra={name: part for name, part in record.items() if name not in _TAKEN},
    )  # fmt: skip


FORMAT = Format("xarf", recognize, parse, "X-ARF abuse report")
