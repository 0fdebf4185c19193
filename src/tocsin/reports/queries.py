"""Count the loop for a viewer, and read what was frozen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from tocsin.base.dialect.clock import Steps
from tocsin.base.tenancy import Viewer, scoped
from tocsin.constituency import queries as constituency
from tocsin.core.severity import RANK
from tocsin.findings.models import Episode, Finding
from tocsin.reports import rules
from tocsin.reports.models import Snapshot

_NAMES = {rank: name for name, rank in RANK.items()}
_REFUTED = Q(owner__in=["not-ours", "false-positive"])
DIMENSIONS = ("organization", "kind", "sector")


def loop(
    viewer: Viewer, *, begins_on: date, ends_on: date, now: datetime, as_of: datetime | None = None
) -> dict[str, Any]:
    """Return the figures of the warnings that went out in a period (both days included, in the installation's time zone).

    What happened until `as_of` counts, by default until the end of the last day.
    """
    begin, end = _span(begins_on, ends_on)
    as_of = min(as_of or end, now)
    summary = rules.summarize(_groups(viewer, begin, end, as_of))
    found = {
        "begins_on": begins_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "as_of": as_of.isoformat(),
        **summary.as_json(),
    }
    by_organization = _by(viewer, "organization_id", begin, end, as_of)
    found["by_organization"] = {name: rules.told(figures) for name, figures in sorted(by_organization.items())}
    found["by_sector"] = _by_sector(viewer, by_organization)
    kinds = _by(viewer, "kind", begin, end, as_of)
    found["by_kind"] = {name: rules.told(figures) for name, figures in sorted(kinds.items())}
    return found


def snapshots(viewer: Viewer) -> QuerySet[Snapshot]:
    """Return what was frozen, the latest period first; it is about everybody, so a contact sees none of it."""
    rows = Snapshot.objects.order_by("-ends_on", "-begins_on", "-id")
    return rows if viewer.sees_everything else rows.none()


def _span(begins_on: date, ends_on: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    begin = datetime(begins_on.year, begins_on.month, begins_on.day, tzinfo=zone)
    last = ends_on + timedelta(days=1)
    return begin, datetime(last.year, last.month, last.day, tzinfo=zone)


def _warnings(viewer: Viewer, begin: datetime, end: datetime) -> Iterator[QuerySet[Any, Any]]:
    """Yield the warnings of a period: those that are findings now, and those that ended because the thing came back."""
    for rows in (Finding.objects.all(), Episode.objects.all()):
        yield scoped(rows.order_by().filter(warned_at__gte=begin, warned_at__lt=end), viewer)


def _counts(as_of: datetime) -> dict[str, Any]:
    in_time = Q()
    for name, within in rules.ACKNOWLEDGE.items():
        in_time |= Q(severity_rank=RANK[name], answered_at__lte=F("warned_at") + within)
    answered, gone = Q(answered_at__lte=as_of), Q(verified_at__lte=as_of)
    says_fixed = Q(owner="says-fixed", heard_at__lte=as_of)
    fixed_at = Q(verified_at__lte=F("due_at")) & gone | Q(heard_at__lte=F("due_at")) & says_fixed
    done = gone | _REFUTED | Q(owner="risk-accepted")
    return {
        "n": Count("pk"),
        "n_acknowledged_in_time": Count("pk", filter=answered & in_time),
        "n_says_fixed": Count("pk", filter=says_fixed),
        "n_fixed_in_time": Count("pk", filter=fixed_at),
        "n_refuted": Count("pk", filter=_REFUTED & ~gone),
        "n_accepted": Count("pk", filter=Q(owner="risk-accepted") & ~gone),
        "n_overdue": Count("pk", filter=Q(due_at__lt=as_of) & ~done),
    }


def _since(column: str, as_of: datetime) -> Case:
    steps = Steps(F("warned_at"), F(column), size=int(rules.STEP.total_seconds()))
    return Case(When(**{f"{column}__lte": as_of}, then=steps), default=None, output_field=IntegerField())


def _groups(viewer: Viewer, begin: datetime, end: datetime, as_of: datetime) -> Iterator[rules.Group]:
    opened = Steps(F("warned_at"), Coalesce(Value(as_of), F("warned_at")), size=int(rules.STEP.total_seconds()))
    for rows in _warnings(viewer, begin, end):
        grouped = rows.annotate(
            acknowledged=_since("answered_at", as_of), verified=_since("verified_at", as_of), open=opened
        ).values("severity_rank", "acknowledged", "verified", "open")
        for row in grouped.annotate(**_counts(as_of)):
            yield rules.Group(severity=_NAMES[row.pop("severity_rank")], **row)


def _by(viewer: Viewer, column: str, begin: datetime, end: datetime, as_of: datetime) -> dict[str, rules.Figures]:
    found: dict[str, rules.Figures] = {}
    counts = _counts(as_of) | {
        "n_acknowledged": Count("pk", filter=Q(answered_at__lte=as_of)),
        "n_verified": Count("pk", filter=Q(verified_at__lte=as_of)),
    }
    for rows in _warnings(viewer, begin, end):
        for row in rows.values(column).annotate(**counts):
            figures = found.setdefault(row.pop(column), rules.Figures())
            for name, n in row.items():
                field = "told" if name == "n" else name.removeprefix("n_")
                setattr(figures, field, getattr(figures, field) + n)
    return found


def _by_sector(viewer: Viewer, by_organization: dict[str, rules.Figures]) -> dict[str, Any]:
    sectors = dict(constituency.organizations(viewer).values_list("pk", "sector"))
    found: dict[str, rules.Figures] = {}
    for organization, figures in by_organization.items():
        sum_ = found.setdefault(sectors.get(organization, ""), rules.Figures())
        for field in rules.Figures.__slots__:
            setattr(sum_, field, getattr(sum_, field) + getattr(figures, field))
    return {name: rules.told(figures) for name, figures in sorted(found.items())}
