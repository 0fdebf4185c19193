"""Tokens by API, for administrators' programs. A token cannot give more than it has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status
from pydantic import AwareDatetime

from tocsin.accounts import actions, queries
from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import CONFLICT, FORBIDDEN, INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.constituency import queries as constituents

tokens = Router(tags=["tokens"])


class TokenLine(Schema):
    """A token; its secret is not kept."""

    id: UUID
    name: str
    prefix: str = Field(description=_("The beginning of its secret."))
    scopes: list[Scope]
    organization: str = Field(description=_("The one organization it sees; empty, it sees all."))
    created_by: str | None = Field(alias="maker", description=_("Who made it; null is the command line."))
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description=_("When it was last used, to within five minutes."))
    revoked_at: datetime | None


class TokenIn(Schema):
    """A token to make."""

    name: str = Field(min_length=1, max_length=200, description=_("What it is for."))
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    organization: str = Field("", max_length=100, description=_("The one organization it sees; empty, it sees all."))
    expires_at: AwareDatetime | None = None


class TokenMade(TokenLine):
    """A token just made."""

    secret: str = Field(description=_("The token itself: shown now, and never again."))


@tokens.get("", response=Page[TokenLine], **route(Scope.ADMIN, _("List tokens, the newest first")))
def list_tokens(request: Call, response: HttpResponse, paging: Query[Paging]) -> Found:
    """Return a page of tokens."""
    team_only(request.viewer)
    return page(request, response, queries.tokens(request.viewer), paging, ("-id",))


@tokens.post(
    "", response={201: TokenMade}, **route(Scope.ADMIN, _("Make a token"), _("A token cannot give more than it has."))
)
def add_token(request: Call, body: TokenIn) -> Status[Any]:
    """Make a token with some of the caller's own scopes, and show its secret this once."""
    team_only(request.viewer)
    if request.caller.key.startswith("user:"):
        # The page asks for proof of who one is first; a session that somebody took must not get round it.
        raise Problem(FORBIDDEN, gettext("A session makes tokens on the page Tokens."))
    if body.organization and not constituents.organizations(request.viewer).filter(pk=body.organization).exists():
        wrong = {"pointer": "body/organization", "detail": gettext("There is no such organization.")}
        raise Problem(INVALID, errors=[wrong])
    if missing := set(body.scopes) - request.caller.scopes:
        wrong = {"pointer": "body/scopes", "detail": gettext("You do not have these yourself.")}
        raise Problem(INVALID, ", ".join(sorted(missing)), errors=[wrong])
    try:
        token, secret = actions.add_token(
            name=body.name,
            scopes=body.scopes,
            organization=body.organization,
            expires_at=body.expires_at,
            actor=request.viewer,
            now=datetime.now(UTC),
        )
    except actions.BeyondOrganization as error:
        wrong = {"pointer": "body/scopes", "detail": gettext("A token of one organization may not hold these.")}
        raise Problem(INVALID, str(error), errors=[wrong]) from error
    return Status(201, {**TokenLine.from_orm(token).model_dump(by_alias=True), "secret": secret})


@tokens.delete("/{uuid:id_}", response={204: None}, **route(Scope.ADMIN, _("Revoke a token"), also=(409,)))
def revoke_token(request: Call, id_: UUID) -> Status[None]:
    """End a token for good."""
    team_only(request.viewer)
    token = get_object_or_404(queries.tokens(request.viewer), pk=id_)
    try:
        actions.revoke_token(token=token, actor=request.viewer, now=datetime.now(UTC))
    except actions.AlreadyRevoked as error:
        raise Problem(CONFLICT, gettext("It was revoked before.")) from error
    return Status(204, None)
