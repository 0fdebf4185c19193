"""Findings as commands print them."""

from __future__ import annotations

from typing import Any

from tocsin.base.tenancy import SYSTEM
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
