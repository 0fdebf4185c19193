"""Policies, silences and claims by API, for programs of the team."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status
from pydantic import AwareDatetime

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.constituency import queries as constituents
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.notices import actions, queries
from tocsin.notices.models import Claim, OwnRule, Policy

policies = Router(tags=["policies"])
silences = Router(tags=["silences"])
claims = Router(tags=["claims"])
own_rules = Router(tags=["own-rules"])
own_routes = Router(tags=["own-rules"])

Severity = Literal["critical", "high", "medium", "low", "info"]
Tlp = Literal["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR"]


class PolicyIn(Schema):
    """How an organization (or all) is warned of a kind (or all). The most specific policy applies, whole."""

    organization: str = Field("", max_length=100, description=_("Identifier of an organization; empty is all."))
    kind: str = Field("", max_length=200, description=_("A kind, or an RSIT type; empty is all."))
    needs_approval: bool = Field(False, description=_("Whether somebody lets each notice go out."))
    grouping: Literal["organization", "kind", "network"] = Field("organization", description=_("What shares a notice."))
    repeat_days: int = Field(7, ge=0, le=3650, description=_("Days between two reminders."))
    repeat_days_by: dict[Severity, int] = Field({}, description=_("Days between two reminders, by severity."))
    deadline_days: dict[Severity, int] = Field({}, description=_("Days to fix it, by severity."))
    language: Literal["", "vi", "en"] = Field("", description=_("Language of the notice; empty is the recipient's."))
    tlp: Tlp = "TLP:AMBER"
    minimum_severity: Severity = Field("low", description=_("What is milder is not warned of."))
    contact_roles: list[str] = Field([], max_length=20, description=_("Roles of the contacts that are told."))
    note: str = Field("", max_length=300)


class PolicyOut(PolicyIn):
    """A policy."""

    id: int
    organization: str = Field(description=_("Identifier of an organization; empty is all."))
    changed_by: str
    changed_at: datetime | None

    @staticmethod
    def resolve_organization(obj: Policy) -> str:
        """Return the identifier; empty is all."""
        return obj.organization_id or ""


class SilenceIn(Schema):
    """A time in which an organization (or all) is not warned of a kind (or all)."""

    organization: str = Field("", max_length=100, description=_("Identifier of an organization; empty is all."))
    kind: str = Field("", max_length=200, description=_("A kind, or an RSIT type; empty is all."))
    reason: str = Field(min_length=1, max_length=300, description=_("Why."))
    until: AwareDatetime = Field(description=_("When it ends."))


class SilenceOut(SilenceIn):
    """A silence."""

    id: int
    organization: str = Field(description=_("Identifier of an organization; empty is all."))
    created_by: str
    created_at: datetime
    lifted_by: str
    lifted_at: datetime | None

    @staticmethod
    def resolve_organization(obj: Any) -> str:
        """Return the identifier; empty is all."""
        return obj.organization_id or ""


class SilenceFilters(Schema):
    """Which silences."""

    ended: bool = Field(False, description=_("Those that have ended as well."))


class ClaimOut(Schema):
    """An owner's claim that a finding is not theirs, a false alarm, or a risk they accept."""

    id: UUID
    finding: UUID = Field(alias="finding_id")
    organization: str = Field(alias="finding.organization_id")
    notice: UUID | None = Field(description=_("The notice that it answers; null: it was said of the finding itself."))
    what: str = Field(description=_("`not-ours`, `false-positive` or `risk-accepted`."))
    state: str = Field(description=_("`asked`, `approved`, `refused` or `ended`."))
    note: str = Field(description=_("Why, as the owner says."))
    at: datetime
    asked_by: str
    until: datetime | None = Field(description=_("When it ends by itself; null: it has no end."))
    warned_at: datetime | None = Field(description=_("When it was said that it soon ends."))
    ended_at: datetime | None = Field(description=_("When it ceased to count."))
    ruling: str = Field(description=_("What the team made of it; empty while it is open."))
    ruled_by: str
    ruled_at: datetime | None
    ruling_note: str

    @staticmethod
    def resolve_notice(obj: Claim) -> UUID | None:
        """Return the notice that it answers."""
        return obj.answer.notice_id if obj.answer is not None else None


class ClaimFilters(Schema):
    """Which claims."""

    ruled: bool = Field(False, description=_("Those that are settled as well."))
    state: Literal["asked", "approved", "ending", "refused", "ended"] | None = Field(
        None, description=_("Only those that stand so.")
    )


