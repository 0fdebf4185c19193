"""Organizations by API: for programs of the team, and of an organization, which sees itself."""

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

from tocsin import roster
from tocsin.base.api import parsing
from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.constituency import actions, queries, words
from tocsin.constituency.models import IgnoreRule, Organization
from tocsin.constituency.rules.difference import Difference, result
from tocsin.constituency.rules.review import review
from tocsin.constituency.rules.succession import BadSuccession, Planned
from tocsin.core import constituency as plain
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

organizations = Router(tags=["organizations"])
constituency = Router(tags=["constituency"])
ignored = Router(tags=["constituency"])


class Names(Schema):
    """A name in both languages."""

    vi: str
    en: str


class OrganizationLine(Schema):
    """An organization of the constituency."""

    id: str = Field(description=_("Its identifier, a slug."))
    name: Names
    parent: str | None = Field(alias="parent_id", description=_("The organization above it, if you may see it."))
    sector: str
    language: str = Field(description=_("The language it is written to in."))
    criticality: str = Field(description=_("How much depends on it: `low`, `medium`, `high`, `critical` or nothing."))
    essential: bool = Field(description=_("Whether it provides an essential service."))
    valid_from: date | None
    valid_to: date | None

    @staticmethod
    def resolve_parent_id(obj: Organization, context: dict[str, Any]) -> str | None:
        """Return the parent, unless it belongs to others."""
        viewer = context["request"].viewer
        return obj.parent_id if viewer.sees_everything or obj.parent_id in viewer.organization_ids else None

    @staticmethod
    def resolve_name(obj: Organization) -> dict[str, str]:
        """Return both names."""
        return {"vi": obj.name_vi, "en": obj.name_en}


class HeldOut(Schema):
    """Something an organization holds, from a day to a day, both included; null is open."""

    value: str = Field(description=_("A prefix, a domain or an AS number."))
    valid_from: date | None
    valid_to: date | None

    @staticmethod
    def resolve_value(obj: Any) -> str:
        """Return it as people write it."""
        return str(obj)


class ContactOut(Schema):
    """A person or desk that is told."""

    name: str
    email: str
    phone: str
    roles: list[str]
    language: str
    valid_from: date | None
    valid_to: date | None


class OrganizationWhole(OrganizationLine):
    """An organization with what it holds and who is told."""

    networks: list[HeldOut]
    domains: list[HeldOut]
    asns: list[HeldOut] = Field(alias="autonomoussystems")
    contacts: list[ContactOut]


class Held(Schema):
    """Something with days."""

    valid_from: Day | None = None
    valid_to: Day | None = None


class NetworkIn(Held):
    """A prefix with days."""

    cidr: str = Field(max_length=49)


class DomainIn(Held):
    """A domain with days."""

    name: str = Field(max_length=253)


class AsnIn(Held):
    """An autonomous system with days."""

    number: int | str


class ContactIn(Held):
    """A person or desk that is told."""

    name: str = Field("", max_length=200)
    email: str = Field(max_length=254)
    phone: str = Field("", max_length=64)
    roles: list[str] = []
    language: str = Field("", max_length=8)


class OrganizationIn(Held):
    """An organization, as the constituency file has it."""

    id: str = Field(max_length=100)
    name: Names | str
    parent: str | None = Field(None, max_length=100)
    sector: str = Field("", max_length=64)
    language: str = Field("", max_length=8)
    criticality: Literal["", "low", "medium", "high", "critical"] = ""
    essential: bool = False
    networks: list[NetworkIn | str] = []
    domains: list[DomainIn | str] = []
    asns: list[AsnIn | int | str] = []
    contacts: list[ContactIn] = []


class IgnoredIn(Held):
    """A range, domain or AS whose events are kept but never warned of."""

    value: str = Field(max_length=253)
    reason: str = Field(max_length=300)


class ConstituencyFile(Schema):
    """The constituency, in the form of its file."""

    version: Literal[1]
    organizations: list[OrganizationIn] = Field(max_length=100_000)
    ignored: list[IgnoredIn] = []


class ImportOptions(Schema):
    """How to import."""

    dry_run: bool = Field(False, description=_("Only tell what would change."))
    complete: bool = Field(False, description=_("Close the organizations that the file does not name."))
    as_of: Day | None = Field(None, description=_("The day from which the changes hold; today if not given."))


