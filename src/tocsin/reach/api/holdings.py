"""Claims of networks and domains, by API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
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
from tocsin.constituency import queries as constituents
from tocsin.constituency.actions import HeldAlready
from tocsin.reach import actions, queries
from tocsin.reach.api.shapes import DecisionIn, ProposalFilters
from tocsin.reach.models import HoldingClaim

holding_claims = Router(tags=["holding-claims"])


class HoldingClaimOut(Schema):
    """A network or domain that an organization says is its own."""

    id: UUID
    organization: str = Field(alias="organization_id")
    kind: str = Field(description=_("`network` or `domain`."))
    value: str
    token: str = Field(description=_("The text that proves it, in each of `records` or in `file`."))
    records: list[str] = Field(description=_("Names of TXT records that prove it together; empty: only a file does."))
    file: str = Field(description=_("Address of the file that proves it; of a network any of its addresses will do."))
    at: datetime
    by: str
    state: str = Field(description=_("`asked`, `proven`, `approved` or `refused`."))
    proven_by: str
    checked_at: datetime | None
    says: str = Field(description=_("What the last look for the proof saw."))
    decided_at: datetime | None
    decided_because: str

    @staticmethod
    def resolve_records(obj: HoldingClaim) -> list[str]:
        """Return the names of records."""
        return actions.record_of(obj).split()

    @staticmethod
    def resolve_file(obj: HoldingClaim) -> str:
        """Return the address of the file."""
        return actions.file_of(obj)


class HoldingClaimIn(Schema):
    """A network or domain to claim."""

    organization: str = Field(max_length=100)
    kind: Literal["network", "domain"]
    value: str = Field(max_length=253)


class ClaimProof(Schema):
    """Where the proof lies."""

    host: str = Field(
        "", max_length=45, description=_("Address in the network where the file lies; its first unless given.")
    )


@holding_claims.get(
    "", response=Page[HoldingClaimOut], **route(Scope.ORGANIZATIONS_READ, _("List claimed networks and domains, the newest first"))
)  # fmt: skip
def list_holding_claims(
    request: Call, response: HttpResponse, filters: Query[ProposalFilters], paging: Query[Paging]
) -> Found:  # fmt: skip
    """Return a page of claims."""
    rows = queries.holding_claims(request.viewer, open_only=filters.open)
    return page(request, response, rows, paging, ("-at", "-id"))


@holding_claims.post(
    "", response={201: HoldingClaimOut}, **route(Scope.ENDPOINTS_WRITE, _("Claim a network or domain"), _("It is held once it is proven and the team approved."))
)  # fmt: skip
def claim_holding(request: Call, body: HoldingClaimIn) -> tuple[int, HoldingClaim]:
    """Claim it; the same one again returns the claim that waits."""
    organization = get_object_or_404(constituents.organizations(request.viewer), pk=body.organization)
    try:
        made = actions.claim_holding(
            organization=organization, kind=body.kind, value=body.value, actor=request.viewer, now=datetime.now(UTC)
        )
    except actions.BadClaim as error:
        raise Problem(INVALID, errors=[{"pointer": "body/value", "detail": str(error)}]) from error
    return 201, made


@holding_claims.post(
    "/{uuid:id_}/proof", response=HoldingClaimOut, **route(Scope.ENDPOINTS_WRITE, _("Look for the proof of a claim"), _("Not there, the claim stays and `says` tells what was seen."), also=(409,))
)  # fmt: skip
def prove_claim(request: Call, id_: UUID, body: ClaimProof) -> HoldingClaim:
    """Look for the record and the file."""
    found: HoldingClaim = get_object_or_404(queries.holding_claims(request.viewer), pk=id_)
    try:
        actions.prove(claim=found, actor=request.viewer, now=datetime.now(UTC), host=body.host)
    except actions.AlreadySettled as error:
        raise Problem(CONFLICT, str(error)) from error
    except actions.BadClaim as error:
        raise Problem(INVALID, errors=[{"pointer": "body/host", "detail": str(error)}]) from error
    except actions.NotProven:
        found.refresh_from_db()
    return found


@holding_claims.post(
    "/{uuid:id_}/decision", response=HoldingClaimOut, **route(Scope.ORGANIZATIONS_WRITE, _("Approve or refuse a claim"), _("Approved, the organization holds it from today. What is not proven needs a reason."), also=(409,))
)  # fmt: skip
def settle_claim(request: Call, id_: UUID, body: DecisionIn) -> HoldingClaim:
    """Decide about a claim."""
    team_only(request.viewer)
    found: HoldingClaim = get_object_or_404(queries.holding_claims(request.viewer), pk=id_)
    try:
        actions.settle_claim(
            claim=found, approve=body.approve, because=body.because, actor=request.viewer, now=datetime.now(UTC)
        )
    except (actions.AlreadySettled, HeldAlready) as error:
        raise Problem(CONFLICT, str(error)) from error
    except actions.NotProven as error:
        raise Problem(INVALID, errors=[{"pointer": "body/because", "detail": str(error)}]) from error
    found.refresh_from_db()
    return found
