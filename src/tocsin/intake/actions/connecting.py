"""What this installation may connect to or look into, and how much one arrival may cost: from its settings."""

from __future__ import annotations

from django.conf import settings

from tocsin.collectors.guard import Guard
from tocsin.collectors.limits import Limits


def guard() -> Guard:
    """Return the installation's guard."""
    return Guard(settings.TOCSIN_ALLOWED_NETWORKS, settings.TOCSIN_ALLOWED_PORTS, settings.TOCSIN_ALLOWED_FOLDERS)


def limits() -> Limits:
    """Return the installation's limits of one arrival."""
    return Limits(size=settings.TOCSIN_ARRIVAL_LIMIT)
