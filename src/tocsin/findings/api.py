"""Findings by API, for programs of the team and of an organization, which sees its own."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
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
from tocsin.base.api.paging import Found, Page, Paging, opened, page, told
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.constituency import queries as constituency
from tocsin.core.severity import RANK
from tocsin.findings import actions, listing, models, queries
from tocsin.findings.models import Finding, FindingChange

router = Router(tags=["findings"])
OWN_MEANS = {models.Means.LINK, models.Means.PORTAL, models.Means.API}
"""Means by which an organization's own people speak."""

Severity = Literal["critical", "high", "medium", "low", "info"]
Sensor = Literal["seen", "not-seen-since", "gone", "back"]
Owner = Literal["silent", "seen", "fixing", "says-fixed", "not-ours", "false-positive", "risk-accepted"]

Step = Literal["warned", "in_time", "says_fixed", "verified", "overdue", "unanswered", "open"]
Sort = Literal["-severity", "-last_seen", "last_seen", "-found", "found"]


class FindingFilters(Schema):
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
    def resolve_changes(obj: Finding, context: dict[str, Any]) -> list[FindingChange]:
        """Return the history, newest first; who of the team it was is not told to an organization."""
        found = list(obj.changes.order_by("-at", "-pk")[:1000])
        if not context["request"].viewer.sees_everything:
            for change in found:
                if change.means not in OWN_MEANS and "@" in change.by:
                    change.by = ""
        return found


@router.get(
    "", response=Page[FindingLine], **route(Scope.FINDINGS_READ, _("List findings, the gravest and newest first"))
)
def list_findings(
    request: Call, response: HttpResponse, filters: Query[FindingFilters], paging: Query[Paging]
) -> Found:
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


class ListIn(Schema):
    """CISA's list of what is known to be exploited; other values of it are left alone."""

    vulnerabilities: list[dict[str, Any]] = Field(
        max_length=20_000,
        description=_("Its entries as published: `cveID`, `vulnerabilityName`, `dateAdded`, `dueDate` …"),
    )


class KnownOut(Schema):
    """A weakness that is known to be exploited."""

    cve: str
    name: str
    added_on: date | None
    due_on: date | None = Field(description=_("By when the list asks for a fix."))
    ransomware: bool = Field(description=_("Whether it is known from extortion."))
    source: str = Field(description=_("Code of the feed of the list; empty: a person brought it."))
    withdrawn_at: datetime | None = Field(description=_("When its list named it no more."))


class NoEntry(Schema):
    """An entry of a list that is none."""

    entry: int = Field(description=_("Its number, from 1."))
    why: str


class ListTaken(Schema):
    """What came of a list."""

    entries: int = Field(description=_("How many entries it has."))
    new: int = Field(description=_("How many of them were not known."))
    withdrawn: int = Field(description=_("How many it named before, and names no more."))
    raised: int = Field(description=_("How many findings became critical."))
    rejects: list[NoEntry] = Field(description=_("Entries that are none: their number, and why."))

    @staticmethod
    def resolve_rejects(obj: actions.Taken) -> list[dict[str, Any]]:
        """Return each with its number."""
        return [{"entry": number, "why": why} for number, why in obj.rejects]


