"""Every kind that a format gives has words for people who are not specialists, in both languages."""

from __future__ import annotations

import pytest

from tocsin.core import taxonomy
from tocsin.feeds.n6 import categories
from tocsin.feeds.shadowserver import columns
from tocsin.notices import texts

SCANS = [
    "activemq",
    "adb",
    "afp",
    "amqp",
    "ard",
    "badsecrets",
    "bgp",
    "chargen",
    "cisco_smart_install",
    "coap",
    "couchdb",
    "cwmp",
    "db2",
    "ddos_middlebox",
    "dns",
    "docker",
    "dvr_dhcpdiscover",
    "elasticsearch",
    "epmd",
    "ftp",
    "gtp",
    "hadoop",
    "http",
    "http_proxy",
    "http_vulnerable",
    "ics",
    "imap",
    "imap_vulnerable",
    "ip_tunnel",
    "ipmi",
    "ipp",
    "isakmp",
    "kubernetes",
    "ldap_tcp",
    "ldap_udp",
    "loop_dos",
    "mdns",
    "memcached",
    "mongodb",
    "mqtt",
    "mqtt_anon",
    "msrpc",
    "mssql",
    "mysql",
    "nat_pmp",
    "netbios",
    "netis_router",
    "ntp",
    "ntpmonitor",
    "pop3",
    "pop3_vulnerable",
    "portmapper",
    "post_exploitation_framework",
    "postgres",
    "qotd",
    "quic",
    "radmin",
    "rdp",
    "rdpeudp",
    "redis",
    "rsync",
    "sip",
    "slp",
    "smb",
    "smtp",
    "smtp_vulnerable",
    "snmp",
    "socks",
    "ssdp",
    "ssh",
    "ssl",
    "ssl_freak",
    "ssl_poodle",
    "stun",
    "synfulknock",
    "telnet",
    "tftp",
    "ubiquiti",
    "vnc",
    "ws_discovery",
    "xdmcp",
]
OTHERS = [
    "population_bgp",
    "population_http_proxy",
    "population_isakmp",
    "population_msmq",
    "population_ntrip",
    "blocklist",
    "compromised_account",
    "compromised_iot",
    "compromised_website",
    "device_id",
    "event_ddos_participant",
    "event_honeypot_adb_scan",
    "event_honeypot_ddos",
    "event_honeypot_ddos_amp",
    "event_honeypot_ddos_target",
    "event_honeypot_http_scan",
    "event_honeypot_ics_scan",
    "event_honeypot_ikev2_scan",
    "event_honeypot_rdp_scan",
    "event_honeypot_rocketmq_scan",
    "event_honeypot_smb_scan",
    "event_ip_spoofer",
    "event_sinkhole_dns",
    "malware_url",
    "phish_url",
    "ransomware_victim",
    "sandbox_conn",
    "sandbox_dns",
    "sandbox_url",
    "spam_url",
    "special",
]
BY_ROW = ["vulnerable-exchange-server", "exchange-server-webshell"]
LISTS = ["dshield-block", "dshield-source", "spamhaus-drop", "listed", "sslbl", "malware-url", "phishing", "abuse"]


def test_every_report_of_shadowserver_has_a_text() -> None:
    kinds = [columns.classify(name)[1] for name in [*(f"scan_{service}" for service in SCANS), *OTHERS]] + BY_ROW
    assert sorted({kind for kind in kinds if not texts.has(kind)}) == []


def test_every_rsit_type_has_a_text() -> None:
    assert [kind for kind in taxonomy.TYPES if not texts.has(kind)] == []


def test_every_category_of_the_other_feeds_has_a_text() -> None:
    assert [kind for kind in (*categories.RSIT, *LISTS) if not texts.has(kind)] == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_text_says_what_is_wrong_why_and_what_to_do(language: str) -> None:
    for key in texts.names():
        text = texts.about(key, "", language)
        assert 10 < len(text.title) < 110, key
        assert 20 < len(text.risk) < 260, key
        assert 1 <= len(text.do) <= 4, key
        assert all(step.endswith((".", "!")) for step in text.do), key
        assert not text.title.endswith("."), key


def test_a_kind_nobody_wrote_about_is_told_by_its_type() -> None:
    assert texts.about("conficker", "infected-system", "en").key == "infected-system"
    assert texts.about("never-heard-of", "nor-of-this", "vi").key == "default"


def test_no_two_entries_are_for_the_same_kind() -> None:
    every = [name for names in texts.claims().values() for name in names]
    assert sorted(name for name in set(every) if every.count(name) > 1) == []
