"""Campaigns by API, for programs of the team."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

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
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.campaigns import actions, queries, rules
from tocsin.campaigns.models import Campaign
from tocsin.constituency import queries as constituency
from tocsin.constituency.queries import Selection
from tocsin.core.severity import RANK

campaigns = Router(tags=["campaigns"])
Severity = Literal["critical", "high", "medium", "low", "info"]
Way = Literal["next-contact", "all-contacts", "head", "chat", "letter"]
NAMES = {rank: name for name, rank in RANK.items()}


class CampaignIn(Schema):
    """What a campaign is about."""

    title_vi: str = Field(min_length=1, max_length=200)
    title_en: str = Field(min_length=1, max_length=200)
    purpose_vi: str = Field("", max_length=20_000)
    purpose_en: str = Field("", max_length=20_000)
    weaknesses: list[str] = Field(
        min_length=1, max_length=actions.MOST_WEAKNESSES, description=_("Kinds of findings, and CVE numbers that kinds name.")
    )  # fmt: skip
    severity: Severity = Field("info", description=_("Findings below it are left out."))
    sectors: list[str] = Field([], max_length=100, description=_("Empty, and neither organizations nor facts: all."))
    organizations: list[str] = Field([], max_length=10_000)
    facts: list[str] = Field(
        [], max_length=100, description=_("Those of which at least one of these was registered from their answers.")
    )
    due_on: Day | None = Field(None, description=_("By when all is to be done."))


class CountsOut(Schema):
    """How many are at each state."""

    silent: int = Field(description=_("Told, still there, and no word."))
    not_told: int
    acknowledged: int
    fixing: int
    says_fixed: int
    set_aside: int = Field(description=_("Not theirs, no problem, or accepted."))
    verified: int


class CampaignTally(Schema):
    """A campaign in figures."""

    organizations: CountsOut
    findings: CountsOut
    told: int = Field(description=_("Organizations that were told of any of it."))
    overdue: int = Field(description=_("Organizations with something overdue."))


class CampaignLine(Schema):
    """A campaign."""

    id: UUID
    title_vi: str
    title_en: str
    purpose_vi: str
    purpose_en: str
    weaknesses: list[str]
    severity: str
    selection: dict[str, Any]
    due_on: date | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    closed_because: str

    @staticmethod
    def resolve_severity(row: Campaign) -> str:
        """Return the name of the rank."""
        return NAMES[row.severity_rank]


class CampaignOut(Schema):
    """A campaign and its figures as they are now."""

    campaign: CampaignLine
    kinds: list[str] = Field(description=_("The kinds that it looks at now."))
    tally: CampaignTally


class OrganizationStanding(Schema):
    """How an organization stands."""

    organization: str
    state: str = Field(description=_("That of the one of its findings that has come least far."))
    counts: CountsOut
    overdue: int
    severity: str = Field(description=_("The gravest."))
    first_seen: datetime
    told_at: datetime | None
    heard_at: datetime | None
    due_at: datetime | None


class CallIn(Schema):
    """What came of a call."""

    organization: str = Field(max_length=100)
    to: str = Field(max_length=300)
    result: Literal["reached", "promised", "no-answer", "wrong-number"]
    promised_on: Day | None = Field(None, description=_("Only with a promise: it counts as the organization's answer."))
    note: str = Field("", max_length=1000)


class CallOut(Schema):
    """A call that was noted."""

    id: UUID
    organization: str = Field(alias="organization_id")
    to: str
    result: str
    promised_on: date | None
    note: str
    called_at: datetime
    called_by: str


class PressIn(Schema):
    """On whom to press, and how."""

    organizations: list[str] = Field(min_length=1, max_length=10_000)
    way: Way
    dry_run: bool = Field(False, description=_("Only say what would be done."))


class PressedOut(Schema):
    """What pressing on an organization comes to."""

    organization: str
    reference: str = Field(description=_("The notice that is pressed on; empty: there is none."))
    because: str = Field(description=_("Why nothing is done, in one word; empty: it is."))


class ChoiceIn(Schema):
    """What to put in or leave out by hand."""

    choice: Literal["in", "out", "by-rule"] = Field(description=_("by-rule: let the rule decide again."))
    organizations: list[str] = Field([], max_length=actions.MOST_CHOICES)
    findings: list[UUID] = Field([], max_length=actions.MOST_CHOICES, description=_("Of any kind; goes before what was chosen of the organization."))  # fmt: skip
    because: str = Field(min_length=1, max_length=1000)


class ChoiceOut(Schema):
    """What a person put in or left out."""

    organization: str | None = Field(None, alias="organization_id")
    finding: UUID | None = Field(None, alias="finding_id")
    included: bool
    because: str
    chosen_at: datetime
    chosen_by: str


class CloseIn(Schema):
    """Why a campaign ends."""

    because: str = Field("", max_length=1000)


def _found(request: Call, id_: UUID) -> Campaign:
    team_only(request.viewer)
    return get_object_or_404(queries.campaigns(request.viewer), pk=id_)


def _closed() -> Problem:
    return Problem(CONFLICT, gettext("The campaign was closed."))


def _told(request: Call, row: Campaign) -> dict[str, Any]:
    tally = rules.tally(queries.standings(request.viewer, row, datetime.now(UTC)))
    return {
        "campaign": row, "kinds": queries.kinds(request.viewer, row),
        "tally": {"organizations": _named(tally.organizations), "findings": _named(tally.findings), "told": tally.told, "overdue": tally.overdue},
    }  # fmt: skip


def _named(counts: dict[str, int]) -> dict[str, int]:
    return {state.replace("-", "_"): n for state, n in counts.items()}


@campaigns.get("", response=Page[CampaignLine], **route(Scope.FINDINGS_READ, _("List campaigns, the newest first")))
def list_campaigns(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of campaigns."""
    team_only(request.viewer)
    return page(request, response, queries.campaigns(request.viewer), paging, ("-id",))


