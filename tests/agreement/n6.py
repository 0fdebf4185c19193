"""The cases of n6's own parser tests, as far as Tocsin reads the same formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.agreement import archives
from tests.agreement.compare import Case, Reason

from tocsin.feeds.format import Options
from tocsin.feeds.n6.categories import RSIT

_FORMATS = {
    "abuse-ch.ssl-blacklist": "sslbl", "abuse-ch.urlhaus-urls": "urlhaus", "cert-pl.shield": "mapped", "testsource.misp": "misp",
    "spamhaus.bots": "spamhaus_cert",
}  # fmt: skip
_SHIELD = {
    "heading": ["id", "name", "seen"], "delimiter": "\t", "columns": {"name": "source_fqdn", "seen": "time_source"},
    "time": {"zone": "Europe/Warsaw"}, "constants": {"classification_type": "phishing"},
}  # fmt: skip
_NAMES = {"time": "time_source", "url": "source_url", "fqdn": "source_fqdn", "proto": "protocol_transport", "dip": "destination_ip",
          "md5": "malware_hash_md5", "sha1": "malware_hash_sha1", "sha256": "malware_hash_sha256",
          "misp_event_uuid": "misp_event_uuid", "misp_attr_uuid": "misp_attribute_uuid"}  # fmt: skip


def cases(folder: Path) -> Iterator[Case]:
    """Yield the cases whose format Tocsin reads and whose expected events are written down."""
    for number, row in enumerate(archives.lines(folder / "parser_cases.tar.gz")):
        source, raw, expected = row["source"], row["raw"], row["expected"]
        format_ = "shadowserver" if source.startswith("shadowserver.") else _FORMATS.get(source)
        if format_ is None or not isinstance(expected, list) or not isinstance(raw, dict) or "$bytes_utf8" not in raw:
            continue
        mapping = {"cert-pl.shield": _SHIELD}.get(source)
        report = source.partition(".")[2]
        events = [_event({**row["constants"], **event}, source) for event in expected]
        content = raw["$bytes_utf8"].encode()
        file = (
            f"2026-01-01-{_REPORTS.get(report, 'scan_' + report.replace('-', '_'))}-x.csv"
            if format_ == "shadowserver"
            else "input"
        )
        yield Case("n6", f"{number} {source}", format_, content, events, Options(mapping=mapping), file)


_REPORTS = {"open-resolver": "scan_dns", "ntp-version": "scan_ntp", "ntp-monitor": "scan_ntpmonitor", "ldap": "scan_ldap_udp",
            "natpmp": "scan_nat_pmp", "ldap-tcp": "scan_ldap_tcp"}  # fmt: skip


def _event(event: dict[str, Any], source: str) -> dict[str, Any]:
    """Return the event in Tocsin's names. How sure the source is, and who may read it, is set by n6's own configuration."""
    found: dict[str, Any] = {}
    shadowserver, bots = source.startswith("shadowserver."), source == "spamhaus.bots"
    for name, value in event.items():
        match name:
            case "restriction" | "confidence" | "origin":
                continue
            case "time":
                found["time_source"] = f"{value.replace(' ', 'T')}+00:00"
            case "address":
                found["source_ip"] = value[0]["ip"]
            case "category":
                found["classification_type"] = RSIT[value]
            case "dport":
                # n6 calls the port of the reported service the destination's, for whoever scans it.
                found["source_port" if shadowserver else "destination_port"] = value
            case "sport":
                found["extra.source.local_port"] = value
            case "fqdn" if bots:
                found["destination_fqdn"] = value
            case "email":
                found["source_account"] = value
            case _ if name in _NAMES:
                found[_NAMES[name]] = value
            case _:
                found[name if name == "name" else f"extra.{name}"] = value
    return found


def _is(text: str, *names: str) -> Callable[[str, str, Any, Any], bool]:
    return lambda case, name, _, __: text in case and (not names or name in names)


REASONS: list[Reason] = [
    (_is("abuse-ch.ssl-blacklist"), "a certificate's fingerprint names no asset: nobody could be warned of it"),
    (_is("urlhaus", "extra.filename"), "it is kept in `extra`, inside the payload"),
    (_is("urlhaus"), "one URL is one event; what else it served is in `extra`"),
    (_is("cert-pl.shield", "time_source"), "an hour that the clock shows twice: Tocsin takes the first, n6 guesses from the order of rows"),
    (lambda case, _, __, got: "misp" in case and str(got).startswith("no event"), "an attribute without a value names no asset"),
    (_is("misp", "destination_port"), "a port in the words of a comment is not read"),
    (_is("misp", "classification_type"), "a URL in network activity may be a command server's: it is one when it is to be detected, else `other`"),
    (lambda case, name, wanted, _: "shadowserver" in case and name == "name" and "cve" in str(wanted).lower(), "one row is one observation; the CVE of its tag is in `extra`"),
    (_is("shadowserver", "name"), "the identifier is the published schema's, as `open-rdp` for `rdp`"),
    (lambda case, _, __, got: "shadowserver" in case and str(got).startswith("no event (ragged"), "a row with fewer fields than the heading may be cut off; it is kept as a reject"),
    (_is("shadowserver", "classification_type"), "the type is the published schema's: an open service is `vulnerable-system`, whatever it could amplify"),
    (_is("shadowserver", "protocol_transport"), "the report does not say it; n6 adds it"),
    (_is("shadowserver", "source_fqdn"), "what reverse DNS gave is no host name; it is the reverse DNS"),
]  # fmt: skip