class ItemOut(Schema):
    """What happens to one thing held, or one contact."""

    what: str = Field(description=_("`added`, `changed`, `closed` or `withdrawn`."))
    kind: str
    value: str


class ChangeOut(Schema):
    """What the import does to one organization."""

    organization: str
    what: str = Field(description=_("`new`, `changed`, `closed` or `same`."))
    fields: list[str] = Field(description=_("Which of its fields change."))
    items: list[ItemOut] = Field(description=_("What happens to what it holds."))


class OverlapOut(Schema):
    """The same thing, held by two at once."""

    value: str
    one: str
    other: str


class Imported(Schema):
    """What an import did, or would do."""

    dry_run: bool
    changes: list[ChangeOut]
    overlaps: list[OverlapOut]


class OrganizationFilters(Schema):
    """Which organizations."""

    name: str = Field("", max_length=300, description=_("Part of the name or identifier, with or without accents."))


@organizations.get("", response=Page[OrganizationLine], **route(Scope.ORGANIZATIONS_READ, _("List organizations")))
def list_organizations(
    request: Call, response: HttpResponse, filters: Query[OrganizationFilters], paging: Query[Paging]
) -> Found:
    """Return a page of the organizations that the caller may see."""
    return page(request, response, queries.organizations(request.viewer, filters.name), paging, ("id",))


@organizations.get(
    "/{id_}",
    response=OrganizationWhole,
    **route(Scope.ORGANIZATIONS_READ, _("Tell one organization: what it holds and who is told")),
)
def get_organization(request: Call, id_: str) -> Organization:
    """Return one organization."""
    return get_object_or_404(queries.organizations(request.viewer), pk=id_)


class OrganizationPut(Held):
    """An organization with all it holds and all its contacts, as the constituency file has it."""

    name: Names | str
    parent: str | None = Field(None, max_length=100)
    sector: str = Field("", max_length=64)
    language: str = Field("", max_length=8)
    criticality: Literal["", "low", "medium", "high", "critical"] = ""
    essential: bool = False
    networks: list[NetworkIn | str] = Field([], max_length=10_000)
    domains: list[DomainIn | str] = Field([], max_length=10_000)
    asns: list[AsnIn | int | str] = Field([], max_length=1_000)
    contacts: list[ContactIn] = Field([], max_length=1_000)


class PutOptions(Schema):
    """How to write it."""

    dry_run: bool = Field(False, description=_("Only tell what would change."))
    as_of: Day | None = Field(None, description=_("The day from which the changes hold; today if not given."))


class OrganizationSaid(Schema):
    """What writing an organization did, or would do."""

    dry_run: bool
    change: ChangeOut | None = Field(description=_("Null: it was so before."))
    overlaps: list[OverlapOut]


@organizations.put(
    "/{id_}",
    response={200: OrganizationSaid, 201: OrganizationSaid},
    **route(
        Scope.ORGANIZATIONS_WRITE,
        _("Add an organization, or make it as given"),
        _(
            "With its networks, domains, AS numbers and contacts: what it held and the body does not name ends on the "
            "day before. With `dry_run` it only tells what would change."
        ),
    ),
)
def put_organization(request: Call, id_: str, body: OrganizationPut, options: Query[PutOptions]) -> Status[Any]:
    """Make one organization as given, by the same rules as a file."""
    team_only(request.viewer)
    there = queries.organizations(request.viewer).filter(pk=id_).exists()
    value = {"id": id_, **body.model_dump(mode="json", exclude_unset=True)}
    file = json.dumps({"version": 1, "organizations": [value]}).encode()
    found, overlaps = _imported(request, file, options.as_of, dry_run=options.dry_run)
    change = next(iter(found.organizations), None)
    told = {
        "dry_run": options.dry_run,
        "change": change if change and change.what != "same" else None,
        "overlaps": overlaps,
    }
    return Status(200 if there or options.dry_run else 201, told)


@constituency.post(
    "",
    response=Imported,
    **route(
        Scope.ORGANIZATIONS_WRITE,
        _("Import organizations"),
        _("Those it names become as given, the others stay. With `dry_run` it only tells what would change."),
        takes={"application/json": ConstituencyFile},
    ),
)
def import_constituency(request: Call, options: Query[ImportOptions]) -> dict[str, Any]:
    """Import, or tell what an import would do."""
    team_only(request.viewer)
    body = parsing.read(request, ConstituencyFile)
    content = body.model_dump_json(exclude_unset=True).encode()
    found, overlaps = _imported(request, content, options.as_of, complete=options.complete, dry_run=options.dry_run)
    return {"dry_run": options.dry_run, "changes": found.organizations, "overlaps": overlaps}


