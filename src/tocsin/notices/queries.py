"""Read notices for a viewer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from tocsin.base.tenancy import SYSTEM, Viewer, scoped
from tocsin.findings.queries import findings as all_findings
from tocsin.intake import queries as intake
from tocsin.notices import rules
from tocsin.notices.models import Answer, DecisionLog, Delivery, Notice, Policy


def notices(viewer: Viewer, *, state: str = "", organization: str = "") -> QuerySet[Notice]:
    """Return the notices the viewer may see, newest first, each with its latest answer."""
    rows = scoped(Notice.objects.all(), viewer)
    if state:
        rows = rows.filter(state=state)
    if organization:
        rows = rows.filter(organization_id=organization)
    last = Answer.objects.filter(notice=OuterRef("pk")).order_by("-at")
    return (
        rows.select_related("organization")
        .annotate(answer=Subquery(last.values("answer")[:1]), answered_at=Subquery(last.values("at")[:1]))
        .order_by("-id")
    )


def deliveries(viewer: Viewer) -> QuerySet[Delivery]:
    """Return the deliveries the viewer may see, newest first."""
    return (
        scoped(Delivery.objects.all(), viewer, "notice__organization_id")
        .select_related("notice__organization")
        .order_by("-id")
    )


def decisions(viewer: Viewer) -> QuerySet[DecisionLog]:
    """Return the latest decision for each organization and kind."""
    return scoped(DecisionLog.objects.all(), viewer).order_by("organization_id", "kind")


# scope: everyone because the holder of the link is its only credential
def delivery_of_link(delivery_id: UUID) -> Delivery | None:
    """Return the delivery that an answer link names."""
    return Delivery.objects.filter(pk=delivery_id).select_related("notice__organization").first()


def policy(viewer: Viewer, organization_id: str, kind: str) -> rules.PolicyValues:
    """Return how an organization is warned of a kind: the most specific policy, else the default."""
    return policies(viewer).get(organization_id, kind)


class Policies:
    """All policies, read once: looked up for many groups without a query each."""

    def __init__(self, rows: list[Policy]) -> None:
        self._by_place = {(row.organization_id or "", row.kind): row for row in rows}

    def get(self, organization_id: str, kind: str) -> rules.PolicyValues:
        """Return the values for an organization and a kind."""
        from datetime import timedelta

        for place in ((organization_id, kind), (organization_id, ""), ("", kind), ("", "")):
            if row := self._by_place.get(place):
                return rules.PolicyValues(
                    row.needs_approval,
                    timedelta(days=row.repeat_days),
                    dict(row.deadline_days),
                    row.tlp,
                    row.minimum_severity,
                )
        return rules.PolicyValues()


def policies(viewer: Viewer) -> Policies:
    """Return all policies for look-ups."""
    return Policies(list(scoped(Policy.objects.all(), viewer)))


def explain(viewer: Viewer, notice: Notice) -> dict[str, Any]:
    """Tell the six stops of one notice, with every reason and file hash."""
    findings = list(notice.findings.all())
    hashes = {event.rsplit("-", 1)[0] for finding in findings for event in finding.evidence}
    arrivals = [
        a
        for prefix in sorted(hashes)
        for a in intake.arrivals(SYSTEM).filter(sha256__startswith=prefix).select_related("batch")
    ]
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
            for d in notice.deliveries.order_by("pk")
        ],
        "answers": [{"answer": a.answer, "at": _iso(a.at), "by": a.by, "note": a.note} for a in notice.answers.order_by("at")],
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def loop(viewer: Viewer, now: datetime) -> dict[str, int]:
    """Return the figures of the front page: how many findings stand at each step of the loop."""
    rows = all_findings(viewer)
    told = rows.filter(notice_lines__notice__state="sent").distinct()
    return {
        "seen": rows.count(),
        "warned": told.count(),
        "acknowledged": rows.exclude(owner="silent").count(),
        "says_fixed": rows.filter(owner="says-fixed").count(),
        "verified": rows.filter(sensor="gone").count(),
        "overdue": rows.filter(notice_lines__notice__state="sent", notice_lines__notice__due_at__lt=now)
        .exclude(sensor="gone")
        .exclude(owner__in=["not-ours", "false-positive"])
        .distinct()
        .count(),
    }
