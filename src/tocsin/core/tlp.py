"""Traffic Light Protocol 2.0 (FIRST, 2022): the five labels, from widest to narrowest sharing."""

from __future__ import annotations

from typing import Final

LABELS: Final = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")


def label(text: str) -> str | None:
    """Return the TLP 2.0 label meant by `text` (`amber`, `tlp:white`, `TLP:RED` …), or None."""
    plain = text.strip().upper().removeprefix("TLP:").strip()
    candidate = "TLP:" + {"WHITE": "CLEAR", "AMBER-STRICT": "AMBER+STRICT"}.get(plain, plain)
    return candidate if candidate in LABELS else None


def narrowest(labels: list[str]) -> str:
    """Return the most restrictive of `labels`; TLP:CLEAR for an empty list."""
    return max(labels, key=LABELS.index, default="TLP:CLEAR")
