"""Findings as commands print them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions
from tocsin.findings import queries as findings


def list_all(organization: str) -> list[dict[str, Any]]:
    """Return findings as the command prints them."""
    return [
        {
            "id": str(f.pk), "organization": f.organization_id, "asset": f.asset, "kind": f.kind, "severity": f.severity, "sensor": f.sensor,
            "owner": f.owner, "first_seen": f.first_seen.isoformat(), "last_seen": f.last_seen.isoformat(), "count": f.count, "because": f.because,
        }
        for f in findings.findings(SYSTEM, organization=organization)
    ]  # fmt: skip


def take_stock() -> None:
    """Count the loop for the front page, where there are too many findings to count them on the spot."""
    if findings.are_many():
        actions.take_stock(now=datetime.now(UTC))
