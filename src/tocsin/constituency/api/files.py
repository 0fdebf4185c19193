"""The constituency by API, in the form of its file."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema

from tocsin import roster
from tocsin.base.api import parsing
from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.base.web.views import team_only
from tocsin.constituency import queries
from tocsin.constituency.api.ignored import IgnoredIn
from tocsin.constituency.api.importing import imported
from tocsin.constituency.api.shapes import AsnIn, ChangeOut, ContactIn, DomainIn, Held, Names, NetworkIn, OverlapOut

constituency = Router(tags=["constituency"])


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


class Imported(Schema):
    """What an import did, or would do."""

    dry_run: bool
    changes: list[ChangeOut]
    overlaps: list[OverlapOut]


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
    found, overlaps = imported(request, content, options.as_of, complete=options.complete, dry_run=options.dry_run)
    return {"dry_run": options.dry_run, "changes": found.organizations, "overlaps": overlaps}


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
