"""The way of one notice, from file to answer."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from tocsin.base.dialect.indexes import begins
from tocsin.base.tenancy import SYSTEM, Viewer
from tocsin.intake import queries as intake
from tocsin.intake.models import Arrival
from tocsin.notices.models import (
    Notice,
)
from tocsin.notices.queries.deliveries import shown_deliveries


def explain(viewer: Viewer, notice: Notice, *, at_most: int | None = None) -> dict[str, Any]:
    """Tell the six stops of one notice, with every reason and file hash; of its gravest findings only, when `at_most`."""
    findings = list(notice.findings.order_by("-severity_rank", "-pk")[:at_most])
    hashes = sorted({event.rsplit("-", 1)[0] for finding in findings for event in finding.evidence})
    arrivals: list[Arrival] = []
    for start in range(0, len(hashes), 100):
        alike = reduce(or_, (Q(**{f"sha256__{name}": value for name, value in begins(prefix)}) for prefix in hashes[start : start + 100]))  # fmt: skip
        arrivals += intake.arrivals(SYSTEM).filter(alike).select_related("batch").order_by("received_at", "pk")
    batches = {a.batch_id: a.batch for a in arrivals if a.batch is not None}
    return {
        "id": str(notice.pk),
        "reference": notice.reference,
        "collect": [{"name": a.name, "sha256": a.sha256, "received_at": _iso(a.received_at)} for a in arrivals] if viewer.sees_everything else [],
        "parse": [
            {"batch": str(b.pk), "rows": b.rows, "events": b.events, "duplicates": b.duplicates, "rejects": b.rejects}
            for b in batches.values()
        ]
        if viewer.sees_everything
        else [],
        "attribute": [{"asset": f.asset, "because": f.because, "related": f.related if viewer.sees_everything else []} for f in findings],
        "fold": [
            {
                "finding": str(f.pk), "asset": f.asset, "kind": f.kind, "severity": f.severity, "count": f.count,
                "first_seen": _iso(f.first_seen), "last_seen": _iso(f.last_seen), "evidence": f.evidence,
            }
            for f in findings
        ],
        "decide": {
            "reason": notice.reason, "at": _iso(notice.created_at), "state": notice.state, "due_at": _iso(notice.due_at),
            "approved_by": notice.approved_by, "approved_at": _iso(notice.approved_at),
        },
        "deliver": [
            {
                "recipient": d.recipient, "message_id": d.message_id, "state": d.state, "attempts": d.attempts,
                "handed_over_at": _iso(d.handed_over_at), "response": d.response,
            }
            for d in shown_deliveries(viewer, notice)
        ],
        "answers": [{"answer": a.answer, "at": _iso(a.at), "by": a.by, "note": a.note} for a in notice.answers.order_by("at")],
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
