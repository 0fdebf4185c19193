"""Spamhaus's report for national teams (CERT Insight Portal): what was seen of each address in the last day.

The column `botname` holds a family of malware or the name of a behaviour; the latter decide the type. Times are
seconds since 1970, as the report's heading states. What stands as `-` or `?` is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tocsin.feeds import text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

NAMES: Final = ("ip", "asn", "country", "lastseen", "botname", "domain", "remote_ip", "remote_port", "local_port", "protocol")  # fmt: skip
BEHAVIOURS: Final[dict[str, tuple[str, str, str]]] = {
    # name: (RSIT type, identifier, application)
    "authspoofbadehlo": ("brute-force", "authentication-spoof", "smtp"),
    "extortion": ("spam", "extortion", "smtp"),
    "ftpauth": ("brute-force", "ftp", "ftp"),
    "httpauth": ("brute-force", "http", "http"),
    "imap": ("brute-force", "imap", "imap"),
    "iotcmd": ("infected-system", "iot", ""),
    "iotlogin": ("infected-system", "iot", ""),
    "iotmirai": ("infected-system", "mirai", ""),
    "iotrdp": ("scanner", "rdp", "rdp"),
    "iotscan": ("scanner", "telnet", "telnet"),
    "iotuser": ("infected-system", "iot", ""),
    "misc": ("spam", "spam", "smtp"),
    "openrelay": ("vulnerable-system", "openrelay", "smtp"),
    "pop": ("brute-force", "pop3", "pop3"),
    "proxyget": ("other", "proxyget", ""),
    "rdp": ("brute-force", "rdp", "rdp"),
    "sip": ("brute-force", "sip", "sip"),
    "smtpauth": ("brute-force", "smtp", "smtp"),
    "spam": ("spam", "spam", "smtp"),
    "sshauth": ("brute-force", "ssh", "ssh"),
    "telnetauth": ("brute-force", "telnet", "telnet"),
    "telnetlogin": ("brute-force", "telnet", "telnet"),
    "vncauth": ("brute-force", "vnc", "vnc"),
    "w_wplogin": ("scanner", "wordpress-login", "http"),
    "wpscanner": ("scanner", "wordpress-vulnerabilities", "http"),
}
_HEADING = ("ip", "asn", "country", "lastseen", "botname")


def recognize(head: bytes, name: str) -> int:
    """Recognize by the heading, which stands in a comment."""
    return 92 if any(_is_heading(line) for line in text.head(head).split("\n")[:60]) else 0


def _is_heading(line: str) -> bool:
    return tuple(part.strip() for part in line.lstrip("; ").split(",")[:5]) == _HEADING


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the report."""
    rows = Rows(options, code="spamhaus-cert", name="Spamhaus CERT report", provider="Spamhaus")
    for line in text.lines(source):
        plain = line.strip()
        if not plain or plain.startswith(";"):
            continue
        rows.next()
        fields = [field.strip() for field in plain.split(",")]
        if len(fields) < len(NAMES):
            rows.reject("ragged-row", f"{len(fields)} fields where {len(NAMES)} are needed", plain)
        else:
            _take(rows, plain, dict(zip(NAMES, fields, strict=False)), fields[len(NAMES) :])
        if rows.full():
            yield rows.chunk()
    yield from rows.last()


def _take(rows: Rows, raw: str, record: dict[str, Any], more: list[str]) -> None:
    go, when = rows.at(record["lastseen"], raw)
    if not go:
        return
    address = values.ip(record["ip"])
    if address is None:
        rows.reject("no-asset", "no infected address that can be read", raw)
        return
    name = (values.text(record["botname"]) or "").lower()
    family: str | None = None if name in BEHAVIOURS else name
    rsit, identifier, application = BEHAVIOURS.get(name, ("infected-system", values.word(name) or "spamhaus", ""))
    extra: dict[str, Any] = {"source.local_port": values.port(record["local_port"]), "more": more}
    link = None
    if name == "l_spamlink":  # a page here was advertised by a mail that somebody else sent
        rsit, identifier, family, link = "spam", "spamlink", None, values.url(record["domain"])
        sender, _, mailer = record["local_port"].partition(":")
        version, _, mailer = mailer.partition(":")
        extra |= {"spam_ip": values.ip(sender), "mailer": mailer, "mailer_version": version}
    elif name == "iotmirai":
        family = "mirai"
    rows.event(
        raw, time_source=when, source_ip=address, source_asn=values.asn(record["asn"]), source_url=link and link.url,
        source_geolocation_cc=values.country(record["country"]), destination_fqdn=values.host(record["domain"]),
        destination_ip=values.ip(record["remote_ip"]), destination_port=values.port(record["remote_port"]),
        protocol_transport=(values.text(record["protocol"]) or "").lower(), protocol_application=application,
        malware_name=family, classification_type=rsit, classification_identifier=identifier,
        extra=extra | {"botname": name if name != family else None},
    )  # fmt: skip


FORMAT = Format("spamhaus_cert", recognize, parse, "Spamhaus CERT report")
