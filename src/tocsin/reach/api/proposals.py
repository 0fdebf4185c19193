"""Changes of contacts that organizations ask for, by API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import NotAllowed
from tocsin.base.web.views import team_only
from tocsin.constituency import queries as constituents
from tocsin.constituency.actions import HeldAlready
from tocsin.reach import actions, queries
from tocsin.reach.api.shapes import DecisionIn, ProposalFilters
from tocsin.reach.models import Proposal

proposals = Router(tags=["proposals"])


class Difference(Schema):
    """A field that would differ."""

    field: str
    before: Any = None
    after: Any = None


class ProposalOut(Schema):
    """A change of contacts that an organization asks for."""

    id: UUID
    organization: str = Field(alias="organization_id")
    contact: UUID | None = Field(alias="contact_id")
    what: str = Field(description=_("`add`, `change` or `end`."))
    differences: list[Difference]
    note: str
    by: str
    at: datetime
    state: str = Field(description=_("`asked`, `approved` or `refused`."))
    decided_at: datetime | None
    decided_because: str

    @staticmethod
    def resolve_differences(obj: Proposal) -> list[dict[str, Any]]:
        """Return what differs."""
        return [{"field": name, "before": before, "after": after} for name, before, after in obj.differences]


class ProposalIn(Schema):
    """A change of contacts to ask for."""

    organization: str = Field(max_length=100)
    what: Literal["add", "change", "end"]
    contact: UUID | None = None
    name: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=64)
    roles: list[str] | None = Field(None, max_length=20)
    language: Literal["", "vi", "en"] | None = None
    note: str = Field("", max_length=1000)


@proposals.get(
    "",
    response=Page[ProposalOut],
    **route(Scope.ORGANIZATIONS_READ, _("List proposed changes of contacts, the newest first")),
)
def list_proposals(
    request: Call, response: HttpResponse, filters: Query[ProposalFilters], paging: Query[Paging]
) -> Found:  # fmt: skip
    """Return a page of proposals."""
    return page(request, response, queries.proposals(request.viewer, open_only=filters.open), paging, ("-at", "-id"))


@proposals.post(
    "", response={201: ProposalOut}, **route(Scope.ENDPOINTS_WRITE, _("Propose a change of contacts"), _("Nothing changes before the team approves it."))
)  # fmt: skip
def propose(request: Call, body: ProposalIn) -> tuple[int, Proposal]:
    """Ask for a change."""
    organization = get_object_or_404(constituents.organizations(request.viewer), pk=body.organization)
    if not actions.may_change(request.viewer, organization.pk):
        raise NotAllowed
    contacts = constituents.contacts(request.viewer).filter(organization=organization)
    contact = get_object_or_404(contacts, pk=body.contact) if body.contact is not None else None
    after = {
        name: value for name in ("name", "email", "phone", "roles", "language") if (value := getattr(body, name)) is not None
    }  # fmt: skip
    try:
        made = actions.propose(
            organization=organization, what=body.what, contact=contact, after=after, by=request.viewer.email, means="api", now=datetime.now(UTC), note=body.note
        )  # fmt: skip
    except actions.BadProposal as error:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": str(error)}]) from error
    return 201, made


@proposals.post(
    "/{uuid:id_}/decision", response=ProposalOut, **route(Scope.ORGANIZATIONS_WRITE, _("Approve or refuse a proposed change"), also=(409,))
)  # fmt: skip
def decide_proposal(request: Call, id_: UUID, body: DecisionIn) -> Proposal:
    """Decide about a proposal."""
    team_only(request.viewer)
    found: Proposal = get_object_or_404(queries.proposals(request.viewer), pk=id_)
    try:
        actions.decide_proposal(
            proposal=found, approve=body.approve, because=body.because, actor=request.viewer, now=datetime.now(UTC)
        )
    except (actions.AlreadyDecided, HeldAlready) as error:
        raise Problem(CONFLICT, str(error)) from error
    found.refresh_from_db()
    return found
