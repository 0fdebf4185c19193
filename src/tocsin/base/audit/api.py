"""The audit trail by API, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.scopes import Scope
from tocsin.base.audit import queries
from tocsin.base.web.views import team_only

audit = Router(tags=["audit"])


class Entry(Schema):
    """One act; its hash covers it and the hash of the one before."""

    id: int
    at: datetime
    actor: str = Field(alias="actor_email")
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    previous_hash: str
    entry_hash: str


class EntryFilters(Schema):
    """Which acts."""

    actor: str = Field("", max_length=254, description=_("Who did it."))
    action: str = Field("", max_length=64, description=_("What was done, as a machine word."))
    about: str = Field("", max_length=128, description=_("Identifier of what it was done to."))
    since: AwareDatetime | None = Field(None, description=_("At this instant or later (ISO 8601)."))
    until: AwareDatetime | None = Field(None, description=_("Before this instant (ISO 8601)."))


@audit.get("", response=Page[Entry], **route(Scope.ADMIN, _("List what was done, the latest first")))
def list_entries(request: Call, response: HttpResponse, filters: Query[EntryFilters], paging: Query[Paging]) -> Found:
    """Return a page of the audit trail."""
    team_only(request.viewer)
    return page(request, response, queries.entries(request.viewer, **filters.model_dump()), paging, ("-id",))
