"""What Shadowserver's reports mean when no published schema is at hand: rules for names and columns.

Identifiers and RSIT types are those of the published schema, so that a finding keeps its kind when
an operator adds the schema later. A report that no rule knows still comes in, by the columns that
all reports share, under its own name.
"""

from __future__ import annotations

from typing import Final

SIDE: Final[dict[str, str]] = {
    "ip": "ip",
    "port": "port",
    "asn": "asn",
    "geo": "geolocation_cc",
    "region": "geolocation_region",
    "city": "geolocation_city",
    "hostname": "reverse_dns",
    "dns": "reverse_dns",
}
"""Column (after any `src_` or `dst_`) -> column of an event (after `source_` or `destination_`)."""

SHARED: Final[dict[str, str]] = {
    "timestamp": "time_source",
    "severity": "severity",
    "protocol": "protocol_transport",
    **{name: f"source_{target}" for name, target in SIDE.items()},
    **{f"src_{name}": f"source_{target}" for name, target in SIDE.items()},
    **{f"http_referer_{name}": f"source_{target}" for name, target in SIDE.items()},
    **{f"{other}_{name}": f"destination_{target}" for other in ("dst", "dest") for name, target in SIDE.items()},
    "cc": "destination_ip",
    "cc_port": "destination_port",
    "cc_asn": "destination_asn",
    "cc_geo": "destination_geolocation_cc",
    "cc_dns": "destination_reverse_dns",
    "infection": "malware_name",
    "family": "malware_name",
    "status": "status",
}
"""Columns that mean the same in every report. The first in the heading that is there wins its target."""

RESOURCE: Final[dict[str, str]] = {
    "url": "source_url",
    "host": "source_fqdn",
    "http_host": "source_fqdn",
    "application": "protocol_application",
    "account": "source_account",
    "md5": "malware_hash_md5",
    "sha1": "malware_hash_sha1",
    "sha256": "malware_hash_sha256",
}
"""Columns that speak of the affected resource in reports of compromise; elsewhere of what a honeypot saw."""

_RESOURCE_REPORTS: Final = ("compromised_", "malware_url", "phish_url", "spam_url", "sandbox_")
_ACCOUNT_REPORTS: Final = ("compromised_account",)

ACCESSIBLE: Final = frozenset(
    [
        "adb",
        "afp",
        "amqp",
        "ard",
        "cisco_smart_install",
        "coap",
        "ftp",
        "gtp",
        "hadoop",
        "http",
        "imap",
        "msrpc",
        "pop3",
        "radmin",
        "rsync",
    ]
)
"""Services whose scan is called `accessible-…`; the rest is called `open-…`."""

NAMED: Final[dict[str, str]] = {
    "badsecrets": "badsecret",
    "db2": "open-db2-discovery-service",
    "dns": "dns-open-resolver",
    "http_vulnerable": "vulnerable-http",
    "imap_vulnerable": "vulnerable-imap",
    "isakmp": "open-ike",
    "ldap_tcp": "open-ldap",
    "ldap_udp": "open-ldap",
    "msrdpeudp": "accessible-msrdpeudp",
    "nat_pmp": "open-natpmp",
    "netbios": "open-netbios-nameservice",
    "netis_router": "open-netis",
    "ntp": "ntp-version",
    "ntpmonitor": "ntp-monitor",
    "pop3_vulnerable": "vulnerable-pop3",
    "post_exploitation_framework": "c2-beacon",
    "rdpeudp": "accessible-msrdpeudp",
    "smtp_vulnerable": "vulnerable-smtp",
    "ssl_freak": "ssl-freak",
    "ssl_poodle": "ssl-poodle",
    "ubiquiti": "accessible-ubiquiti-discovery-service",
}
"""Scans whose identifier follows no rule."""

TYPED: Final[dict[str, str]] = {
    **dict.fromkeys(("http", "imap", "pop3", "quic", "smtp", "ssh", "ssl", "stun"), "other"),
    **dict.fromkeys(("http_proxy", "isakmp", "ntrip"), "other"),
    **dict.fromkeys(("badsecrets", "ssl_freak", "ssl_poodle"), "weak-crypto"),
    **dict.fromkeys(("gtp", "msrpc"), "potentially-unwanted-accessible"),
    "post_exploitation_framework": "infected-system",
}
"""Scans that are not of the type `vulnerable-system`. `http_proxy` and `isakmp`: in population reports only."""