def _imported(
    request: Call, content: bytes, as_of: date | None, *, complete: bool = False, dry_run: bool
) -> tuple[Difference, list[dict[str, Any]]]:
    """Import a file, or tell what that would do; return the difference and what is held twice then. Raise Problem."""
    known, _ignored = queries.as_values(request.viewer)
    read = roster.parse(content, "body.json", known={o.id: o.parent for o in known})
    if read.errors:
        wrong = [{"pointer": _pointer(error.place), "detail": error.reason} for error in read.errors[:50]]
        raise Problem(INVALID, gettext("Nothing was imported."), errors=wrong)
    try:
        found = actions.import_all(
            organizations=read.organizations,
            ignored=read.ignored,
            actor=request.viewer,
            now=datetime.now(UTC),
            as_of=as_of,
            complete=complete,
            dry_run=dry_run,
            source={"api": request.caller.name},
        )
    except (actions.NoSuchParent, actions.AboveItself) as error:
        broken = {
            "pointer": f"body/organizations/{error}",
            "detail": gettext("The tree of organizations is broken here."),
        }
        raise Problem(INVALID, gettext("Nothing was imported."), errors=[broken]) from error
    return found, [
        {"value": remark.value, "one": remark.organization, "other": remark.other}
        for remark in review(result(known, found), on=datetime.now(UTC).date())
        if remark.code == "held-twice"
    ]


def _pointer(place: str) -> str:
    """Return `body/organizations/0/networks/1` for `body.json organizations[0].networks[1]`."""
    path = place.partition(" ")[2].replace("[", "/").replace("]", "").replace(".", "/")
    return f"body/{path}" if path else "body"


@constituency.get(
    "",
    response=ConstituencyFile,
    exclude_unset=True,
    **route(
        Scope.ORGANIZATIONS_READ,
        _("Export the constituency in the form of its file"),
        _("An import gives back what was exported. An organization's token exports that organization."),
    ),
)
def export_constituency(request: Call) -> HttpResponse:
    """Write what the caller may see, as the file has it."""
    values, ignored = queries.as_values(request.viewer)
    content = roster.content("constituency.json", values, ignored if request.viewer.sees_everything else [])
    return HttpResponse(content, content_type="application/json")


class IgnoreRuleOut(Schema):
    """A range, domain or AS whose events are kept but never warned of."""

    id: int
    value: str
    reason: str
    valid_from: date | None
    valid_to: date | None