@router.get(
    "/known-exploited",
    response=Page[KnownOut],
    **route(Scope.FINDINGS_READ, _("List what is known to be exploited")),
)
def list_known_exploited(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of the lists."""
    team_only(request.viewer)
    return page(request, response, queries.known_exploited(request.viewer), paging, ("-cve",))


@router.post(
    "/known-exploited",
    response=ListTaken,
    **route(
        Scope.FINDINGS_WRITE,
        _("Take the list of what is known to be exploited"),
        _("Findings whose kind carries one of its CVE identifiers become critical, and their owners are told at once."),
    ),
)
def take_known_exploited(request: Call, body: ListIn) -> Any:
    """Take a list."""
    team_only(request.viewer)
    content = json.dumps({"vulnerabilities": body.vulnerabilities}).encode()
    return actions.take_known_exploited(content=content, actor=request.viewer, now=datetime.now(UTC))


class ReCheckOut(Schema):
    """A look at a finding that was asked for."""

    id: UUID
    state: str = Field(description=_("`asked`, `running` or `done`."))
    result: str = Field(description=_("`clean`, `still-there` or `could-not-tell`; empty before it is done."))
    said: str = Field(description=_("What was seen."))
    sensor: str = Field(description=_("Who looked."))
    asked_at: datetime
    not_before: datetime
    done_at: datetime | None


class ResultIn(Schema):
    """What a scanner found when it looked again."""

    result: Literal["clean", "still-there", "could-not-tell"]
    sensor: str = Field("scanner", min_length=1, max_length=64, description=_("Who looked."))
    said: str = Field("", max_length=300, description=_("What was seen."))


@router.get(
    "/{uuid:id_}/rechecks",
    response=list[ReCheckOut],
    **route(Scope.FINDINGS_READ, _("List the looks at a finding that were asked for")),
)
def list_rechecks(request: Call, id_: UUID) -> Any:
    """Return them, the newest first."""
    found = get_object_or_404(queries.findings(request.viewer), pk=id_)
    return queries.rechecks(request.viewer, found)[:500]


@router.post(
    "/{uuid:id_}/rechecks",
    response={201: ReCheckOut},
    **route(
        Scope.NOTICES_WRITE,
        _("Ask that a finding is looked at again"),
        _("Only where its organization holds the address today and a permission is recorded."),
        also=(409,),
    ),
)
def ask_recheck(request: Call, id_: UUID) -> Status[Any]:
    """Ask for a look."""
    found = get_object_or_404(queries.findings(request.viewer), pk=id_)
    try:
        made = actions.ask(finding=found, by=request.caller.name, means=models.Means.API, now=datetime.now(UTC))
    except actions.TooSoon as error:
        raise Problem(CONFLICT, gettext("It was asked for a short while ago.")) from error
    except actions.NothingToCheck as error:
        raise Problem(CONFLICT, gettext("Sensors have confirmed already that it is gone.")) from error
    except (actions.NoCheck, actions.NotHeld, actions.NoPermission) as error:
        raise Problem(CONFLICT, gettext("It cannot be looked at: no permission, no address of theirs, or no check for this kind.")) from error  # fmt: skip
    return Status(201, made)


@router.post(
    "/{uuid:id_}/recheck-results",
    response=Change,
    **route(Scope.FINDINGS_WRITE, _("Take what a scanner found when it looked at a finding again")),
)
def take_result(request: Call, id_: UUID, body: ResultIn) -> Any:
    """Take a result, and return it as it stands in the history."""
    found = get_object_or_404(queries.findings(request.viewer), pk=id_)
    team_only(request.viewer)
    actions.take_result(
        finding=found, result=body.result, sensor=body.sensor, said=body.said, actor=request.viewer, now=datetime.now(UTC), means=models.Means.API
    )  # fmt: skip
    return found.changes.filter(what="recheck").order_by("-pk").first()


@router.get("/{uuid:id_}", response=FindingWhole, **route(Scope.FINDINGS_READ, _("Tell one finding with its history")))
def get_finding(request: Call, id_: UUID) -> Finding:
    """Return one finding and its changes."""
    return get_object_or_404(queries.findings(request.viewer), pk=id_)


permissions = Router(tags=["permissions"])


class PermissionIn(Schema):
    """An organization permits re-checks of a range it holds."""

    organization: str = Field(max_length=100, description=_("Identifier of an organization."))
    value: str = Field("", max_length=49, description=_("A range of addresses; empty: all that it holds."))
    given_by: str = Field(min_length=1, max_length=200, description=_("Who of the organization gave it."))
    given_on: Day = Field(description=_("The day it was given: today or before."))
    valid_until: Day = Field(description=_("The last day it holds."))
    note: str = Field("", max_length=1000)


class PermissionOut(Schema):
    """A permission that the team recorded."""

    id: int
    organization: str = Field(alias="organization_id", description=_("Identifier of an organization."))
    value: str = Field(description=_("A range of addresses; empty: all that it holds."))
    given_by: str = Field(description=_("Who of the organization gave it."))
    given_on: date
    valid_until: date
    note: str
    recorded_by: str
    recorded_at: datetime
    revoked_at: datetime | None


@permissions.get(
    "",
    response=Page[PermissionOut],
    **route(Scope.FINDINGS_READ, _("List who permits re-checks, the last to end first")),
)
def list_permissions(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of permissions; an organization sees its own."""
    return page(request, response, queries.permissions(request.viewer), paging, ("-valid_until", "-id"))


@permissions.post(
    "", response={201: PermissionOut}, **route(Scope.FINDINGS_WRITE, _("Record that an organization permits re-checks"))
)
def add_permission(request: Call, body: PermissionIn) -> Status[Any]:
    """Record a permission."""
    team_only(request.viewer)
    organization = constituency.organizations(request.viewer).filter(pk=body.organization).first()
    if organization is None:
        wrong = {"pointer": "body/organization", "detail": gettext("There is no such organization.")}
        raise Problem(INVALID, errors=[wrong])
    try:
        made = actions.permit(
            organization=organization, value=body.value, given_by=body.given_by, given_on=body.given_on, valid_until=body.valid_until,
            note=body.note, actor=request.viewer, now=datetime.now(UTC),
        )  # fmt: skip
    except actions.BadPermission as error:
        raise Problem(INVALID, errors=[{"pointer": "body", "detail": str(error)}]) from error
    return Status(201, made)


@permissions.delete(
    "/{int:id_}", response={204: None}, **route(Scope.FINDINGS_WRITE, _("End a permission of re-checks now"))
)
def end_permission(request: Call, id_: int) -> Status[None]:
    """End a permission."""
    team_only(request.viewer)
    actions.revoke(
        permission=get_object_or_404(queries.permissions(request.viewer), pk=id_), actor=request.viewer, now=datetime.now(UTC)
    )  # fmt: skip
    return Status(204, None)
