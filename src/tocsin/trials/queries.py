"""Read trials: which hold now, what the lot gave, and what came of it. Only the team sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from tocsin.base.tenancy import Viewer
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Organization
from tocsin.core.severity import RANK
from tocsin.findings.models import Episode, Finding
from tocsin.trials.models import Assignment, Enrolled, Trial
from tocsin.trials.rules import analysis, lot
from tocsin.trials.rules.design import LONGEST_DELAY, Arm, Design

_NAMES = {rank: name for name, rank in RANK.items()}
_DAY = 86_400.0


def trials(viewer: Viewer) -> QuerySet[Trial]:
    """Return the trials, newest first, each with how much takes part; a contact sees none of them."""
    rows = Trial.objects.all() if viewer.sees_everything else Trial.objects.none()
    units = Assignment.objects.filter(trial=OuterRef("pk")).order_by().values("trial")
    findings = Enrolled.objects.filter(assignment__trial=OuterRef("pk")).order_by().values("assignment__trial")
    # Each counted by itself: joined, every finding of a trial would be a row to sort.
    return rows.annotate(
        n_organizations=Coalesce(Subquery(units.annotate(n=Count("organization", distinct=True)).values("n")), 0),
        n_findings=Coalesce(Subquery(findings.annotate(n=Count("pk")).values("n")), 0),
    ).order_by("-id")


@dataclass(frozen=True, slots=True)
class Running:
    """A trial that holds at an instant."""

    id: UUID
    seed: str
    design: Design
    open: bool
    """Whether more may enter."""

    def arm_of(self, organization: str, kind: str) -> int:
        """Draw the lot."""
        return lot.arm_of(self.seed, self.design.unit, organization, kind)


def running(viewer: Viewer, now: datetime) -> list[Running]:
    """Return the trials that hold now, the one that started first before others: a finding is of the first that admits it.

    One whose last day is over still holds those that wait; one that was stopped holds nobody.
    """
    rows = Trial.objects.filter(
        Q(state=Trial.State.RUNNING)
        | Q(state=Trial.State.ENDED, stopped_by="", ended_at__gte=now - timedelta(days=LONGEST_DELAY + 1))
    )
    today = timezone.localtime(now).date()
    # A design that is not what was registered assigns nobody: the report says so.
    return [
        Running(
            row.pk, row.seed, plan, row.state == Trial.State.RUNNING and plan.starts_on <= today <= plan.ends_on
        )
        for row in (rows.order_by("started_at", "id") if viewer.sees_everything else Trial.objects.none())
        if row.holds
        for plan in (row.plan,)
    ]  # fmt: skip


def assigned(viewer: Viewer, organizations: Iterable[str]) -> dict[tuple[str, str, str], Assignment]:
    """Return what the lot gave the units of these organizations, by unit."""
    rows = Assignment.objects.filter(organization__in=list(organizations))
    found = rows if viewer.sees_everything else rows.none()
    return {(row.organization_id, row.kind, row.network): row for row in found}


def entered(viewer: Viewer, organizations: Iterable[str]) -> set[tuple[str, str]]:
    """Return the organizations and kinds of which findings take part already, wherever they were when the lot was drawn."""
    rows = Enrolled.objects.filter(finding__organization__in=list(organizations)).order_by()
    found = rows if viewer.sees_everything else rows.none()
    return set(found.values_list("finding__organization_id", "finding__kind").distinct())


def arms(viewer: Viewer, ids: Iterable[UUID | None]) -> dict[UUID, tuple[Arm, Arm]]:
    """Return the arms of these trials, of which only what the trial compares differs."""
    wanted = {id_ for id_ in ids if id_ is not None}
    if not wanted or not viewer.sees_everything:
        return {}
    return {row.pk: row.plan.arms for row in Trial.objects.filter(pk__in=wanted)}


def organization(viewer: Viewer, id_: str) -> Organization:
    """Return an organization. Raise Organization.DoesNotExist."""
    return constituency.organizations(viewer).get(pk=id_)


def sectors(viewer: Viewer, organizations: Iterable[str]) -> dict[str, str]:
    """Return the sector of each of these organizations."""
    rows = constituency.organizations(viewer).filter(pk__in=list(organizations)).order_by()
    return dict(rows.values_list("pk", "sector"))


def measured(viewer: Viewer, trial: Trial, as_of: datetime) -> dict[str, Any]:
    """Return what came of a trial until `as_of`, in figures; see `rules.analysis`."""
    design = trial.plan
    cases = _cases(viewer, trial, as_of)
    return {
        "as_of": as_of.isoformat(),
        **analysis.report(design, cases),
        "decay": _decay(viewer, trial, as_of, cases),
        "holds": trial.holds,
        "n_against_lot": _against_lot(trial),
    }


def _cases(viewer: Viewer, trial: Trial, as_of: datetime) -> list[analysis.Case]:
    if not viewer.sees_everything:
        return []
    of_trial = Q(finding__trial__assignment__trial=trial)
    begun = F("finding__trial__assignment__at")
    # What ended an episode because it came back still was verified, told and answered then.
    before: dict[UUID, tuple[datetime | None, ...]] = {
        id_: tuple(moments)
        for id_, *moments in Episode.objects.filter(of_trial, verified_at__gte=begun)
        .order_by()
        .values("finding_id")
        .annotate(told=Min("warned_at"), answered=Min("answered_at"), verified=Min("verified_at"))
        .values_list("finding_id", "told", "answered", "verified")
    }
    rows = Enrolled.objects.filter(assignment__trial=trial).values_list(
        "finding_id", "severity_rank", "assignment__organization_id", "assignment__organization__sector", "assignment__arm", "assignment__at",
        "assignment__left_at", "finding__warned_at", "finding__answered_at", "finding__verified_at",
    )  # fmt: skip
    found = []
    for id_, rank, organization, sector, arm, at, left_at, told, answered, verified in rows.iterator(chunk_size=5000):
        if at > as_of:
            continue
        ended = before.get(id_, (None, None, None))
        pairs = zip(ended, (told, answered, verified), strict=True)
        to_told, to_answer, to_verified = (_days(at, pair, as_of) for pair in pairs)
        found.append(
            analysis.Case(
                organization, sector, _NAMES[rank], arm, (as_of - at).total_seconds() / _DAY, to_told, to_answer, to_verified,
                left=left_at is not None and left_at <= as_of,
            )
        )  # fmt: skip
    return found


def _days(at: datetime, moments: Iterable[datetime | None], as_of: datetime) -> float | None:
    """Return after how many days the first of these came, of those after the assignment; None: none until `as_of`."""
    after = [moment for moment in moments if moment is not None and at <= moment <= as_of]
    return (min(after) - at).total_seconds() / _DAY if after else None


def _decay(viewer: Viewer, trial: Trial, as_of: datetime, cases: list[analysis.Case]) -> dict[str, Any]:
    """Return what mends without a word: in the arm that waits, or among findings that nobody was told of."""
    design = trial.plan
    days = design.within_days
    if design.compares == "later":
        slow = max((0, 1), key=lambda place: design.arms[place].delay_days)
        rows = [case for case in cases if case.arm == slow and case.followed >= days]
        k = sum(case.verified is not None and case.verified <= days for case in rows)
        return {"how": "waiting", "days": days, "n": len(rows), "k": k, "share": k / len(rows) if rows else None}
    length = timedelta(days=days)
    begun = trial.started_at or as_of
    rows_ = Finding.objects.filter(
        warned_at=None, told_at=None, trial=None, first_seen__gte=begun - timedelta(days=90), first_seen__lte=as_of - length,
        severity_rank__in=[RANK[name] for name in design.severities],
    )  # fmt: skip
    if design.kinds:
        rows_ = rows_.filter(kind__in=design.kinds)
    counted = rows_.aggregate(n=Count("pk"), k=Count("pk", filter=Q(verified_at__lte=F("first_seen") + length)))
    n, k = counted["n"], counted["k"]
    return {"how": "untold", "days": days, "n": n, "k": k, "share": k / n if n else None}


def _against_lot(trial: Trial) -> int:
    """Return how many assignments are not what the registered seed gives: none, unless somebody changed rows."""
    unit = trial.plan.unit
    rows = Assignment.objects.filter(trial=trial).values_list("organization_id", "kind", "arm")
    return sum(lot.arm_of(trial.seed, unit, organization, kind) != arm for organization, kind, arm in rows.iterator())