@ignored.get("", response=Page[IgnoreRuleOut], **route(Scope.ORGANIZATIONS_READ, _("List what is ignored")))
def list_ignored(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of the ignore list."""
    team_only(request.viewer)
    return page(request, response, queries.ignored(request.viewer), paging, ("id",))


def _rule(body: IgnoredIn) -> plain.Ignored:
    try:
        value = values.ignored(body.value)
        reason = values.text(body.reason, values.LIMITS["reason"])
    except Wrong as wrong:
        raise Problem(
            INVALID, errors=[{"pointer": "body/value", "detail": str(words.reason(wrong.code, wrong.values))}]
        ) from wrong
    if body.valid_from and body.valid_to and body.valid_to < body.valid_from:
        wrong_day = {"pointer": "body/valid_to", "detail": gettext("The last day is before the first.")}
        raise Problem(INVALID, errors=[wrong_day])
    return plain.Ignored(value, reason, body.valid_from, body.valid_to)


@ignored.post(
    "", response={201: IgnoreRuleOut}, **route(Scope.ORGANIZATIONS_WRITE, _("Add to the ignore list"), also=(409,))
)
def add_ignored(request: Call, body: IgnoredIn) -> Status[Any]:
    """Add a rule, and return it."""
    team_only(request.viewer)
    try:
        made = actions.ignore(rule=_rule(body), actor=request.viewer, now=datetime.now(UTC))
    except actions.HeldAlready as error:
        raise Problem(CONFLICT, gettext("It stands there already on some of these days.")) from error
    return Status(201, made)


@ignored.put(
    "/{int:id_}",
    response=IgnoreRuleOut,
    **route(Scope.ORGANIZATIONS_WRITE, _("Change a rule of the ignore list, or let it end"), also=(409,)),
)
def change_ignored(request: Call, id_: int, body: IgnoredIn) -> IgnoreRule:
    """Make a rule as given, and return it."""
    team_only(request.viewer)
    row = get_object_or_404(queries.ignored(request.viewer), pk=id_)
    try:
        actions.change_item(row=row, item=_rule(body), actor=request.viewer, now=datetime.now(UTC))
    except actions.HeldAlready as error:
        raise Problem(CONFLICT, gettext("It stands there already on some of these days.")) from error
    return get_object_or_404(queries.ignored(request.viewer), pk=id_)


@ignored.delete(
    "/{int:id_}",
    response={204: None},
    **route(Scope.ORGANIZATIONS_WRITE, _("Take back a rule of the ignore list that was never right")),
)
def withdraw_ignored(request: Call, id_: int) -> Status[None]:
    """Take it back; one that has ended is changed instead."""
    team_only(request.viewer)
    row = get_object_or_404(queries.ignored(request.viewer), pk=id_)
    actions.withdraw(row=row, actor=request.viewer, now=datetime.now(UTC))
    return Status(204, None)


class SuccessionIn(Schema):
    """Organizations that end, and those that follow."""

    before: list[str] = Field(
        min_length=1, max_length=1_000, description=_("Identifiers of those that end the day before.")
    )
    after: list[str] = Field(
        min_length=1, max_length=1_000, description=_("Identifiers of those that follow; they exist already.")
    )
    on: Day = Field(description=_("The first new day."))
    reason: str = Field(max_length=300)
    assigned: dict[str, str] = Field({}, description=_("Which successor gets a prefix, domain, AS number or contact."))


class SuccessionsIn(Schema):
    """Merges and splits: all are done, or none."""

    successions: list[SuccessionIn] = Field(min_length=1, max_length=10_000)


class MovedOut(Schema):
    """Something that passes on."""

    kind: str
    value: str
    before: str = Field(alias="from")
    after: str = Field(alias="to", description=_("Empty: it is still to be said who gets it."))


class SuccessionOut(Schema):
    """A merge or split."""

    before: list[str]
    after: list[str]
    on: date
    reason: str
    moved: list[MovedOut]


class SuccessionKept(SuccessionOut):
    """A merge or split that was recorded."""

    id: int
    by: str
    at: datetime


class Succeeded(Schema):
    """What merges and splits did, or would do."""

    dry_run: bool
    successions: list[SuccessionOut]


class DryRun(Schema):
    """Whether to do it."""

    dry_run: bool = Field(False, description=_("Only tell what would move."))


@constituency.get(
    "/successions", response=Page[SuccessionKept], **route(Scope.ORGANIZATIONS_READ, _("List merges and splits, the latest first"))
)  # fmt: skip
def list_successions(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of merges and splits."""
    team_only(request.viewer)
    return page(request, response, queries.successions(request.viewer), paging, ("-on", "-id"))


@constituency.post(
    "/successions",
    response=Succeeded,
    **route(
        Scope.ORGANIZATIONS_WRITE,
        _("Merge or split organizations"),
        _("What those that end hold passes to those that follow, from that day. With `dry_run` it only tells what would move."),
    ),
)  # fmt: skip
def succeed(request: Call, body: SuccessionsIn, options: Query[DryRun]) -> dict[str, Any]:
    """Do all, or tell what they would move."""
    team_only(request.viewer)
    plans = [Planned(tuple(one.before), tuple(one.after), one.on, one.reason, one.assigned) for one in body.successions]
    try:
        passing = actions.foresee(plans=plans, actor=request.viewer)
        if not options.dry_run:
            actions.succeed_all(plans=plans, actor=request.viewer, now=datetime.now(UTC))
    except BadSuccession as error:
        wrong = [{"pointer": "body/successions", "detail": words.succession(error.code, error.values)}]
        raise Problem(INVALID, gettext("Nothing was done."), errors=wrong) from error
    except (actions.NoSuchParent, actions.AboveItself) as error:
        broken = {"pointer": "body/successions", "detail": gettext("The tree of organizations is broken here.")}
        raise Problem(INVALID, gettext("Nothing was done."), errors=[broken]) from error
    told = [
        {name: getattr(one.plan, name) for name in ("before", "after", "on", "reason")} | {"moved": one.moved}
        for one in passing
    ]
    return {"dry_run": options.dry_run, "successions": told}


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
