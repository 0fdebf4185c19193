"""The Reference Security Incident Taxonomy (RSIT v1003, ENISA and TF-CSIRT, CC0).

`TYPES` maps each machine name of a type to its class ("taxonomy" in IntelMQ's words).
Machine names keep their historical spelling: `ids-alert` reads "Exploitation of Known
Vulnerabilities" on screen, `exploit` reads "New Attack Signature".
"""

from __future__ import annotations

from typing import Final

CLASSES: Final[dict[str, tuple[str, ...]]] = {
    "abusive-content": ("spam", "harmful-speech", "violence"),
    "malicious-code": ("infected-system", "c2-server", "malware-distribution", "malware-configuration"),
    "information-gathering": ("scanner", "sniffing", "social-engineering"),
    "intrusion-attempts": ("ids-alert", "brute-force", "exploit"),
    "intrusions": (
        "privileged-account-compromise",
        "unprivileged-account-compromise",
        "application-compromise",
        "system-compromise",
        "burglary",
    ),
    "availability": ("dos", "ddos", "misconfiguration", "sabotage", "outage"),
    "information-content-security": (
        "unauthorised-information-access",
        "unauthorised-information-modification",
        "data-loss",
        "data-leak",
    ),
    "fraud": ("unauthorised-use-of-resources", "copyright", "masquerade", "phishing"),
    "vulnerable": (
        "weak-crypto",
        "ddos-amplifier",
        "potentially-unwanted-accessible",
        "information-disclosure",
        "vulnerable-system",
    ),
    "other": ("other", "undetermined"),
    "test": ("test",),
}

TYPES: Final[dict[str, str]] = {kind: taxonomy for taxonomy, kinds in CLASSES.items() for kind in kinds}

# Names that sources and older systems use for a type that RSIT has, or lacks.
# IntelMQ's extra types (blacklist, dga-domain, malware, proxy, tor) have no RSIT type of their own.
SYNONYMS: Final[dict[str, str]] = {
    "backdoor": "system-compromise",
    "blacklist": "other",
    "blocklist": "other",
    "botnet drone": "infected-system",
    "c&c": "c2-server",
    "c2server": "c2-server",
    "compromised": "system-compromise",
    "defacement": "application-compromise",
    "dga domain": "other",
    "dga-domain": "other",
    "dropzone": "other",
    "exploitation-attempt": "ids-alert",
    "ids alert": "ids-alert",
    "infected system": "infected-system",
    "leak": "data-leak",
    "malware": "malware-distribution",
    "malware-command-and-control": "c2-server",
    "other": "other",
    "proxy": "other",
    "ransomware": "infected-system",
    "tor": "other",
    "unauthorized-command": "system-compromise",
    "unauthorized-login": "unprivileged-account-compromise",
    "unknown": "undetermined",
    "vulnerable client": "vulnerable-system",
    "vulnerable service": "vulnerable-system",
}


def rsit_type(name: str) -> str:
    """Return the RSIT machine name of `name`: itself, a synonym's, or `undetermined`."""
    plain = name.strip().lower()
    return plain if plain in TYPES else SYNONYMS.get(plain, "undetermined")
