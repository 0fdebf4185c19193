"""Read findings for a viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from tocsin.base.dialect import indexes
from tocsin.base.lists import Found, Order, find
from tocsin.base.tenancy import Viewer, scoped
from tocsin.constituency.queries import chosen as chosen_organizations
from tocsin.core.severity import RANK
from tocsin.findings import listing
from tocsin.findings.models import (
    Disowned,
    ExploitedList,
    Finding,
    KnownExploited,
    Permission,
    ReCheck,
    Standing,
    Tally,
)


def findings(
    viewer: Viewer,
    *,
    organization: str = "",
    kind: str = "",
    severity: str = "",
    owner: str = "",
    sensor: str = "",
    search: str = "",
    notice: UUID | None = None,
    moved: bool = False,
) -> QuerySet[Finding]:
    """Return the findings the viewer may see, the gravest and newest first, narrowed by the given words.

    With `moved`, or of a notice, also those whose events turned out to be somebody else's.
    """
    rows = scoped(Finding.every.all() if moved or notice else Finding.objects.all(), viewer)
    if organization:
        rows = rows.filter(organization_id=organization)
    if kind:
        rows = rows.filter(kind=kind)
    if severity:
        rows = rows.filter(severity_rank=Finding.rank(severity))
    if owner:
        rows = rows.filter(owner=owner)
    if sensor:
        rows = rows.filter(sensor=sensor)
    if search:
        rows = rows.filter(asset__startswith=search)
    if notice:
        rows = rows.filter(notice_lines__notice_id=notice)
    return rows.select_related("organization").order_by("-severity_rank", "-id")


PAGE = 50


def listed(
    viewer: Viewer, wanted: listing.Wanted, *, order: Order, key: Sequence[Any] | None, now: datetime, named: str = "", size: int = PAGE
) -> Found[Finding]:  # fmt: skip
    """Return a page of the list, whatever is asked of it, in bounded time. `named`: a part of organizations' names."""
    chosen = chosen_organizations(viewer, wanted.organization, named)
    if chosen == []:
        return Found([], None, 0)
    asked = listing.filters(wanted, chosen, now, timezone.get_current_timezone())
    return find(Finding.objects.select_related("organization"), asked, order, key, size=size)


def kinds(viewer: Viewer) -> list[str]:
    """Return the kinds there are, by name; a contact is not told what others have."""
    return indexes.distinct(Finding, "kind", at_most=500) if viewer.sees_everything else []


def kinds_of(viewer: Viewer) -> list[str]:
    """Return the kinds of a contact's findings that are not gone, by name; the team has `kinds`."""
    if viewer.sees_everything:
        return []
    rows = scoped(Finding.objects.exclude(sensor="gone"), viewer).order_by("kind")
    return list(rows.values_list("kind", flat=True).distinct()[:500])


LIVE = 20_000
"""So many findings are counted on the spot; of more, the worker's count is shown, with its time."""
FIGURES = tuple(listing.figures(timezone.now()))


# scope: everyone because it says nothing of any row
def are_many() -> bool:
    """Return whether there are too many findings to count them while somebody waits."""
    return Finding.objects.all()[: LIVE + 1].count() > LIVE


def standing(viewer: Viewer, by: str, now: datetime) -> tuple[datetime, dict[Any, dict[str, int]]]:
    """Return the figures of the loop by `severity_rank` or `organization_id`, and when they were counted."""
    taken_at = None
    if are_many():
        taken_at = Standing.objects.order_by().values_list("taken_at", flat=True).first()
    if taken_at is None:
        rows = counted(viewer, (by,), now)
    else:
        sums = {f"sum_{name}": Sum(f"n_{name}") for name in FIGURES}
        rows = scoped(Standing.objects.order_by().values(by), viewer).annotate(**sums).values_list(by, *sums)
    return taken_at or now, {row[0]: dict(zip(FIGURES, row[1:], strict=True)) for row in rows}


WORDS = tuple((axis, word) for axis, words in listing.AXES.items() for word in words)


