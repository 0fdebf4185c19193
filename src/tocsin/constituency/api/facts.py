"""What is known of organizations, by API."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Schema
from ninja.responses import Status

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.constituency import actions, queries
from tocsin.constituency.api.files import constituency


class FactFilters(Schema):
    """Which facts."""

    label: str = ""
    organization: str = ""


class FactOut(Schema):
    """Something registered of an organization because it answered so."""

    id: int
    organization: str = Field(alias="organization_id")
    label: str = Field(description=_("What selections name it by."))
    survey: UUID | None = Field(description=_("The survey whose answers said so."))
    by: str
    at: datetime


@constituency.get(
    "/facts", response=Page[FactOut], **route(Scope.ORGANIZATIONS_READ, _("List what was registered of organizations from their answers"))
)  # fmt: skip
def list_facts(request: Call, response: HttpResponse, filters: Query[FactFilters], paging: Query[Paging]) -> Found:
    """Return a page of facts."""
    team_only(request.viewer)
    rows = queries.facts(request.viewer)
    given = {"label": filters.label, "organization_id": filters.organization}
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    return page(request, response, rows, paging, ("label", "organization_id"))


@constituency.delete(
    "/facts/{int:id_}", response={204: None}, **route(Scope.ORGANIZATIONS_WRITE, _("Take back what was registered of an organization: it is so no more"))
)  # fmt: skip
def withdraw_fact(request: Call, id_: int) -> Status[None]:
    """Take one back."""
    team_only(request.viewer)
    actions.withdraw_fact(fact=get_object_or_404(queries.facts(request.viewer), pk=id_), actor=request.viewer, now=datetime.now(UTC))  # fmt: skip
    return Status(204, None)