@campaigns.post("", response={201: CampaignOut}, **route(Scope.FINDINGS_WRITE, _("Open a campaign; nothing is sent")))
def open_campaign(request: Call, body: CampaignIn) -> Status[Any]:
    """Open one."""
    team_only(request.viewer)
    given = body.model_dump(exclude={"sectors", "organizations", "facts"})
    everyone = not (body.sectors or body.organizations or body.facts)
    selection = Selection(
        everyone=everyone, organizations=tuple(body.organizations), sectors=tuple(body.sectors), facts=tuple(body.facts)
    )
    try:
        made = actions.open_campaign(
            wanted=actions.Wanted(selection=selection, **given), actor=request.viewer, now=datetime.now(UTC)
        )
    except actions.BadCampaign as error:
        raise Problem(INVALID, errors=[{"pointer": f"body/{error.field}", "detail": str(error)}]) from error
    return Status(201, _told(request, made))


@campaigns.get("/{uuid:id_}", response=CampaignOut, **route(Scope.FINDINGS_READ, _("Tell one campaign, with its figures as they are now")))  # fmt: skip
def get_campaign(request: Call, id_: UUID) -> Any:
    """Return one."""
    return _told(request, _found(request, id_))


@campaigns.get("/{uuid:id_}/organizations", response=list[OrganizationStanding], **route(Scope.FINDINGS_READ, _("Tell how each organization stands, the last ones first")))  # fmt: skip
def campaign_organizations(request: Call, id_: UUID) -> Any:
    """Return all standings."""
    row = _found(request, id_)
    return [
        {
            "organization": one.organization_id, "state": one.counts.state, "counts": asdict(one.counts), "overdue": one.counts.overdue,
            "severity": NAMES[one.severity_rank], "first_seen": one.first_seen, "told_at": one.told_at, "heard_at": one.heard_at, "due_at": one.due_at,
        }
        for one in queries.standings(request.viewer, row, datetime.now(UTC))
    ]  # fmt: skip


