"""The audit trail, for the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tocsin.base.audit import chain, queries
from tocsin.base.tenancy import SYSTEM


def verify(holds: str) -> chain.Verdict:
    """Walk the whole chain."""
    return queries.verify(SYSTEM, holds=holds)


def entries(
    *, actor: str, action: str, about: str, since: datetime | None, until: datetime | None, limit: int
) -> list[dict[str, Any]]:
    """Return the newest entries that fit, as plain values."""
    found = queries.entries(SYSTEM, actor=actor, action=action, about=about, since=since, until=until)
    return [
        {
            "id": entry.pk,
            "at": entry.at,
            "actor": entry.actor_email,
            "action": entry.action,
            "object_kind": entry.object_kind,
            "object_id": entry.object_id,
            "detail": entry.detail,
        }
        for entry in found[:limit]
    ]
