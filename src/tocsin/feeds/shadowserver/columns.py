"""What the columns of Shadowserver's reports mean, when no published schema is at hand.

`SHARED` holds for all reports; `REPORTS` classifies by the beginning of the report's name, the
longest that fits, or by a column that only such reports have.
"""

from __future__ import annotations

from typing import Final

SHARED: Final[dict[str, str]] = {
    "timestamp": "time_source",
    "severity": "severity",
    "ip": "source_ip",
    "src_ip": "source_ip",
    "port": "source_port",
    "src_port": "source_port",
    "protocol": "protocol_transport",
    "hostname": "source_reverse_dns",
    "src_hostname": "source_reverse_dns",
    "asn": "source_asn",
    "src_asn": "source_asn",
    "geo": "source_geolocation_cc",
    "src_geo": "source_geolocation_cc",
    "region": "source_geolocation_region",
    "src_region": "source_geolocation_region",
    "city": "source_geolocation_city",
    "src_city": "source_geolocation_city",
    "dst_ip": "destination_ip",
    "dst_port": "destination_port",
    "dst_asn": "destination_asn",
    "dst_geo": "destination_geolocation_cc",
    "url": "source_url",
    "infection": "malware_name",
    "family": "malware_name",
    "md5": "malware_hash_md5",
    "sha1": "malware_hash_sha1",
    "sha256": "malware_hash_sha256",
}

REPORTS: Final[tuple[tuple[str, str, str], ...]] = (
    # (beginning of the report's name, RSIT type, identifier; "" = the report's own name)
    ("scan_rdp", "vulnerable-system", "open-rdp"),
    ("scan_smb", "vulnerable-system", "open-smb"),
    ("scan_snmp", "vulnerable-system", "open-snmp"),
    ("scan_telnet", "vulnerable-system", "open-telnet"),
    ("scan_vnc", "vulnerable-system", "open-vnc"),
    ("scan_ftp", "vulnerable-system", "open-ftp"),
    ("scan_dns", "vulnerable-system", "dns-open-resolver"),
    ("scan_ntp", "vulnerable-system", "open-ntp"),
    ("scan_ssl_poodle", "weak-crypto", "ssl-poodle"),
    ("scan_ssl_freak", "weak-crypto", "ssl-freak"),
    ("scan_adb", "vulnerable-system", "accessible-adb"),
    ("scan_", "vulnerable-system", ""),
    ("scan6_", "vulnerable-system", ""),
    ("population", "vulnerable-system", ""),
    ("event4_sinkhole", "infected-system", ""),
    ("event6_sinkhole", "infected-system", ""),
    ("event4_microsoft_sinkhole", "infected-system", ""),
    ("event4_honeypot_brute_force", "brute-force", ""),
    ("event4_honeypot_darknet", "scanner", ""),
    ("event4_honeypot_http_scan", "scanner", ""),
    ("event4_honeypot_ddos", "ddos", ""),
    ("event4_honeypot", "ids-alert", ""),
    ("event4_ddos", "ddos", ""),
    ("event4_ip_spoofer", "misconfiguration", ""),
    ("event4_", "infected-system", ""),
    ("event6_", "infected-system", ""),
    ("compromised_website", "application-compromise", ""),
    ("compromised_account", "data-leak", ""),
    ("compromised", "system-compromise", ""),
    ("malware_url", "malware-distribution", ""),
    ("sandbox", "malware-distribution", ""),
    ("spam_url", "spam", ""),
    ("blocklist", "other", ""),
    ("drone", "infected-system", ""),
    ("botnet", "infected-system", ""),
    ("cisco_smart_install", "vulnerable-system", ""),
    ("device_id", "undetermined", ""),
    ("special", "undetermined", ""),
)

TELLTALES: Final[tuple[tuple[str, str], ...]] = (
    # (a column only this report has, the report's name)
    ("rdp_protocol", "scan_rdp"),
    ("smb_implant", "scan_smb"),
    ("sysdesc", "scan_snmp"),
    ("ssl_poodle", "scan_ssl_poodle"),
    ("infection", "event4_sinkhole"),
)


def classify(report: str) -> tuple[str, str]:
    """Return the RSIT type and the identifier for a report's name."""
    fitting = [row for row in REPORTS if report.startswith(row[0])]
    if not fitting:
        return "undetermined", report or "shadowserver"
    _, rsit, identifier = max(fitting, key=lambda row: len(row[0]))
    return rsit, identifier or report.replace("_", "-")
