"""Findings by API, for programs of the team and of an organization, which sees its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, opened, page, told
from tocsin.base.api.problems import INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.core.severity import RANK
from tocsin.findings import actions, listing, models, queries
from tocsin.findings.models import Finding, FindingChange

router = Router(tags=["findings"])

Severity = Literal["critical", "high", "medium", "low", "info"]
Sensor = Literal["seen", "not-seen-since", "gone", "back"]
Owner = Literal["silent", "seen", "fixing", "says-fixed", "not-ours", "false-positive", "risk-accepted"]

Step = Literal["warned", "in_time", "says_fixed", "verified", "overdue", "unanswered", "open"]
Sort = Literal["-severity", "-last_seen", "last_seen", "-found", "found"]


class Filters(Schema):
    """Which findings."""

    organization: str = Field("", max_length=100, description=_("Identifier of an organization."))
    kind: str = Field("", max_length=200, description=_("Kind of the finding, whole."))
    severity: Severity | None = Field(None, description=_("How bad."))
    owner: Owner | None = Field(None, description=_("What the owner says."))
    sensor: Sensor | None = Field(None, description=_("What sensors see."))
    asset: str = Field("", max_length=2000, description=_("Beginning of the asset: a name, an address, a URL."))
    since: AwareDatetime | None = Field(None, description=_("Seen at this instant or later (ISO 8601)."))
    feed: str = Field("", max_length=64, description=_("Reported by this feed."))
    step: Step | None = Field(None, description=_("Standing at this figure of the loop."))
    notice: UUID | None = Field(
        None, description=_("Told in this notice; only organization, kind, severity, owner and sensor narrow further.")
    )
    sort: Sort = Field("-severity", description=_("The order; that of a notice's findings is `-found`."))


class FindingLine(Schema):
    """A finding in a list: something found on an asset of an organization."""

    id: UUID
    organization: str = Field(alias="organization_id", description=_("Identifier of the organization it belongs to."))
    asset: str = Field(description=_("A URL, a host name, an address or a prefix."))
    kind: str = Field(description=_("What was found, as the source calls it."))
    taxonomy: str = Field(description=_("Class of the RSIT taxonomy."))
    type: str = Field(description=_("Type of the RSIT taxonomy."))
    severity: Severity = Field(description=_("How bad."))
    sensor: Sensor = Field(description=_("What sensors see."))
    owner: Owner = Field(description=_("What the owner says."))
    first_seen: datetime = Field(description=_("When a sensor first saw it."))
    last_seen: datetime = Field(description=_("When a sensor last saw it."))
    count: int = Field(description=_("How many events there were."))
    because: str = Field(description=_("The rule and value that decided whose it is."))


class Change(Schema):
    """A change of a finding."""

    at: datetime
    what: str = Field(description=_("`new`, `worse`, `owner` and others."))
    before: str
    after: str
    by: str
    means: str = Field(description=_("By what means it came: `sensor`, `link`, `portal`, `api`, `team`, `time` …"))
    reason: str = Field(description=_("Why, in a word; empty where nothing more is to be said."))
    evidence: list[str] | None = Field(description=_("What it rests on: events, looks of feeds, hashes of files."))
    note: str


class FindingWhole(FindingLine):
    """A finding with all that is known of it."""

    feeds: list[str] = Field(description=_("Feeds that reported it."))
    ports: list[int] = Field(description=_("Ports it was seen on."))
    evidence: list[str] = Field(description=_("Identifiers of some of its events."))
    related: list[str] = Field(description=_("Other organizations that match as well; only the team sees them."))
    changes: list[Change] = Field(description=_("Its history, newest first."))

    @staticmethod
    def resolve_related(obj: Finding, context: dict[str, Any]) -> list[str]:
        """Keep from an organization which others match as well."""
        return obj.related if context["request"].viewer.sees_everything else []

    @staticmethod
    def resolve_changes(obj: Finding) -> list[FindingChange]:
        """Return the history, newest first."""
        return list(obj.changes.order_by("-at", "-pk")[:1000])


@router.get(
    "", response=Page[FindingLine], **route(Scope.FINDINGS_READ, _("List findings, the gravest and newest first"))
)
def list_findings(request: Call, response: HttpResponse, filters: Query[Filters], paging: Query[Paging]) -> Found:
    """Return a page of the findings that the caller may see."""
    if filters.notice:
        rows = queries.findings(
            request.viewer,
            notice=filters.notice,
            organization=filters.organization,
            kind=filters.kind,
            severity=filters.severity or "",
            owner=filters.owner or "",
            sensor=filters.sensor or "",
        )
        return page(request, response, rows, paging, ("-id",))
    order = listing.ORDERS[filters.sort]
    found = queries.listed(
        request.viewer,
        listing.Wanted(
            organization=filters.organization,
            kind=filters.kind,
            severity=filters.severity or "",
            owner=filters.owner or "",
            sensor=filters.sensor or "",
            step=filters.step or "",
            asset=filters.asset,
            since=filters.since,
            feed=filters.feed,
        ),
        order=order,
        key=opened(Finding, order, paging.cursor),
        now=datetime.now(UTC),
        size=paging.limit,
    )
    return told(request, response, found.rows, found.key)


class Figures(Schema):
    """How many findings stand at each step of the loop."""

    key: str = Field(description=_("The severity, or the identifier of the organization."))
    seen: int
    warned: int
    in_time: int
    says_fixed: int
    verified: int
    overdue: int
    open: int
    unanswered: int


class StandingOut(Schema):
    """The figures of the loop."""

    at: datetime = Field(description=_("When they were counted."))
    rows: list[Figures]


class By(Schema):
    """Along what to count."""

    by: Literal["severity", "organization"] = "severity"


@router.get(
    "/standing",
    response=StandingOut,
    **route(Scope.FINDINGS_READ, _("Count the findings at each step of the loop, by severity or organization")),
)
def get_standing(request: Call, options: Query[By]) -> dict[str, Any]:
    """Return the figures of the front page."""
    by = "severity_rank" if options.by == "severity" else "organization_id"
    at, found = queries.standing(request.viewer, by, datetime.now(UTC))
    names = {rank: name for name, rank in RANK.items()}
    rows = [
        {"key": names.get(key, key), **figures}
        for key, figures in sorted(found.items(), reverse=by != "organization_id")
    ]
    return {"at": at, "rows": rows}


class WordIn(Schema):
    """What an owner said to the team."""

    findings: list[UUID] = Field(min_length=1, max_length=500, description=_("Identifiers of findings."))
    word: Owner
    note: str = Field("", max_length=4000)


class WordTaken(Schema):
    """What came of it."""

    changed: int = Field(description=_("On how many findings it changed something."))


@router.post(
    "/word",
    response=WordTaken,
    **route(Scope.FINDINGS_WRITE, _("Record what an owner said to the team, by telephone or at a desk")),
)
def record_word(request: Call, body: WordIn) -> dict[str, int]:
    """Record a word on these findings."""
    team_only(request.viewer)
    found = list(queries.findings(request.viewer).filter(pk__in=body.findings))
    if len(found) != len(set(body.findings)):
        wrong = {"pointer": "body/findings", "detail": gettext("Not all of these are there.")}
        raise Problem(INVALID, errors=[wrong])
    changed = actions.record_word(
        findings=found,
        word=models.Owner(body.word),
        note=body.note,
        actor=request.viewer,
        now=datetime.now(UTC),
        means=models.Means.API,
    )
    return {"changed": changed}


@router.get("/{uuid:id_}", response=FindingWhole, **route(Scope.FINDINGS_READ, _("Tell one finding with its history")))
def get_finding(request: Call, id_: UUID) -> Finding:
    """Return one finding and its changes."""
    return get_object_or_404(queries.findings(request.viewer), pk=id_)
