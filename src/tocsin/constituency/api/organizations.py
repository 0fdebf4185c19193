"""Organizations by API: for programs of the team, and of an organization, which sees itself."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.constituency import queries
from tocsin.constituency.api.importing import imported
from tocsin.constituency.api.shapes import AsnIn, ChangeOut, ContactIn, DomainIn, Held, Names, NetworkIn, OverlapOut
from tocsin.constituency.models import Organization

organizations = Router(tags=["organizations"])


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
    found, overlaps = imported(request, file, options.as_of, dry_run=options.dry_run)
    change = next(iter(found.organizations), None)
    told = {
        "dry_run": options.dry_run,
        "change": change if change and change.what != "same" else None,
        "overlaps": overlaps,
    }
    return Status(200 if there or options.dry_run else 201, told)
