"""Who must have a second factor, and when a session ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

FACTOR_ROLES: Final = ("administrator", "approver")
"""Roles that must have a second factor unless an administrator decided otherwise."""

FREE_VISITS: Final = 1
"""Visits before the second factor is asked for: the first one is for looking around."""


def must_have_factor(*, role: str, factor_roles: Collection[str], demanded: bool, n_visits: int) -> bool:
    """Tell whether a person may go on only with a second factor."""
    return demanded or (role in factor_roles and n_visits > FREE_VISITS)


def ended(*, began_at: datetime, seen_at: datetime, now: datetime, idle: timedelta, longest: timedelta) -> str:
    """Return why a session is over, `idle` or `longest`, or nothing while it is not."""
    if now - began_at >= longest:
        return "longest"
    return "idle" if now - seen_at >= idle else ""
