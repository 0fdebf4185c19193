"""People by API, for administrators' programs: who signs in, with which role, and whose contact they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries
from tocsin.accounts.models import User
from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, FORBIDDEN, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import Role
from tocsin.base.web.views import team_only
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Organization
from tocsin.people import actions
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

people = Router(tags=["people"])


class Person(Schema):
    """Somebody who signs in."""

    id: int
    email: str
    name: str
    role: str
    language: str
    is_active: bool
    created_at: datetime
    last_login: datetime | None


class PersonWhole(Person):
    """Somebody who signs in, and whose contact they are."""

    organizations: list[str] = Field(description=_("The organizations a contact belongs to; else none."))


class PersonIn(Schema):
    """Somebody to add."""

    email: str = Field(max_length=254)
    role: Role
    name: str = Field("", max_length=200)
    language: Literal["", "vi", "en"] = ""
    organizations: list[str] = Field(
        [], max_length=500, description=_("Whose contact it is: a contact has at least one, nobody else has any.")
    )


class Account(Schema):
    """Whether an account is open."""

    is_active: bool


@people.get("", response=Page[Person], **route(Scope.ADMIN, _("List people who sign in")))
def list_people(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of people."""
    team_only(request.viewer)
    return page(request, response, queries.people(request.viewer), paging, ("id",))


@people.get("/{int:id_}", response=PersonWhole, **route(Scope.ADMIN, _("Tell one person")))
def get_person(request: Call, id_: int) -> dict[str, Any]:
    """Return one with the organizations."""
    team_only(request.viewer)
    return _whole(request, get_object_or_404(queries.people(request.viewer), pk=id_))


def _whole(request: Call, user: User) -> dict[str, Any]:
    belongs = constituents.organizations_of(request.viewer, [user.pk]).get(user.pk, [])
    return {**Person.from_orm(user).model_dump(), "organizations": belongs}


@people.post(
    "",
    response={201: PersonWhole},
    **route(Scope.ADMIN, _("Add a person"), _("They ask for a sign-in link on the console's page."), also=(409,)),
)
def add_person(request: Call, body: PersonIn) -> Status[Any]:
    """Add somebody, with the organizations of a contact."""
    team_only(request.viewer)
    _no_session(request)
    try:
        email = values.email(body.email)
    except Wrong as error:
        raise _wrong("email", gettext("This is no e-mail address.")) from error
    try:
        made = actions.add(
            email=email, role=body.role, organizations=_organizations(request, body.organizations),
            actor=request.viewer, now=datetime.now(UTC), name=body.name.strip(), language=body.language,
        )  # fmt: skip
    except accounts.UserExists as error:
        raise Problem(CONFLICT, gettext("Somebody with this address is there already.")) from error
    except actions.NoOrganization as error:
        detail = gettext("A contact belongs to at least one organization; nobody else belongs to any.")
        raise _wrong("organizations", detail) from error
    return Status(201, _whole(request, made))


@people.patch(
    "/{int:id_}",
    response=PersonWhole,
    **route(
        Scope.ADMIN,
        _("Close an account, or open it again"),
        _("Sessions and links of a closed account end at once. The last administrator stays."),
        also=(409,),
    ),
)
def switch_person(request: Call, id_: int, body: Account) -> dict[str, Any]:
    """Close or open an account."""
    team_only(request.viewer)
    _no_session(request)
    user = get_object_or_404(queries.people(request.viewer), pk=id_)
    switch = accounts.activate if body.is_active else accounts.deactivate
    try:
        switch(user=user, actor=request.viewer, now=datetime.now(UTC))
    except accounts.LastAdministrator as error:
        raise Problem(CONFLICT, gettext("Nobody would be left who may administer the installation.")) from error
    return _whole(request, get_object_or_404(queries.people(request.viewer), pk=id_))


def _no_session(request: Call) -> None:
    """Refuse sessions: the page asks for proof of who one is first; one that somebody took must not get round it."""
    if request.caller.key.startswith("user:"):
        raise Problem(FORBIDDEN, gettext("A session changes people on the page People."))


def _organizations(request: Call, ids: list[str]) -> list[Organization]:
    found = constituents.organizations(request.viewer).in_bulk(ids)
    if missing := [id_ for id_ in ids if id_ not in found]:
        raise _wrong("organizations", gettext("There is no organization %(id)s.") % {"id": missing[0][:100]})
    return list(found.values())


def _wrong(name: str, detail: str) -> Problem:
    return Problem(INVALID, errors=[{"pointer": f"body/{name}", "detail": detail}])
