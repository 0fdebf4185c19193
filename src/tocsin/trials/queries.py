"""Read trials: which hold now, what the lot gave, and what came of it. Only the team sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from tocsin.base.dialect import bulk
from tocsin.base.tenancy import Viewer
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Organization
from tocsin.core.severity import RANK
from tocsin.findings.models import Episode, Finding
from tocsin.pipeline.chunk import INSTANT
from tocsin.trials.models import Assignment, Enrolled, Trial
from tocsin.trials.rules import analysis, lot
from tocsin.trials.rules.design import LONGEST_DELAY, Arm, Design

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


_CASE: dict[str, pl.DataType] = {
    "pk": pl.Int64(), "severity_rank": pl.UInt8(), "assignment__organization_id": pl.String(), "assignment__organization__sector": pl.String(),
    "assignment__arm": pl.UInt8(), "assignment__at": INSTANT, "assignment__left_at": INSTANT, "finding__warned_at": INSTANT,
    "finding__answered_at": INSTANT, "finding__verified_at": INSTANT,
}  # fmt: skip
_ENDED: dict[str, pl.DataType] = {
    "finding__trial__pk": pl.Int64(), "warned_at": INSTANT, "answered_at": INSTANT, "verified_at": INSTANT,
}  # fmt: skip
_MOMENTS = ("warned_at", "answered_at", "verified_at")


def _cases(viewer: Viewer, trial: Trial, as_of: datetime) -> analysis.Cases:
    """Return what takes part, as columns: a trial may have a million findings."""
    rows = Enrolled.objects.filter(assignment__trial=trial, assignment__at__lte=as_of)
    ended = Episode.objects.filter(
        finding__trial__assignment__trial=trial, verified_at__gte=F("finding__trial__assignment__at")
    )
    if not viewer.sees_everything:
        rows, ended = rows.none(), ended.none()
    # What ended an episode because it came back still was verified, told and answered then.
    before = bulk.read(ended.order_by(), _ENDED).group_by("finding__trial__pk").agg(pl.col(_MOMENTS).min())
    found = bulk.read(rows.order_by("pk"), _CASE).join(before, left_on="pk", right_on="finding__trial__pk", how="left")
    at = pl.col("assignment__at")
    days = found.select(
        (_days(pl.lit(as_of, INSTANT) - at)).alias("followed"),
        *(_days(pl.min_horizontal(_within(name, as_of), _within(f"finding__{name}", as_of)) - at).alias(name) for name in _MOMENTS),
        left=(pl.col("assignment__left_at") <= as_of).fill_null(value=False),
    )  # fmt: skip
    sectors = sorted(found["assignment__organization__sector"].unique().to_list())
    places = found["assignment__organization__sector"].replace_strict(
        sectors, list(range(len(sectors))), return_dtype=pl.Int32
    )
    return analysis.Cases(
        organization=found["assignment__organization_id"].rank("dense").to_numpy(),
        sector=places.to_numpy(),
        sectors=sectors,
        rank=found["severity_rank"].to_numpy(),
        arm=found["assignment__arm"].to_numpy(),
        followed=days["followed"].to_numpy(),
        told=days["warned_at"].to_numpy(),
        answered=days["answered_at"].to_numpy(),
        verified=days["verified_at"].to_numpy(),
        left=days["left"].to_numpy(),
    )


def _within(name: str, as_of: datetime) -> pl.Expr:
    """Return a moment where it came after the assignment, and until `as_of`."""
    moment = pl.col(name)
    return pl.when(moment.is_between(pl.col("assignment__at"), pl.lit(as_of, INSTANT))).then(moment)


def _days(span: pl.Expr) -> pl.Expr:
    return span.dt.total_microseconds() / 1e6 / _DAY


def _decay(viewer: Viewer, trial: Trial, as_of: datetime, cases: analysis.Cases) -> dict[str, Any]:
    """Return what mends without a word: in the arm that waits, or among findings that nobody was told of."""
    design = trial.plan
    days = design.within_days
    if design.compares == "later":
        slow = max((0, 1), key=lambda place: design.arms[place].delay_days)
        rows = (cases.arm == slow) & (cases.followed >= days)
        n, k = int(rows.sum()), int((cases.verified[rows] <= days).sum())
        return {"how": "waiting", "days": days, "n": n, "k": k, "share": k / n if n else None}
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