@campaigns.post("/{uuid:id_}/pressing", response=list[PressedOut], **route(Scope.NOTICES_WRITE, _("Press on organizations that are silent"), _("Only who was not told in this way before is told."), also=(409,)))  # fmt: skip
def press_on_campaign(request: Call, id_: UUID, body: PressIn) -> Any:
    """Press, or say what it would come to."""
    try:
        found = actions.press(
            campaign=_found(request, id_), organizations=body.organizations, way=body.way, actor=request.viewer, now=datetime.now(UTC),
            dry_run=body.dry_run,
        )  # fmt: skip
    except actions.Closed as error:
        raise _closed() from error
    return [
        {"organization": one.organization_id, "reference": one.notice.reference if one.notice else "", "because": one.because}
        for one in found
    ]  # fmt: skip


@campaigns.get("/{uuid:id_}/choices", response=Page[ChoiceOut], **route(Scope.FINDINGS_READ, _("List what was put in or left out by hand, the newest first")))  # fmt: skip
def list_choices(request: Call, response: HttpResponse, id_: UUID, paging: Query[Paging]) -> Found:
    """Return a page of choices."""
    return page(request, response, queries.choices(request.viewer, _found(request, id_)), paging, ("-chosen_at", "-id"))


@campaigns.post("/{uuid:id_}/choices", response=CampaignOut, **route(Scope.FINDINGS_WRITE, _("Put organizations or findings in by hand, or leave them out"), also=(409,)))  # fmt: skip
def choose_for_campaign(request: Call, id_: UUID, body: ChoiceIn) -> Any:
    """Choose; return the campaign as it is then."""
    row = _found(request, id_)
    try:
        actions.choose(
            campaign=row, included={"in": True, "out": False, "by-rule": None}[body.choice], because=body.because,
            organizations=body.organizations, findings=body.findings, actor=request.viewer, now=datetime.now(UTC),
        )  # fmt: skip
    except actions.BadChoice as error:
        raise Problem(INVALID, errors=[{"pointer": f"body/{error.field}", "detail": str(error)}]) from error
    except actions.Closed as error:
        raise _closed() from error
    return _told(request, row)


@campaigns.get("/{uuid:id_}/calls", response=Page[CallOut], **route(Scope.FINDINGS_READ, _("List the calls of a campaign, the newest first")))  # fmt: skip
def list_calls(request: Call, response: HttpResponse, id_: UUID, paging: Query[Paging]) -> Found:
    """Return a page of calls."""
    return page(request, response, queries.calls(request.viewer, _found(request, id_)), paging, ("-id",))


@campaigns.post("/{uuid:id_}/calls", response={201: CallOut}, **route(Scope.NOTICES_WRITE, _("Note a call"), also=(409,)))  # fmt: skip
def note_call(request: Call, id_: UUID, body: CallIn) -> Status[Any]:
    """Note one."""
    row = _found(request, id_)
    owner = get_object_or_404(constituency.organizations(request.viewer), pk=body.organization)
    given = body.model_dump(exclude={"organization"})
    try:
        made = actions.note_call(campaign=row, organization=owner, actor=request.viewer, now=datetime.now(UTC), **given)
    except actions.BadCall as error:
        raise Problem(INVALID, errors=[{"pointer": "body/promised_on", "detail": str(error)}]) from error
    except actions.Closed as error:
        raise _closed() from error
    return Status(201, made)


@campaigns.post("/{uuid:id_}/closing", response=CampaignOut, **route(Scope.FINDINGS_WRITE, _("Close a campaign"), also=(409,)))  # fmt: skip
def close_campaign(request: Call, id_: UUID, body: CloseIn) -> Any:
    """Close one."""
    row = _found(request, id_)
    try:
        actions.close(campaign=row, because=body.because, actor=request.viewer, now=datetime.now(UTC))
    except actions.Closed as error:
        raise _closed() from error
    return _told(request, _found(request, id_))
