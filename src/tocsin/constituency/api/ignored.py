"""The ignore list by API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.constituency import actions, queries, words
from tocsin.constituency.api.shapes import Held
from tocsin.constituency.models import IgnoreRule
from tocsin.core import constituency as plain
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

ignored = Router(tags=["constituency"])


class IgnoredIn(Held):
    """A range, domain or AS whose events are kept but never warned of."""

    value: str = Field(max_length=253)
    reason: str = Field(max_length=300)


class IgnoreRuleOut(Schema):
    """A range, domain or AS whose events are kept but never warned of."""

    id: int
    value: str
    reason: str
    valid_from: date | None
    valid_to: date | None


@ignored.get("", response=Page[IgnoreRuleOut], **route(Scope.ORGANIZATIONS_READ, _("List what is ignored")))
def list_ignored(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of the ignore list."""
    team_only(request.viewer)
    return page(request, response, queries.ignored(request.viewer), paging, ("id",))


def _rule(body: IgnoredIn) -> plain.Ignored:
    try:
        value = values.ignored(body.value)
        reason = values.text(body.reason, values.LIMITS["reason"])
    except Wrong as wrong:
        raise Problem(
            INVALID, errors=[{"pointer": "body/value", "detail": str(words.reason(wrong.code, wrong.values))}]
        ) from wrong
    if body.valid_from and body.valid_to and body.valid_to < body.valid_from:
        wrong_day = {"pointer": "body/valid_to", "detail": gettext("The last day is before the first.")}
        raise Problem(INVALID, errors=[wrong_day])
    return plain.Ignored(value, reason, body.valid_from, body.valid_to)


@ignored.post(
    "", response={201: IgnoreRuleOut}, **route(Scope.ORGANIZATIONS_WRITE, _("Add to the ignore list"), also=(409,))
)
def add_ignored(request: Call, body: IgnoredIn) -> Status[Any]:
    """Add a rule, and return it."""
    team_only(request.viewer)
    try:
        made = actions.ignore(rule=_rule(body), actor=request.viewer, now=datetime.now(UTC))
    except actions.HeldAlready as error:
        raise Problem(CONFLICT, gettext("It stands there already on some of these days.")) from error
    return Status(201, made)


@ignored.put(
    "/{int:id_}",
    response=IgnoreRuleOut,
    **route(Scope.ORGANIZATIONS_WRITE, _("Change a rule of the ignore list, or let it end"), also=(409,)),
)
def change_ignored(request: Call, id_: int, body: IgnoredIn) -> IgnoreRule:
    """Make a rule as given, and return it."""
    team_only(request.viewer)
    row = get_object_or_404(queries.ignored(request.viewer), pk=id_)
    try:
        actions.change_item(row=row, item=_rule(body), actor=request.viewer, now=datetime.now(UTC))
    except actions.HeldAlready as error:
        raise Problem(CONFLICT, gettext("It stands there already on some of these days.")) from error
    return get_object_or_404(queries.ignored(request.viewer), pk=id_)


@ignored.delete(
    "/{int:id_}",
    response={204: None},
    **route(Scope.ORGANIZATIONS_WRITE, _("Take back a rule of the ignore list that was never right")),
)
def withdraw_ignored(request: Call, id_: int) -> Status[None]:
    """Take it back; one that has ended is changed instead."""
    team_only(request.viewer)
    row = get_object_or_404(queries.ignored(request.viewer), pk=id_)
    actions.withdraw(row=row, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)
