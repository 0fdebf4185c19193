"""Merges and splits by API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.constituency import actions, queries, words
from tocsin.constituency.api.files import constituency
from tocsin.constituency.rules.succession import BadSuccession, Planned


class SuccessionIn(Schema):
    """Organizations that end, and those that follow."""

    before: list[str] = Field(
        min_length=1, max_length=1_000, description=_("Identifiers of those that end the day before.")
    )
    after: list[str] = Field(
        min_length=1, max_length=1_000, description=_("Identifiers of those that follow; they exist already.")
    )
    on: Day = Field(description=_("The first new day."))
    reason: str = Field(max_length=300)
    assigned: dict[str, str] = Field({}, description=_("Which successor gets a prefix, domain, AS number or contact."))


class SuccessionsIn(Schema):
    """Merges and splits: all are done, or none."""

    successions: list[SuccessionIn] = Field(min_length=1, max_length=10_000)


class MovedOut(Schema):
    """Something that passes on."""

    kind: str
    value: str
    before: str = Field(alias="from")
    after: str = Field(alias="to", description=_("Empty: it is still to be said who gets it."))


class SuccessionOut(Schema):
    """A merge or split."""

    before: list[str]
    after: list[str]
    on: date
    reason: str
    moved: list[MovedOut]


class SuccessionKept(SuccessionOut):
    """A merge or split that was recorded."""

    id: int
    by: str
    at: datetime


class Succeeded(Schema):
    """What merges and splits did, or would do."""

    dry_run: bool
    successions: list[SuccessionOut]


class DryRun(Schema):
    """Whether to do it."""

    dry_run: bool = Field(False, description=_("Only tell what would move."))


@constituency.get(
    "/successions", response=Page[SuccessionKept], **route(Scope.ORGANIZATIONS_READ, _("List merges and splits, the latest first"))
)  # fmt: skip
def list_successions(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of merges and splits."""
    team_only(request.viewer)
    return page(request, response, queries.successions(request.viewer), paging, ("-on", "-id"))


@constituency.post(
    "/successions",
    response=Succeeded,
    **route(
        Scope.ORGANIZATIONS_WRITE,
        _("Merge or split organizations"),
        _("What those that end hold passes to those that follow, from that day. With `dry_run` it only tells what would move."),
    ),
)  # fmt: skip
def succeed(request: Call, body: SuccessionsIn, options: Query[DryRun]) -> dict[str, Any]:
    """Do all, or tell what they would move."""
    team_only(request.viewer)
    plans = [Planned(tuple(one.before), tuple(one.after), one.on, one.reason, one.assigned) for one in body.successions]
    try:
        passing = actions.foresee(plans=plans, actor=request.viewer)
        if not options.dry_run:
            actions.succeed_all(plans=plans, actor=request.viewer, now=datetime.now(UTC))
    except BadSuccession as error:
        wrong = [{"pointer": "body/successions", "detail": words.succession(error.code, error.values)}]
        raise Problem(INVALID, gettext("Nothing was done."), errors=wrong) from error
    except (actions.NoSuchParent, actions.AboveItself) as error:
        broken = {"pointer": "body/successions", "detail": gettext("The tree of organizations is broken here.")}
        raise Problem(INVALID, gettext("Nothing was done."), errors=[broken]) from error
    told = [
        {name: getattr(one.plan, name) for name in ("before", "after", "on", "reason")} | {"moved": one.moved}
        for one in passing
    ]
    return {"dry_run": options.dry_run, "successions": told}
