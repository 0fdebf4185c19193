"""Figures by API: counted now, or as they were frozen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.reports import actions, queries
from tocsin.reports.models import Snapshot

stats = Router(tags=["figures"])
snapshots = Router(tags=["figures"])


class Period(Schema):
    """Which days."""

    begins_on: Day | None = Field(
        None, alias="from", description=_("First day, included; without it the first of this month.")
    )
    ends_on: Day | None = Field(None, alias="to", description=_("Last day, included; without it today."))


class Counted(Schema):
    """The figures of some warnings: findings that their owner was told of."""

    told: int
    acknowledged: int = Field(description=_("The owner answered."))
    acknowledged_in_time: int
    says_fixed: int = Field(description=_("The owner says that it is fixed."))
    fixed_in_time: int = Field(description=_("Fixed, by sensors or by the owner's word, before the deadline."))
    verified: int = Field(description=_("Sensors confirm that it is gone."))
    refuted: int = Field(description=_("The owner says that it is not theirs or no problem."))
    accepted: int = Field(description=_("The risk was accepted."))
    overdue: int
    resolved: int
    to_resolve: int = Field(description=_("Told, without what was refuted."))
    resolved_share: float | None = Field(description=_("Between 0 and 1; null when there was nothing to resolve."))


class WaitingOut(Schema):
    """How long it took; what is open counts as open for as long as it has been so far (Kaplan and Meier)."""

    n: int
    n_open: int
    median_days: float | None
    ninety_days: float | None = Field(description=_("By when nine of ten were done; null when it never came so far."))
    curve: list[tuple[float, float, float, float]] = Field(
        description=_("Day, share still open, lower and upper 95 % limit.")
    )


class Goal(Schema):
    """A share that is to be resolved."""

    share: float
    reached: bool | None


class LoopOut(Schema):
    """The figures of the loop in a period."""

    begins_on: date
    ends_on: date
    as_of: datetime = Field(description=_("What happened until then counts."))
    total: Counted
    by_severity: dict[str, Counted]
    by_organization: dict[str, Counted]
    by_sector: dict[str, Counted]
    by_kind: dict[str, Counted]
    to_acknowledge: WaitingOut
    to_verify: WaitingOut
    goals: dict[str, Goal]


class SnapshotLine(Schema):
    """Figures that were frozen."""

    id: UUID
    begins_on: date
    ends_on: date
    as_of: datetime
    taken_at: datetime
    taken_by: str
    sha256: str = Field(description=_("Of the figures in canonical JSON."))
    corrects: UUID | None = Field(alias="corrects_id")
    reason: str


class SnapshotOut(SnapshotLine):
    """Frozen figures, whole."""

    figures: LoopOut


@stats.get("/loop", response=LoopOut, **route(Scope.FINDINGS_READ, _("Count the warnings of a period")))
def loop(request: Call, period: Query[Period]) -> Any:
    """Return the figures; a token of an organization gets those of its own."""
    now = datetime.now(UTC)
    today = timezone.localtime(now).date()
    first, last = sorted((period.begins_on or today.replace(day=1), period.ends_on or today))
    return queries.loop(request.viewer, begins_on=first, ends_on=last, now=now)


@snapshots.get(
    "", response=Page[SnapshotLine], **route(Scope.FINDINGS_READ, _("List frozen figures, the newest first"))
)
def list_snapshots(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of what was frozen."""
    team_only(request.viewer)
    return page(request, response, queries.snapshots(request.viewer), paging, ("-id",))


class SnapshotIn(Schema):
    """A period to freeze."""

    begins_on: Day = Field(alias="from", description=_("First day, included."))
    ends_on: Day = Field(alias="to", description=_("Last day, included; it must be over."))
    corrects: UUID | None = Field(None, description=_("What was frozen for this period before, to correct it."))
    reason: str = Field("", max_length=1000, description=_("Why it is corrected."))


@snapshots.post(
    "",
    response={201: SnapshotOut},
    **route(
        Scope.FINDINGS_WRITE,
        _("Freeze the figures of a period"),
        _("They stay as they are for ever; a correction stands beside what it corrects, with its reason."),
        also=(409,),
    ),
)
def freeze(request: Call, body: SnapshotIn) -> Status[Any]:
    """Freeze, and return the figures."""
    team_only(request.viewer)
    if body.ends_on < body.begins_on:
        raise _wrong("to", gettext("The last day is before the first."))
    try:
        made = actions.freeze(
            begins_on=body.begins_on, ends_on=body.ends_on, actor=request.viewer, now=datetime.now(UTC),
            corrects=body.corrects, reason=body.reason,
        )  # fmt: skip
    except actions.PeriodNotOver as error:
        raise _wrong(
            "to", gettext("The period is not over: figures that are frozen must not grow any more.")
        ) from error
    except actions.AlreadyFrozen as error:
        raise Problem(
            CONFLICT, gettext("The period was frozen before; a correction names what it corrects, and why.")
        ) from error
    except ValueError as error:
        raise _wrong("corrects", gettext("There is nothing to correct.")) from error
    return Status(201, made)


def _wrong(name: str, detail: str) -> Problem:
    return Problem(INVALID, errors=[{"pointer": f"body/{name}", "detail": detail}])


@snapshots.get("/{uuid:id_}", response=SnapshotOut, **route(Scope.FINDINGS_READ, _("Tell frozen figures, whole")))
def get_snapshot(request: Call, id_: UUID) -> Snapshot:
    """Return one with its figures."""
    team_only(request.viewer)
    return get_object_or_404(queries.snapshots(request.viewer), pk=id_)
