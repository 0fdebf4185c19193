"""Read what is an organization's own."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from tocsin.base.tenancy import Viewer, scoped
from tocsin.constituency.models import Membership
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding, Owner, Sensor
from tocsin.notices import queries as notices
from tocsin.notices.actions import WARNED_BEFORE
from tocsin.portal.models import Proof

TABS: Final = ("open", "said", "gone")
"""To be done by the organization; said by it and not confirmed yet; confirmed as gone by sensors."""
_TO_DO = Q(owner__in=[Owner.SILENT, Owner.SEEN, Owner.FIXING]) & ~Q(sensor=Sensor.GONE)


def findings_of(viewer: Viewer, tab: str) -> QuerySet[Finding]:
    """Return the findings of a tab, the gravest and newest first."""
    rows = findings.findings(viewer)
    if tab == "gone":
        return rows.filter(sensor=Sensor.GONE)
    if tab == "said":
        return rows.exclude(sensor=Sensor.GONE).exclude(_TO_DO)
    return rows.filter(_TO_DO)


def overdue(viewer: Viewer, now: datetime) -> QuerySet[Finding]:
    """Return what is to be done and late."""
    return findings_of(viewer, "open").filter(due_at__lt=now)


def next_due(viewer: Viewer, now: datetime) -> datetime | None:
    """Return when the next deadline passes."""
    rows = findings_of(viewer, "open").filter(due_at__gte=now).order_by("due_at")
    return rows.values_list("due_at", flat=True).first()


def ending(viewer: Viewer, now: datetime) -> int:
    """Return on how many findings what the team agreed to ends within 30 days."""
    soon = notices.claims(viewer, state="approved").filter(until__gt=now, until__lte=now + WARNED_BEFORE)
    return soon.order_by()[:1000].count()


def proofs(viewer: Viewer) -> QuerySet[Proof]:
    """Return the files that were given as proof, the newest first."""
    return scoped(Proof.objects.all(), viewer).order_by("-id")


def proofs_of(viewer: Viewer, finding: Finding) -> QuerySet[Proof]:
    """Return the files that were given about a finding."""
    return proofs(viewer).filter(findings=finding)


def people(viewer: Viewer) -> QuerySet[Membership]:
    """Return who may sign in for the viewer's organizations, by organization."""
    rows = scoped(Membership.objects.filter(user__is_active=True), viewer)
    return rows.select_related("user", "organization").order_by("organization_id", "user__email")
