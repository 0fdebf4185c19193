"""Count the loop for a viewer, and read what was frozen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from django.db.models import QuerySet
from django.utils import timezone

from tocsin.base.dialect import bulk
from tocsin.base.tenancy import Viewer, scoped
from tocsin.constituency import queries as constituency
from tocsin.findings.models import Episode, Finding
from tocsin.reports import counting, rules
from tocsin.reports.models import Snapshot


def loop(
    viewer: Viewer, *, begins_on: date, ends_on: date, now: datetime, as_of: datetime | None = None
) -> dict[str, Any]:
    """Return the figures of the warnings that went out in a period (both days included, in the installation's time zone).

    What happened until `as_of` counts, by default until the end of the last day.
    """
    begin, end = _span(begins_on, ends_on)
    as_of = min(as_of or end, now)
    found = counting.judged(_warnings(viewer, begin, end), as_of)
    by_organization = counting.by(found, "organization_id")
    return {
        "begins_on": begins_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "as_of": as_of.isoformat(),
        **rules.summarize(counting.groups(found)).as_json(),
        "by_organization": {name: rules.told(figures) for name, figures in by_organization.items()},
        "by_sector": _by_sector(viewer, by_organization),
        "by_kind": {name: rules.told(figures) for name, figures in counting.by(found, "kind").items()},
    }


def snapshots(viewer: Viewer) -> QuerySet[Snapshot]:
    """Return what was frozen, the latest period first; it is about everybody, so a contact sees none of it."""
    rows = Snapshot.objects.order_by("-ends_on", "-begins_on", "-id")
    return rows if viewer.sees_everything else rows.none()


def _span(begins_on: date, ends_on: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    begin = datetime(begins_on.year, begins_on.month, begins_on.day, tzinfo=zone)
    last = ends_on + timedelta(days=1)
    return begin, datetime(last.year, last.month, last.day, tzinfo=zone)


def _warnings(viewer: Viewer, begin: datetime, end: datetime) -> pl.DataFrame:
    """Return the warnings of a period: those that are findings now, and those that ended because the thing came back."""
    told = {"warned_at__gte": begin, "warned_at__lt": end}
    return pl.concat(
        bulk.read(scoped(rows.order_by().filter(**told), viewer), counting.WARNINGS)
        for rows in (Finding.objects.all(), Episode.objects.all())
    )


def _by_sector(viewer: Viewer, by_organization: dict[str, rules.Figures]) -> dict[str, Any]:
    sectors = dict(constituency.organizations(viewer).values_list("pk", "sector"))
    found: dict[str, rules.Figures] = {}
    for organization, figures in by_organization.items():
        sum_ = found.setdefault(sectors.get(organization, ""), rules.Figures())
        for field in rules.Figures.__slots__:
            setattr(sum_, field, getattr(sum_, field) + getattr(figures, field))
    return {name: rules.told(figures) for name, figures in sorted(found.items())}