def counted(viewer: Viewer, by: Sequence[str], now: datetime, *, words: bool = False) -> QuerySet[Any, Any]:
    """Count the figures of the loop in the findings themselves: rows of the keys and the figures, in their order.

    With `words` the numbers of each of `WORDS` follow.
    """
    sums = {f"n_{name}": Count("pk", filter=q) if q else Count("pk") for name, q in listing.figures(now).items()}
    if words:
        sums |= {f"w_{place}": Count("pk", filter=Q(**{axis: word})) for place, (axis, word) in enumerate(WORDS)}
    rows: QuerySet[Any, Any] = scoped(Finding.objects.order_by(), viewer).values(*by)
    found: QuerySet[Any, Any] = rows.annotate(**sums).values_list(*by, *sums)
    return found


def due_between(viewer: Viewer, since: datetime, until: datetime) -> QuerySet[Finding]:
    """Return the findings whose deadline passes between two instants though nothing is said to be fixed."""
    return scoped(Finding.objects.filter(listing.due_between(since, until)), viewer).order_by()


def deciding_values(viewer: Viewer) -> set[str]:
    """Return the prefixes, domains and AS numbers that decided whose some finding is."""
    rows = scoped(Finding.objects.all(), viewer).order_by().values_list("because", flat=True).distinct()
    return {because.partition(" ")[2] for because in rows}


@dataclass(frozen=True, slots=True)
class Stock:
    """How many findings there are, along each axis, and when they were counted."""

    at: datetime
    by_severity: dict[str, int]
    by_owner: dict[str, int]
    by_sensor: dict[str, int]
    by_step: dict[str, int]


def stock(viewer: Viewer, now: datetime) -> Stock:
    """Return how many findings there are along each axis: as the worker counted them where there are many, else counted now."""
    at, found = standing(viewer, "severity_rank", now)
    by_step = {name: sum(figures[name] for figures in found.values()) for name in FIGURES}
    by_axis: dict[str, dict[str, int]] = {axis: dict.fromkeys(words, 0) for axis, words in listing.AXES.items()}
    for axis, word, n in _tallies(viewer, kept=at != now):
        by_axis[axis][word] = n
    by_severity = {name: found.get(rank, {}).get("seen", 0) for name, rank in RANK.items()}
    return Stock(at, by_severity, by_axis["owner"], by_axis["sensor"], by_step)


def _tallies(viewer: Viewer, *, kept: bool) -> list[tuple[str, str, int]]:
    if kept:
        return list(scoped(Tally.objects.order_by(), viewer).values_list("axis", "word").annotate(Sum("n")))
    rows = scoped(Finding.objects.order_by(), viewer)
    return [(axis, *row) for axis in listing.AXES for row in rows.values_list(axis).annotate(Count("pk"))]


def known_exploited(viewer: Viewer) -> QuerySet[KnownExploited]:
    """Return what lists say is exploited, the newest first; only the team sees the lists."""
    rows = KnownExploited.objects.all() if viewer.sees_everything else KnownExploited.objects.none()
    return rows.order_by(F("added_on").desc(nulls_last=True), "-cve")


def exploited_lists(viewer: Viewer) -> QuerySet[ExploitedList]:
    """Return each list as it was read last; only the team sees them."""
    rows = ExploitedList.objects.all() if viewer.sees_everything else ExploitedList.objects.none()
    return rows.order_by("source")


def exploited_kinds(viewer: Viewer) -> list[tuple[str, int, int]]:
    """Return the kinds of findings that are known to be exploited: how many there are, and how many are not gone."""
    rows = scoped(Finding.objects.exclude(exploited_at=None), viewer).order_by()
    counted = rows.values_list("kind").annotate(n=Count("pk"), there=Count("pk", filter=~Q(sensor="gone")))
    return sorted(counted, key=lambda row: (-row[2], row[0]))


def permissions(viewer: Viewer) -> QuerySet[Permission]:
    """Return who permits re-checks, those that end last first."""
    rows = scoped(Permission.objects.all(), viewer).select_related("organization")
    return rows.order_by("-valid_until", "-pk")


def rechecks(viewer: Viewer, finding: Finding) -> QuerySet[ReCheck]:
    """Return the looks at a finding that were asked for, the newest first."""
    return scoped(ReCheck.objects.filter(finding=finding), viewer).order_by("-pk")


def disowned(viewer: Viewer) -> QuerySet[Disowned]:
    """Return which assets the team agreed are not those of whoever seems to hold them, the latest first."""
    return scoped(Disowned.objects.select_related("organization"), viewer).order_by("-pk")
