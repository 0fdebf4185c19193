"""How bad: five words, from Shadowserver's published scale, worst first.

critical: actively exploited, compromise likely. high: exposed or end of life, misuse expected.
medium, low, info: in falling order of urgency.
"""

from __future__ import annotations

from typing import Final

from tocsin.core import taxonomy

SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
RANK: Final[dict[str, int]] = {name: 5 - place for place, name in enumerate(SEVERITIES)}  # critical 5 … info 1

# What to assume when the source gives no severity. By RSIT type, else by class.
_BY_TYPE: Final[dict[str, str]] = {
    "c2-server": "critical",
    "data-leak": "critical",
    "infected-system": "high",
    "malware-distribution": "high",
    "privileged-account-compromise": "critical",
    "system-compromise": "critical",
    "application-compromise": "critical",
    "unprivileged-account-compromise": "high",
    "phishing": "high",
    "ddos-amplifier": "medium",
    "weak-crypto": "low",
    "scanner": "medium",
    "spam": "low",
    "test": "info",
    "other": "low",
    "undetermined": "low",
}
_BY_CLASS: Final[dict[str, str]] = {
    "intrusions": "critical",
    "malicious-code": "high",
    "intrusion-attempts": "medium",
    "availability": "medium",
    "information-content-security": "high",
    "fraud": "high",
    "vulnerable": "medium",
    "abusive-content": "low",
    "information-gathering": "medium",
}


def assumed(classification_type: str) -> str:
    """Return the severity to assume for an RSIT type whose source states none."""
    by_class = _BY_CLASS.get(taxonomy.TYPES.get(classification_type, "other"), "low")
    return _BY_TYPE.get(classification_type, by_class)


def worst(names: list[str]) -> str:
    """Return the worst of `names`; `info` for an empty list."""
    return max(names, key=lambda name: RANK[name], default="info")