OTHERS: Final[tuple[tuple[str, str, str], ...]] = (
    # (beginning of the report's name, RSIT type, identifier; "" = the report's own name)
    ("blocklist", "other", "blacklisted-ip"),
    ("blacklist", "other", "blacklisted-ip"),
    ("botnet_drone", "infected-system", ""),
    ("drone_brute_force", "brute-force", ""),
    ("drone", "infected-system", ""),
    ("compromised_account", "data-leak", "compromised-account"),
    ("compromised_iot", "system-compromise", "compromised-iot"),
    ("compromised_website", "system-compromise", "compromised-website"),
    ("compromised", "system-compromise", ""),
    ("darknet", "other", ""),
    ("device_id", "undetermined", "device-id"),
    ("event_ddos_participant", "ddos", "ddos-participant"),
    ("event_honeypot_brute_force", "brute-force", ""),
    ("event_honeypot_darknet", "other", ""),
    ("event_honeypot_ddos_amp", "ddos", "amplification-ddos-victim"),
    ("event_honeypot_ddos", "ddos", ""),
    ("event_honeypot", "scanner", ""),
    ("event_ip_spoofer", "masquerade", "ip-spoofer"),
    ("event_sinkhole_dns", "other", "sinkholedns"),
    ("event_sinkhole", "infected-system", ""),
    ("event_microsoft_sinkhole", "infected-system", ""),
    ("honeypot_brute_force", "brute-force", ""),
    ("malware_url", "malware-distribution", "malware-url"),
    ("phish_url", "phishing", "phish-url"),
    ("ransomware_victim", "system-compromise", "ransomware-victim"),
    ("sandbox_dns", "other", "sandbox-dns"),
    ("sandbox", "malware-distribution", ""),
    ("sinkhole", "infected-system", ""),
    ("spam_url", "spam", "spam-url"),
    ("special", "vulnerable-system", "special"),
)

PER_ROW: Final[tuple[tuple[str, str], ...]] = (
    # (beginning of the report's name, column that says what exactly)
    ("botnet_drone", "infection"),
    ("drone", "infection"),
    ("event_sinkhole", "infection"),
    ("event_sinkhole_dns", ""),
    ("event_microsoft_sinkhole", "infection"),
    ("sinkhole", "infection"),
    ("event_honeypot_brute_force", "application"),
    ("honeypot_brute_force", "service"),
    ("event_honeypot_darknet", "tag"),
)

TELLTALES: Final[tuple[tuple[frozenset[str], str], ...]] = tuple(
    # (columns that only this report has together, its name), the most telling first
    (frozenset(names.split()), report)
    for names, report in (
        ("rdp_protocol", "scan_rdp"),
        ("smb_implant", "scan_smb"),
        ("sysdesc sysname", "scan_snmp"),
        ("ssl_poodle", "scan_ssl_poodle"),
        ("freak_vulnerable", "scan_ssl_freak"),
        ("routedspoof", "event_ip_spoofer"),
        ("http_referer_ip dst_ip", "event_sinkhole_http_referer"),
        ("http_agent infection dst_ip", "event_sinkhole_http"),
        ("p0f_genre http_agent", "sinkhole_http_drone"),
        ("p0f_genre infection", "botnet_drone"),
        ("client_version username", "honeypot_brute_force"),
        ("redirect_target http_host", "compromised_website"),
        ("infection dst_ip family", "event_sinkhole"),
    )
)


def known(report: str) -> bool:
    """Say whether a name is that of a report some rule knows."""
    plain = generation(report)
    return plain.startswith(("scan_", "population_", *(row[0] for row in OTHERS)))


def generation(report: str) -> str:
    """Return a report's name without its address family: scan6_rdp is scan_rdp, event4_sinkhole is event_sinkhole."""
    for family in ("scan", "population", "event"):
        for digit in "46":
            if report.startswith(f"{family}{digit}_"):
                return f"{family}_{report.partition('_')[2]}"
    return report.removesuffix("6")


def classify(report: str) -> tuple[str, str]:
    """Return the RSIT type and the identifier for a report's name."""
    plain = generation(report)
    if plain.startswith(("scan_", "population_")):
        family, _, service = plain.partition("_")
        rsit = TYPED.get(service, "vulnerable-system")
        if family == "population":
            name = "ike" if service == "isakmp" else service
            return rsit if service in {"http_proxy", "isakmp", "ntrip"} else "vulnerable-system", _slug(
                f"accessible_{name}"
            )
        if service in {"http_proxy", "isakmp"}:
            rsit = "vulnerable-system"
        named = NAMED.get(service) or _slug(f"{'accessible' if service in ACCESSIBLE else 'open'}_{service}")
        return rsit, named
    fitting = [row for row in OTHERS if plain.startswith(row[0])]
    if not fitting:
        return "undetermined", _slug(plain) or "shadowserver"
    _, rsit, identifier = max(fitting, key=lambda row: len(row[0]))
    return rsit, identifier or _slug(plain.removeprefix("event_"))


def per_row(report: str) -> str:
    """Return the column that says what exactly, row by row; "" when the report's name says it all."""
    plain = generation(report)
    fitting = [row for row in PER_ROW if plain.startswith(row[0])]
    if fitting:
        return max(fitting, key=lambda row: len(row[0]))[1]
    return "" if known(report) else "tag"


def targets(report: str, names: list[str]) -> dict[str, str]:
    """Return which column of the file each column of an event takes."""
    plain = generation(report)
    meanings = dict(SHARED)
    if plain.startswith(_RESOURCE_REPORTS):
        meanings |= RESOURCE
    if plain.startswith(_ACCOUNT_REPORTS):
        meanings |= {"email": "source_account", "username": "source_account"}
    found: dict[str, str] = {}
    for name in names:
        target = meanings.get(name)
        if target is not None:
            found.setdefault(target, name)
    return found


def _slug(name: str) -> str:
    return name.replace("_", "-")
