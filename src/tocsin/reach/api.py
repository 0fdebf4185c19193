"""How people are reached, by API: for programs of the team, and of an organization, which sees itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import NotAllowed
from tocsin.base.web.views import team_only
from tocsin.constituency import queries as constituents
from tocsin.constituency.actions import HeldAlready, OrganizationExists
from tocsin.reach import actions, queries
from tocsin.reach.models import Drill, Endpoint, HoldingClaim, Proposal, Registration

reachability = Router(tags=["reachability"])
endpoints = Router(tags=["endpoints"])
drills = Router(tags=["drills"])
proposals = Router(tags=["proposals"])
registrations = Router(tags=["registrations"])
holding_claims = Router(tags=["holding-claims"])


class ReachLine(Schema):
    """How well an organization can be reached."""

    organization: str = Field(alias="organization_id")
    figure: int = Field(description=_("0 (not at all) to 100."))
    reasons: list[str] = Field(description=_("What takes the rest away, the gravest first."))


class KeyOut(Schema):
    """A key that mail to a contact is encrypted to."""

    kind: str
    fingerprint: str
    names: str
    expires_at: datetime | None


class ReachedContact(Schema):
    """A contact, and whether it is told."""

    id: UUID
    name: str
    email: str
    state: str = Field(description=_("`active`, `unverified` or `dead`."))
    because: str = Field(alias="state_because")
    verified_at: datetime | None = Field(description=_("When somebody at this address last confirmed it."))
    must_encrypt: bool
    keys: list[KeyOut]

    @staticmethod
    def resolve_keys(obj: Any) -> list[Any]:
        """Return the keys of the contact."""
        return list(obj.keys.all())


class ReachWhole(ReachLine):
    """How well an organization can be reached, and by whom."""

    contacts: list[ReachedContact]


class EndpointOut(Schema):
    """A chat room or a webhook. Its address is not told again."""

    id: UUID
    organization: str = Field(alias="organization_id")
    channel: str
    service: str
    host: str = Field(alias="shown")
    always: bool = Field(description=_("Whether every warning goes here; else only what an escalation sends."))
    worked_at: datetime | None
    failed_at: datetime | None
    says: str = Field(description=_("What the other side said last."))


class EndpointMade(EndpointOut):
    """An endpoint that was just made."""

    secret: str = Field(description=_("What a webhook is signed with, told this once; empty for chat."))


class EndpointIn(Schema):
    """A chat room or a webhook to add."""

    organization: str = Field(max_length=100)
    channel: Literal["chat", "webhook"]
    address: str = Field(
        max_length=2000, description=_("`https://host/path`, or a room's address as Apprise writes it.")
    )
    always: bool = True


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


class DecisionIn(Schema):
    """What the team makes of a proposal."""

    approve: bool
    because: str = Field("", max_length=1000)


class ProposalFilters(Schema):
    """Which proposals."""

    open: bool = Field(False, description=_("Only those that wait for the team."))


@reachability.get(
    "", response=list[ReachLine], **route(Scope.ORGANIZATIONS_READ, _("How well each organization can be reached, the worst first"))
)  # fmt: skip
def list_reachability(request: Call) -> list[Any]:
    """Return the figures of the organizations that the caller may see."""
    now = datetime.now(UTC)
    ids = list(constituents.current(request.viewer, now.date()).values_list("pk", flat=True))
    found = queries.reachability(request.viewer, ids, now)
    return sorted(found.values(), key=lambda one: (one.figure, one.organization_id))


@reachability.get(
    "/{id_}", response=ReachWhole, **route(Scope.ORGANIZATIONS_READ, _("How one organization is reached: figure, reasons, contacts"))
)  # fmt: skip
def get_reachability(request: Call, id_: str) -> dict[str, Any]:
    """Return one organization's figure with its contacts."""
    found = get_object_or_404(constituents.organizations(request.viewer), pk=id_)
    reached = queries.reachability(request.viewer, [found.pk], datetime.now(UTC))[found.pk]
    contacts = constituents.contacts(request.viewer).filter(organization=found).prefetch_related("keys").order_by("pk")
    return {
        "organization_id": found.pk,
        "figure": reached.figure,
        "reasons": list(reached.reasons),
        "contacts": list(contacts),
    }


@endpoints.get("", response=Page[EndpointOut], **route(Scope.ORGANIZATIONS_READ, _("List chat rooms and webhooks")))
def list_endpoints(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of endpoints."""
    return page(request, response, queries.endpoints(request.viewer), paging, ("id",))


@endpoints.post(
    "", response={201: EndpointMade}, **route(Scope.ENDPOINTS_WRITE, _("Add a chat room or a webhook"), _("The secret that signs a webhook is told this once."))
)  # fmt: skip
def add_endpoint(request: Call, body: EndpointIn) -> tuple[int, dict[str, Any]]:
    """Add an endpoint."""
    organization = get_object_or_404(constituents.organizations(request.viewer), pk=body.organization)
    try:
        row, secret = actions.add_endpoint(
            organization=organization, channel=body.channel, address=body.address, always=body.always, actor=request.viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except actions.BadEndpoint as error:
        raise Problem(INVALID, errors=[{"pointer": "body/address", "detail": str(error)}]) from error
    return 201, {name: getattr(row, name) for name in ("id", "organization_id", "channel", "service", "shown", "always", "worked_at", "failed_at", "says")} | {"secret": secret}  # fmt: skip


class RenewalIn(Schema):
    """How a secret is renewed."""

    keep_hours: int = Field(24, ge=0, le=168, description=_("How long the secret before signs too."))


class EndpointRenewed(EndpointMade):
    """An endpoint with a new secret."""

    before_until: datetime | None = Field(
        alias="secret_before_until", description=_("Until when the one before signs too.")
    )


@endpoints.post(
    "/{uuid:id_}/secret", response=EndpointRenewed, **route(Scope.ENDPOINTS_WRITE, _("Renew the secret of a webhook"), _("Told this once. Until `before_until` each request carries two signatures, one of either secret."))
)  # fmt: skip
def renew_secret(request: Call, id_: UUID, body: RenewalIn) -> dict[str, Any]:
    """Renew the secret."""
    row: Endpoint = get_object_or_404(queries.endpoints(request.viewer), pk=id_)
    keep = timedelta(hours=body.keep_hours)
    try:
        secret = actions.renew_secret(endpoint=row, actor=request.viewer, now=datetime.now(UTC), keep=keep)
    except actions.BadEndpoint as error:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": str(error)}]) from error
    return {name: getattr(row, name) for name in ("id", "organization_id", "channel", "service", "shown", "always", "worked_at", "failed_at", "says", "secret_before_until")} | {"secret": secret}  # fmt: skip


@endpoints.delete(
    "/{uuid:id_}", response={204: None}, **route(Scope.ENDPOINTS_WRITE, _("Remove a chat room or a webhook"))
)
def remove_endpoint(request: Call, id_: UUID) -> tuple[int, None]:
    """Remove an endpoint."""
    row: Endpoint = get_object_or_404(queries.endpoints(request.viewer), pk=id_)
    actions.remove_endpoint(endpoint=row, actor=request.viewer, now=datetime.now(UTC))
    return 204, None


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
