"""The lot: which arm a unit falls into. It needs no memory: the same seed gives the same arm after any restart."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import date

from tocsin.trials.rules.design import Design


def arm_of(seed: str, unit: str, organization: str, kind: str) -> int:
    """Return 0 or 1, each with the same chance (HMAC-SHA-256, FIPS 198-1); nobody without the seed can foresee it."""
    drawn = organization if unit == "organization" else f"{organization}\n{kind}"
    return hmac.new(seed.encode(), drawn.encode(), hashlib.sha256).digest()[0] & 1


def admits(design: Design, *, kind: str, severities: Collection[str], sector: str, today: date) -> bool:
    """Say whether findings of this kind, as grave as these, of an organization in this sector, enter today."""
    return (
        design.starts_on <= today <= design.ends_on
        and bool(severities)
        and set(severities) <= set(design.severities)
        and (not design.kinds or kind in design.kinds)
        and (not design.sectors or sector in design.sectors)
    )
