"""What the classes of Suricata's rules (`classification.config`) are in RSIT. What is not listed is `ids-alert`."""

from __future__ import annotations

from typing import Final

RSIT: Final[dict[str, str]] = {
    "a network trojan was detected": "infected-system",
    "malware command and control activity detected": "infected-system",
    "domain observed used for c2 detected": "infected-system",
    "targeted malicious activity was detected": "infected-system",
    "crypto currency mining activity detected": "infected-system",
    "possibly unwanted program detected": "infected-system",
    "exploit kit activity detected": "malware-distribution",
    "executable code was detected": "malware-distribution",
    "attempted information leak": "scanner",
    "information leak": "scanner",
    "large scale information leak": "scanner",
    "detection of a network scan": "scanner",
    "attempted denial of service": "dos",
    "denial of service": "dos",
    "detection of a denial of service attack": "dos",
    "an attempted login using a suspicious username was detected": "brute-force",
    "attempt to login by a default username and password": "brute-force",
    "unsuccessful user privilege gain": "ids-alert",
    "successful administrator privilege gain": "privileged-account-compromise",
    "successful user privilege gain": "unprivileged-account-compromise",
    "successful credential theft detected": "phishing",
    "possible social engineering attempted": "social-engineering",
    "inappropriate content was detected": "harmful-speech",
    "not suspicious traffic": "other",
    "unknown traffic": "other",
    "misc activity": "other",
    "generic protocol command decode": "other",
    "generic icmp event": "other",
    "potential corporate privacy violation": "other",
    "device retrieving external ip address detected": "other",
}
SEVERITY: Final[dict[str, str]] = {
    "critical": "critical",
    "major": "high",
    "minor": "medium",
    "informational": "info",
    "1": "high",
    "2": "medium",
    "3": "low",
    "4": "info",
}
"""From `signature_severity` in a rule's metadata (Emerging Threats), else from its priority."""
