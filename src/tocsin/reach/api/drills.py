"""Exercises by API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.reach import actions, queries
from tocsin.reach.models import Drill

drills = Router(tags=["drills"])


class DrillIn(Schema):
    """An exercise to begin."""

    title: str = Field(max_length=200)
    organizations: list[str] = Field([], max_length=10_000, description=_("Identifiers; empty is all."))
    roles: list[str] = Field([], description=_("Only contacts with one of these roles; empty is all."))
    ends_at: AwareDatetime


class DrillLine(Schema):
    """An exercise."""

    id: UUID
    title: str
    begun_at: datetime
    begun_by: str
    ends_at: datetime


class DrillWhole(DrillLine):
    """An exercise with what came of it."""

    called: int
    sent: int
    bounced: int
    answered: int
    organizations: int
    organizations_answered: int
    median_seconds: float | None
    ninetieth_seconds: float | None


@drills.get("", response=Page[DrillLine], **route(Scope.ORGANIZATIONS_READ, _("List exercises, the newest first")))
def list_drills(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of drills."""
    team_only(request.viewer)
    return page(request, response, queries.drills(request.viewer), paging, ("-begun_at", "-id"))


@drills.post(
    "", response={201: DrillLine}, **route(Scope.ORGANIZATIONS_WRITE, _("Begin an exercise: contacts are called, and it is seen who answers"))
)  # fmt: skip
def begin_drill(request: Call, body: DrillIn) -> tuple[int, Drill]:
    """Begin a drill."""
    team_only(request.viewer)
    try:
        made = actions.begin_drill(
            title=body.title, organizations=body.organizations, roles=body.roles, ends_at=body.ends_at, actor=request.viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except actions.BadDrill as error:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": str(error)}]) from error
    return 201, made


@drills.get("/{uuid:id_}", response=DrillWhole, **route(Scope.ORGANIZATIONS_READ, _("Tell what came of an exercise")))
def get_drill(request: Call, id_: UUID) -> dict[str, Any]:
    """Return a drill with its result."""
    team_only(request.viewer)
    found = get_object_or_404(queries.drills(request.viewer), pk=id_)
    result = queries.drill_result(request.viewer, found)
    return {name: getattr(found, name) for name in ("id", "title", "begun_at", "begun_by", "ends_at")} | {
        "called": result.called, "sent": result.sent, "bounced": result.bounced, "answered": result.answered, "organizations": result.organizations,
        "organizations_answered": result.organizations_answered, "median_seconds": result.median.total_seconds() if result.median else None,
        "ninetieth_seconds": result.ninetieth.total_seconds() if result.ninetieth else None,
    }  # fmt: skip
