"""Findings as commands print them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions
from tocsin.findings import queries as findings
from tocsin.findings.models import FindingChange


def list_all(organization: str) -> list[dict[str, Any]]:
    """Return findings as the command prints them."""
    return [
        {
            "id": str(f.pk), "organization": f.organization_id, "asset": f.asset, "kind": f.kind, "severity": f.severity, "sensor": f.sensor,
            "owner": f.owner, "first_seen": f.first_seen.isoformat(), "last_seen": f.last_seen.isoformat(), "count": f.count, "because": f.because,
        }
        for f in findings.findings(SYSTEM, organization=organization)
    ]  # fmt: skip


def show(id_: UUID) -> dict[str, Any] | None:
    """Return a finding with both axes and their whole history, the times it was open before included."""
    f = findings.findings(SYSTEM, moved=True).filter(pk=id_).first()
    if f is None:
        return None
    changes = f.changes.order_by("at", "pk")
    return {
        "id": str(f.pk), "organization": f.organization_id, "asset": f.asset, "kind": f.kind, "severity": f.severity,
        "first_seen": f.first_seen.isoformat(), "last_seen": f.last_seen.isoformat(), "count": f.count, "because": f.because,
        "feeds": f.feeds, "evidence": f.evidence, "warned_at": _iso(f.warned_at), "due_at": _iso(f.due_at),
        "sensors": {
            "state": f.sensor, "since": _iso(f.sensor_at), "verified_at": _iso(f.verified_at), "verified_by": f.verified_by,
            "reopened": f.n_reopened, "history": [_change(c) for c in changes if c.axis != "owner"],
        },
        "owner": {
            "state": f.owner, "since": _iso(f.heard_at), "until": _iso(f.fixing_until), "answered_at": _iso(f.answered_at),
            "history": [_change(c) for c in changes if c.axis == "owner"],
        },
        "episodes": [
            {
                "opened_at": _iso(e.opened_at), "warned_at": _iso(e.warned_at), "answered_at": _iso(e.answered_at),
                "owner": e.owner, "verified_at": _iso(e.verified_at), "verified_by": e.verified_by, "ended_at": _iso(e.ended_at),
            }
            for e in f.episodes.order_by("number")
        ],
    }  # fmt: skip


def _change(change: FindingChange) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(), "what": change.what, "before": change.before, "after": change.after, "by": change.by,
        "means": change.means, "reason": change.reason, "evidence": change.evidence, "note": change.note,
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def take_stock() -> None:
    """Count the loop for the front page, where there are too many findings to count them on the spot."""
    if findings.are_many():
        actions.take_stock(now=datetime.now(UTC))