class Ruling(Schema):
    """What the team makes of a claim."""

    accept: bool = Field(description=_("Accepted, it stays as the owner said; refused, the owner is warned again."))
    note: str = Field("", max_length=1000)
    until: Day | None = Field(None, description=_("The last day it counts; empty: as asked for, or a year."))
    to: str = Field(
        "", max_length=100, description=_("Whose it is instead, where it is not theirs; empty: nobody known.")
    )


@policies.get("", response=Page[PolicyOut], **route(Scope.NOTICES_READ, _("List policies")))
def list_policies(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of policies."""
    team_only(request.viewer)
    return page(request, response, queries.policy_rows(request.viewer), paging, ("id",))


@policies.put(
    "",
    response=PolicyOut,
    **route(
        Scope.NOTICES_APPROVE, _("Set the policy for an organization and a kind"), _("It replaces the one there is.")
    ),
)
def set_policy(request: Call, body: PolicyIn) -> Policy:
    """Make or replace a policy."""
    team_only(request.viewer)
    wanted = actions.Wanted(**body.model_dump(exclude={"organization", "kind"}))
    try:
        return actions.set_policy(
            organization_id=body.organization,
            kind=body.kind,
            wanted=wanted,
            actor=request.viewer,
            now=datetime.now(UTC),
        )
    except actions.BadPolicy as error:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": str(error)}]) from error
    except actions.NoSuchOrganization as error:
        raise _no_organization() from error


def _no_organization() -> Problem:
    wrong = {"pointer": "body/organization", "detail": gettext("There is no such organization.")}
    return Problem(INVALID, errors=[wrong])


@policies.delete(
    "/{int:id_}",
    response={204: None},
    **route(Scope.NOTICES_APPROVE, _("Remove a policy: the next less specific one applies")),
)
def remove_policy(request: Call, id_: int) -> Status[None]:
    """Remove a policy."""
    team_only(request.viewer)
    found = get_object_or_404(queries.policy_rows(request.viewer), pk=id_)
    actions.remove_policy(policy=found, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)


@silences.get("", response=Page[SilenceOut], **route(Scope.NOTICES_READ, _("List silences, the last to end first")))
def list_silences(
    request: Call, response: HttpResponse, filters: Query[SilenceFilters], paging: Query[Paging]
) -> Found:
    """Return a page of silences."""
    team_only(request.viewer)
    rows = queries.silences(request.viewer, at=None if filters.ended else datetime.now(UTC))
    return page(request, response, rows, paging, ("-until", "-id"))


@silences.post("", response={201: SilenceOut}, **route(Scope.NOTICES_APPROVE, _("Silence warnings for a time")))
def add_silence(request: Call, body: SilenceIn) -> Status[Any]:
    """Silence warnings until an instant."""
    team_only(request.viewer)
    try:
        made = actions.silence(
            organization_id=body.organization, kind=body.kind, reason=body.reason, until=body.until, actor=request.viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except actions.BadSilence as error:
        wrong = {"pointer": "body", "detail": gettext("Say why, and an end in the future.")}
        raise Problem(INVALID, errors=[wrong]) from error
    except actions.NoSuchOrganization as error:
        raise _no_organization() from error
    return Status(201, made)


@silences.delete(
    "/{int:id_}", response={204: None}, **route(Scope.NOTICES_APPROVE, _("End a silence now"), also=(409,))
)
def lift_silence(request: Call, id_: int) -> Status[None]:
    """End a silence."""
    team_only(request.viewer)
    found = get_object_or_404(queries.silences(request.viewer), pk=id_)
    try:
        actions.lift(silence=found, actor=request.viewer, now=datetime.now(UTC))
    except actions.AlreadyLifted as error:
        raise Problem(CONFLICT, gettext("It has ended already.")) from error
    return Status(204, None)


@claims.get(
    "",
    response=Page[ClaimOut],
    **route(Scope.NOTICES_READ, _("List what owners claim of their findings, the newest first")),
)
def list_claims(request: Call, response: HttpResponse, filters: Query[ClaimFilters], paging: Query[Paging]) -> Found:
    """Return a page of claims."""
    team_only(request.viewer)
    return page(
        request,
        response,
        queries.claims(request.viewer, open_only=not filters.ruled, state=filters.state or ""),
        paging,
        ("-id",),
    )


@claims.post("/{uuid:id_}/ruling", response=ClaimOut, **route(Scope.NOTICES_WRITE, _("Settle a claim"), also=(409,)))
def rule_claim(request: Call, id_: UUID, body: Ruling) -> Any:
    """Settle a claim, and return it as it is then."""
    team_only(request.viewer)
    rows = queries.claims(request.viewer, open_only=False)
    found = get_object_or_404(rows, pk=id_)
    try:
        actions.rule(
            claim=found, accept=body.accept, note=body.note, actor=request.viewer, now=datetime.now(UTC), until=body.until, to=body.to
        )  # fmt: skip
    except actions.BadRuling as error:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": str(error)}]) from error
    except actions.AlreadyRuled as error:
        raise Problem(CONFLICT, gettext("It was settled before.")) from error
    return rows.get(pk=id_)


class DisownedOut(Schema):
    """An asset that was agreed not to be that of whoever seems to hold it."""

    id: int
    organization: str = Field(alias="organization_id", description=_("Whose it is not."))
    asset: str
    reason: str
    by: str
    at: datetime


@claims.get(
    "/disowned",
    response=Page[DisownedOut],
    **route(Scope.NOTICES_READ, _("List what was agreed not to be its holder's, the latest first")),
)
def list_disowned(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of them."""
    team_only(request.viewer)
    return page(request, response, findings.disowned(request.viewer), paging, ("-id",))


@claims.delete(
    "/disowned/{int:id_}",
    response={204: None},
    **route(Scope.NOTICES_WRITE, _("Say that an asset is its holder's after all")),
)
def own_again(request: Call, id_: int) -> Status[None]:
    """Lift it."""
    team_only(request.viewer)
    found = get_object_or_404(findings.disowned(request.viewer), pk=id_)
    finding_actions.own_again(disowned=found, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)


class OwnRuleIn(Schema):
    """From which severity on an organization wants mail, and how often."""

    floor: Literal["low", "medium", "high"] = Field(description=_("What is milder only stands in the portal."))
    rhythm: Literal["at-once", "daily", "weekly"] = Field(
        "at-once", description=_("The gravest comes at once, what is high within a day.")
    )
    hour: int = Field(8, ge=0, le=23, description=_("Of its clocks: when gathered mail goes out."))
    weekday: int = Field(0, ge=0, le=6, description=_("The day of a weekly mail; 0 is Monday."))


class OwnRuleOut(OwnRuleIn):
    """What an organization says of mail to it."""

    organization: str = Field(alias="organization_id")
    by: str
    at: datetime


@own_rules.get(
    "", response=Page[OwnRuleOut], **route(Scope.NOTICES_READ, _("List what organizations say of mail to them"))
)
def list_own_rules(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of own rules."""
    return page(request, response, queries.own_rules(request.viewer), paging, ("id",))


@own_rules.put(
    "/{id_}", response=OwnRuleOut, **route(Scope.NOTICES_WRITE, _("Say from which severity on an organization wants mail, and how often"), _("For its own token, or the team's. High and critical cannot be silenced."))
)  # fmt: skip
def set_own_rule(request: Call, id_: str, body: OwnRuleIn) -> OwnRule:
    """Set the rule."""
    found = get_object_or_404(constituents.organizations(request.viewer), pk=id_)
    return actions.set_own_rule(
        organization_id=found.pk, actor=request.viewer, now=datetime.now(UTC), **body.model_dump()
    )


class OwnRouteIn(Schema):
    """Whom of an organization a kind is told to."""

    kind: str = Field(
        min_length=1, max_length=200, description=_("A kind, or an RSIT type for all kinds of that type.")
    )
    roles: list[str] = Field(max_length=20, description=_("Roles of its contacts; none: whom the team's policy names."))


class OwnRouteOut(OwnRouteIn):
    """Whom an organization itself wants told of a kind."""

    organization: str = Field(alias="organization_id")
    by: str
    at: datetime


@own_routes.get(
    "", response=Page[OwnRouteOut], **route(Scope.NOTICES_READ, _("List whom organizations themselves want told of what"))
)  # fmt: skip
def list_own_routes(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of own routes."""
    return page(request, response, queries.own_routes(request.viewer), paging, ("id",))


@own_routes.put(
    "/{id_}", response={200: OwnRouteOut, 204: None}, **route(Scope.NOTICES_WRITE, _("Say who of an organization is told of a kind"), _("For its own token, or the team's. Where nobody has one of the roles, all are told."))
)  # fmt: skip
def set_own_route(request: Call, id_: str, body: OwnRouteIn) -> Any:
    """Set the route, or forget it."""
    found = get_object_or_404(constituents.organizations(request.viewer), pk=id_)
    try:
        row = actions.set_own_route(
            organization_id=found.pk, kind=body.kind, roles=body.roles, actor=request.viewer, now=datetime.now(UTC)
        )
    except actions.BadPolicy as error:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": str(error)}]) from error
    return Status(204, None) if row is None else row
