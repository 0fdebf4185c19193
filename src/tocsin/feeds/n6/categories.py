"""n6's categories in RSIT. Source of the names: n6's data specification."""

from __future__ import annotations

from typing import Final

RSIT: Final[dict[str, str]] = {
    "amplifier": "ddos-amplifier",
    "backdoor": "system-compromise",
    "bots": "infected-system",
    "cnc": "c2-server",
    "deface": "application-compromise",
    "dns-query": "other",
    "dos-attacker": "ddos",
    "dos-victim": "ddos",
    "exposed": "potentially-unwanted-accessible",
    "flow": "other",
    "flow-anomaly": "other",
    "fraud": "masquerade",
    "leak": "data-leak",
    "malurl": "malware-distribution",
    "malware-action": "infected-system",
    "other": "other",
    "phish": "phishing",
    "proxy": "other",
    "sandbox-url": "other",
    "scam": "masquerade",
    "scanning": "scanner",
    "server-exploit": "exploit",
    "spam": "spam",
    "spam-url": "spam",
    "tor": "other",
    "vulnerable": "vulnerable-system",
    "webinject": "malware-configuration",
}
