"""Chat rooms and webhooks by API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Query, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.paging import Found, Page, Paging, page
from tocsin.base.api.problems import INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.constituency import queries as constituents
from tocsin.reach import actions, queries
from tocsin.reach.models import Endpoint

endpoints = Router(tags=["endpoints"])


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
