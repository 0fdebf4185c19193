"""Read campaigns: only the team sees them, for they compare organizations."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Max, Min, Q, QuerySet

from tocsin.base.tenancy import Viewer
from tocsin.campaigns.models import Campaign, TelephoneCall
from tocsin.campaigns.rules import Counts, Standing
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact
from tocsin.findings import exploited
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding, Owner, Sensor

_THERE = ~Q(sensor=Sensor.GONE)
_ASIDE = Q(owner__in=[Owner.NOT_OURS, Owner.FALSE_POSITIVE, Owner.RISK_ACCEPTED])
STATES: Final = {
    "silent": _THERE & Q(owner=Owner.SILENT, warned_at__isnull=False),
    "not_told": _THERE & Q(owner=Owner.SILENT, warned_at__isnull=True),
    "acknowledged": _THERE & Q(owner=Owner.SEEN),
    "fixing": _THERE & Q(owner=Owner.FIXING),
    "says_fixed": _THERE & Q(owner=Owner.SAYS_FIXED),
    "set_aside": _THERE & _ASIDE,
    "verified": Q(sensor=Sensor.GONE),
}
"""Which findings are at each state: every finding is at exactly one."""
_TO_DO = _THERE & Q(owner__in=[Owner.SILENT, Owner.SEEN, Owner.FIXING])


def campaigns(viewer: Viewer, *, open_only: bool = False) -> QuerySet[Campaign]:
    """Return the campaigns, the newest first; none for whoever sees only some organizations."""
    rows = Campaign.objects.all() if viewer.sees_everything else Campaign.objects.none()
    return (rows.filter(closed_at=None) if open_only else rows).order_by("-id")


def calls(viewer: Viewer, campaign: Campaign) -> QuerySet[TelephoneCall]:
    """Return the calls of a campaign, the newest first."""
    rows = TelephoneCall.objects.filter(campaign=campaign) if viewer.sees_everything else TelephoneCall.objects.none()
    return rows.order_by("-id")


def kinds(viewer: Viewer, campaign: Campaign) -> list[str]:
    """Return the kinds of findings that a campaign looks at: those given, and those that name a CVE that was given."""
    given = set(campaign.weaknesses)
    cves = {name.upper() for name in given if exploited.CVE.fullmatch(name)}
    naming = {kind for kind in findings.kinds(viewer) if cves & exploited.named(kind)} if cves else set()
    return sorted((given - {name for name in given if exploited.CVE.fullmatch(name)}) | naming)


def found(viewer: Viewer, campaign: Campaign, now: datetime) -> QuerySet[Finding]:
    """Return the findings that a campaign looks at."""
    rows = findings.findings(viewer).filter(kind__in=kinds(viewer, campaign)).select_related(None).order_by()
    if campaign.severity_rank > 1:
        rows = rows.filter(severity_rank__gte=campaign.severity_rank)
    selection = constituency.Selection.of(campaign.selection)
    if selection.everyone:
        return rows
    return rows.filter(organization__in=[row.pk for row in constituency.selected(viewer, selection, now.date())])


def standings(viewer: Viewer, campaign: Campaign, now: datetime, only: Collection[str] | None = None) -> list[Standing]:
    """Return how each organization stands (or only these), the last ones first."""
    rows = found(viewer, campaign, now)
    if only is not None:
        rows = rows.filter(organization__in=list(only))
    figures: dict[str, Any] = {
        **{f"n_{name}": Count("pk", filter=condition) for name, condition in STATES.items()},
        "n_overdue": Count("pk", filter=_TO_DO & Q(due_at__lt=now)),
        "worst": Max("severity_rank"),
        "began": Min("first_seen"),
        "told": Min("warned_at"),
        "heard": Max("heard_at"),
        "due": Min("due_at", filter=_TO_DO),
    }
    counted = rows.values_list("organization_id").annotate(**figures)
    made = [
        Standing(organization, Counts(*rest[: len(STATES) + 1]), *rest[len(STATES) + 1 :])
        for organization, *rest in counted
    ]
    return sorted(made, key=lambda one: one.urgency)


def last_calls(viewer: Viewer, campaign: Campaign, organizations: Collection[str]) -> dict[str, TelephoneCall]:
    """Return the last call to each of these organizations."""
    rows = calls(viewer, campaign).filter(organization__in=list(organizations)).order_by("id")
    return {call.organization_id: call for call in rows}


def telephones(viewer: Viewer, organizations: Collection[str], now: datetime) -> dict[str, list[Contact]]:
    """Return of each organization whom one can call, in the order in which contacts were entered."""
    everybody = constituency.contacts_of(viewer, organizations, now.date())
    return {organization: [one for one in people if one.phone] for organization, people in everybody.items()}
