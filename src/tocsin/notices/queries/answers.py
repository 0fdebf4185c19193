"""What owners answer and claim."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery

from tocsin.base.tenancy import Viewer, scoped
from tocsin.findings.models import Finding
from tocsin.notices.models import (
    Answer,
    Claim,
    NoticeFinding,
)

CLAIM_STATES = {
    "asked": Q(ruling=""),
    "approved": Q(ruling="accepted", ended_at=None),
    "ending": Q(ruling="accepted", ended_at=None, warned_at__isnull=False),
    "refused": Q(ruling="refused"),
    "ended": Q(ruling="accepted", ended_at__isnull=False),
}


def claims(viewer: Viewer, *, open_only: bool = True, state: str = "") -> QuerySet[Claim]:
    """Return what owners claim of their findings, those nobody has ruled on, those in a state, or all; the newest first."""
    rows = scoped(Claim.objects.all(), viewer, "finding__organization_id")
    if state:
        rows = rows.filter(CLAIM_STATES[state])
    elif open_only:
        rows = rows.filter(ruling="")
    return rows.select_related("finding__organization", "answer__notice").order_by("-id")


def lines_of(viewer: Viewer, finding: Finding) -> QuerySet[NoticeFinding]:
    """Return in which notices a finding was or is to be told, the newest first; a contact sees those that went out."""
    rows = scoped(NoticeFinding.objects.filter(finding=finding), viewer, "notice__organization_id")
    if not viewer.sees_everything:
        rows = rows.filter(notice__sent_at__isnull=False)
    last = Answer.objects.filter(notice=OuterRef("notice")).order_by("-at")
    return rows.select_related("notice").annotate(answer=Subquery(last.values("answer")[:1])).order_by("-notice_id")


def answers(viewer: Viewer) -> QuerySet[Answer]:
    """Return the answers the viewer may see, newest first."""
    rows = scoped(Answer.objects.all(), viewer, "notice__organization_id")
    # Fetched after, not joined: SQLite would go through every notice and sort, for a page of answers.
    return rows.prefetch_related("notice__organization").order_by("-id")
