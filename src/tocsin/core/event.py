"""The columns of an event: IntelMQ's data format with `_` for `.`, and Tocsin's own.

One tuple, `COLUMNS`, is the schema of every event file. Types are the words of `Kind`; the
pipeline maps them to frame types. Source of the first group: IntelMQ data format 3.x (names and
meaning), https://docs.intelmq.org, "Data format".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["text", "instant", "port", "asn", "number", "boolean", "json", "texts", "row"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an event file: its name, the kind of its values and what it says."""

    name: str
    kind: Kind
    says: str


def _side(side: str, role: str) -> tuple[Column, ...]:
    return (
        Column(f"{side}_ip", "text", f"IP address {role}, canonical form"),
        Column(f"{side}_port", "port", f"Port {role}"),
        Column(f"{side}_fqdn", "text", f"Host name {role}, lower case, IDNA A-label; never from reverse DNS"),
        Column(f"{side}_url", "text", f"URL {role}"),
        Column(f"{side}_urlpath", "text", f"Path part of the URL {role}"),
        Column(f"{side}_asn", "asn", f"Autonomous system number {role}"),
        Column(f"{side}_as_name", "text", f"Name of that autonomous system {role}"),
        Column(f"{side}_network", "text", f"Announced prefix {role}"),
        Column(f"{side}_reverse_dns", "text", f"Name that reverse DNS gave {role}"),
        Column(f"{side}_account", "text", f"Account or e-mail address {role}"),
        Column(f"{side}_local_ip", "text", f"Address behind NAT {role}"),
        Column(f"{side}_local_hostname", "text", f"Host name behind NAT {role}"),
        Column(f"{side}_abuse_contact", "text", f"Abuse contact stated by the source {role}"),
        Column(f"{side}_geolocation_cc", "text", f"ISO 3166-1 alpha-2 country {role}"),
        Column(f"{side}_geolocation_region", "text", f"Region {role}"),
        Column(f"{side}_geolocation_city", "text", f"City {role}"),
        Column(f"{side}_tor_node", "boolean", f"Whether the address {role} was a Tor node"),
    )


COLUMNS: Final[tuple[Column, ...]] = (
    Column("event_id", "text", "Stable identity: first 16 hex digits of raw_sha256, '-', raw_row"),
    Column("time_source", "instant", "When it happened, by the source, UTC"),
    Column("time_observation", "instant", "When Tocsin received it, UTC"),
    Column("feed_code", "text", "Code of the feed, stable"),
    Column("feed_name", "text", "Name of the feed"),
    Column("feed_provider", "text", "Who publishes the feed"),
    Column("feed_accuracy", "number", "Accuracy the operator gives the feed, 0 to 100"),
    Column("classification_taxonomy", "text", "RSIT class"),
    Column("classification_type", "text", "RSIT type"),
    Column("classification_identifier", "text", "What exactly, lower case: open-rdp, a signature, a rule"),
    Column("severity", "text", "critical, high, medium, low or info"),
    *_side("source", "of the affected or reported side"),
    *_side("destination", "of the other side"),
    Column("protocol_transport", "text", "tcp, udp, icmp …"),
    Column("protocol_application", "text", "rdp, http, dns …"),
    Column("malware_name", "text", "Malware, lower case"),
    Column("malware_version", "text", "Version of the malware"),
    Column("malware_hash_md5", "text", "MD5 of the sample"),
    Column("malware_hash_sha1", "text", "SHA-1 of the sample"),
    Column("malware_hash_sha256", "text", "SHA-256 of the sample"),
    Column("event_description_text", "text", "What the source says in words"),
    Column("event_description_url", "text", "Page that explains"),
    Column("event_description_target", "text", "Who or what was the target"),
    Column("status", "text", "State of the resource by the source: online, offline …"),
    Column("tlp", "text", "TLP 2.0 label the source put on it"),
    Column("screenshot_url", "text", "Picture of the resource"),
    Column("misp_event_uuid", "text", "MISP event"),
    Column("misp_attribute_uuid", "text", "MISP attribute"),
    Column("extra", "json", "Everything else the source gave, a JSON object; nothing is dropped"),
    # Tocsin's own: written by attribute, after the parsers.
    Column("asset", "text", "What it is about: the URL, else the host name, else the address, else the ASN or prefix"),
    Column("kind", "text", "classification_identifier, else classification_type: with the asset, names a finding"),
    Column("organization", "text", "Identifier of the owner at time_source; null: nobody"),
    Column("because", "text", "Rule and value that decided the owner"),
    Column("related", "texts", "Other organizations that also match"),
    Column("raw_sha256", "text", "SHA-256 of the file that holds the row"),
    Column("raw_row", "row", "Row in that file: 1 is the first record after any heading"),
)

NAMES: Final[tuple[str, ...]] = tuple(column.name for column in COLUMNS)
OWN: Final[tuple[str, ...]] = NAMES[NAMES.index("asset") : NAMES.index("raw_sha256")]
"""Columns that attribution writes; a parser must not."""
