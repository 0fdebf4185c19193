"""Organizations that ask to be looked after, by API."""

from __future__ import annotations

from datetime import UTC, datetime
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
from tocsin.base.web.views import team_only
from tocsin.constituency.actions import OrganizationExists
from tocsin.reach import actions, queries
from tocsin.reach.api.shapes import ProposalFilters
from tocsin.reach.models import Registration

registrations = Router(tags=["registrations"])


class RegistrationOut(Schema):
    """An organization that asks to be looked after, its address confirmed."""

    id: UUID
    at: datetime
    name_vi: str
    name_en: str
    sector: str
    person: str
    email: str
    phone: str
    holdings: list[tuple[str, str]] = Field(description=_("Pairs of `network` or `domain` and value, not proven."))
    note: str
    state: str = Field(description=_("`asked`, `approved` or `refused`."))
    organization: str | None = Field(alias="organization_id")
    decided_at: datetime | None
    decided_because: str


class RegistrationDecision(Schema):
    """What the team makes of a registration."""

    approve: bool
    id: str = Field("", max_length=100, description=_("The identifier under which it is taken in."))
    because: str = Field("", max_length=1000, description=_("Needed to refuse; the applicant reads it."))


@registrations.get(
    "", response=Page[RegistrationOut], **route(Scope.ORGANIZATIONS_READ, _("List organizations that ask to be looked after, the newest first"))
)  # fmt: skip
def list_registrations(
    request: Call, response: HttpResponse, filters: Query[ProposalFilters], paging: Query[Paging]
) -> Found:  # fmt: skip
    """Return a page of registrations."""
    team_only(request.viewer)
    return page(
        request, response, queries.registrations(request.viewer, open_only=filters.open), paging, ("-at", "-id")
    )


@registrations.post(
    "/{uuid:id_}/decision", response=RegistrationOut, **route(Scope.ORGANIZATIONS_WRITE, _("Approve or refuse an organization that registered itself"), also=(409,))
)  # fmt: skip
def decide_registration(request: Call, id_: UUID, body: RegistrationDecision) -> Registration:
    """Decide about a registration."""
    team_only(request.viewer)
    found: Registration = get_object_or_404(queries.registrations(request.viewer), pk=id_)
    try:
        actions.decide_registration(
            registration=found, approve=body.approve, because=body.because, id_=body.id, actor=request.viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except (actions.AlreadyAnswered, OrganizationExists) as error:
        raise Problem(CONFLICT, str(error)) from error
    except actions.BadRegistration as error:
        pointer = "body/id" if body.approve else "body/because"
        raise Problem(INVALID, errors=[{"pointer": pointer, "detail": str(error)}]) from error
    found.refresh_from_db()
    return found
