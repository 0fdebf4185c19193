"""Add, try and remove the ways beside mail, and hand something over by one of them."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from tocsin.base import sealed
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.channels.chat import send as chat
from tocsin.channels.handover import NotHandedOver
from tocsin.channels.webhook import send as webhook
from tocsin.channels.webhook import sign
from tocsin.collectors.failures import NotCollected, Refused
from tocsin.collectors.guard import Guard, carried
from tocsin.collectors.limits import Deadline
from tocsin.constituency.models import Contact, Organization
from tocsin.reach.actions.keys import may_change
from tocsin.reach.models import Endpoint

AT_MOST = 10
LONGEST = 2000
SECONDS = 20.0
KEPT = timedelta(days=1)
"""How long the secret before a new one signs too."""
KEPT_AT_MOST = timedelta(days=7)


class BadEndpoint(ValueError):
    """The address cannot be used; the text says why and does not repeat it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over: a short text for people, a document for programs."""

    delivery: str
    """Stays the same at every attempt."""
    event: str
    title: str
    text: str
    document: Mapping[str, Any]


@transaction.atomic
def add_endpoint(
    *, organization: Organization, channel: str, address: str, actor: Viewer, now: datetime, contact: Contact | None = None, always: bool = True
) -> tuple[Endpoint, str]:  # fmt: skip
    """Add a chat room or a webhook; return it with the secret that signs, which is shown this once ("" for chat).

    Raise BadEndpoint, NotAllowed.
    """
    if not may_change(actor, organization.pk):
        raise NotAllowed(actor.role.value)
    address = address.strip()
    if len(address) > LONGEST:
        raise BadEndpoint(f"longer than {LONGEST} characters")
    if Endpoint.objects.filter(organization=organization, removed_at=None).count() >= AT_MOST:
        raise BadEndpoint(f"the organization has {AT_MOST} of them already; remove one first")
    service, shown = _checked(channel, address)
    secret = sign.new_secret() if channel == Endpoint.Channel.WEBHOOK else ""
    row = Endpoint.objects.create(
        organization=organization, contact=contact, channel=channel, service=service, shown=shown, address=sealed.seal(address),
        secret=sealed.seal(secret), always=always, added_at=now, added_by=actor.email,
    )  # fmt: skip
    _record("endpoint-added", row, actor, now)
    return row, secret


def _checked(channel: str, address: str) -> tuple[str, str]:
    """Return the service and what people see of the address. Raise BadEndpoint."""
    try:
        if channel == Endpoint.Channel.WEBHOOK:
            place = webhook.check(address)
            _may_reach(place.host, place.port, place.tls)
            return "Webhook", place.host
        service = chat.check(address)
        parts = urlsplit(address)
        if parts.scheme.lower() in chat.OWN_SERVER and parts.hostname:
            _may_reach(parts.hostname, parts.port or (443 if parts.scheme.lower().endswith("s") else 80), True)
            return service, parts.hostname
        return service, ""
    except (webhook.BadAddress, chat.BadAddress, NotHandedOver) as error:
        raise BadEndpoint(str(error)) from error


@transaction.atomic
def renew_secret(*, endpoint: Endpoint, actor: Viewer, now: datetime, keep: timedelta = KEPT) -> str:
    """Replace the secret that signs, and return the new one, which is shown this once.

    For `keep`, at most a week, the one before signs too. Raise NotAllowed, BadEndpoint.
    """
    if not may_change(actor, endpoint.organization_id):
        raise NotAllowed(actor.role.value)
    if endpoint.channel != Endpoint.Channel.WEBHOOK:
        raise BadEndpoint("only a webhook is signed")
    if not timedelta() <= keep <= KEPT_AT_MOST:
        raise BadEndpoint("the secret before is kept for at most a week")
    secret = sign.new_secret()
    endpoint.secret_before = endpoint.secret if keep else ""
    endpoint.secret_before_until = now + keep if keep else None
    endpoint.secret = sealed.seal(secret)
    endpoint.save(update_fields=["secret", "secret_before", "secret_before_until"])
    _record("endpoint-secret-renewed", endpoint, actor, now)
    return secret


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint, actor: Viewer, now: datetime) -> None:
    """Use an endpoint no more; its address and secret are forgotten. Raise NotAllowed."""
    if not may_change(actor, endpoint.organization_id):
        raise NotAllowed(actor.role.value)
    endpoint.removed_at, endpoint.address, endpoint.secret, endpoint.secret_before = now, "", "", ""
    endpoint.save(update_fields=["removed_at", "address", "secret", "secret_before"])
    _record("endpoint-removed", endpoint, actor, now)


def try_endpoint(*, endpoint: Endpoint, title: str, text: str, actor: Viewer, now: datetime) -> str:
    """Hand over something that says it is a test; return what the other side said. Raise NotHandedOver, NotAllowed."""
    if not may_change(actor, endpoint.organization_id):
        raise NotAllowed(actor.role.value)
    document = {"event": "test", "organization": endpoint.organization_id, "text": text}
    return hand_over(endpoint=endpoint, parcel=Parcel(str(uuid4()), "test", title, text, document), now=now)


def hand_over(*, endpoint: Endpoint, parcel: Parcel, now: datetime) -> str:
    """Hand a parcel over; return what the other side said. What came of it is kept with the endpoint. Raise NotHandedOver."""
    try:
        said = _hand_over(endpoint, parcel, now)
    except NotHandedOver as error:
        Endpoint.objects.filter(pk=endpoint.pk).update(failed_at=now, says=str(error)[:500])
        raise
    Endpoint.objects.filter(pk=endpoint.pk).update(worked_at=now, failed_at=None, says=said[:500])
    return said


def _hand_over(endpoint: Endpoint, parcel: Parcel, now: datetime) -> str:
    try:
        address, secret = sealed.opened(endpoint.address), sealed.opened(endpoint.secret)
        still = endpoint.secret_before_until is not None and now < endpoint.secret_before_until
        before = sealed.opened(endpoint.secret_before) if still else ""
    except sealed.NotOurs as error:
        raise NotHandedOver(str(error), permanent=False, failure="sealed") from error
    if not address:
        raise NotHandedOver("the endpoint was removed", permanent=True, failure="removed")
    try:
        if endpoint.channel == Endpoint.Channel.WEBHOOK:
            body = json.dumps(parcel.document, ensure_ascii=False, default=str).encode()
            return webhook.send(
                address, body, secret=secret, delivery=parcel.delivery, event=parcel.event, at=now, connect=_connect, before=before
            )  # fmt: skip
        return chat.send(address, title=parcel.title, text=parcel.text, allowed=lambda h, p: _may_reach(h, p, True))
    except (webhook.BadAddress, chat.BadAddress) as error:
        raise NotHandedOver(str(error), permanent=True, failure="bad-address") from error


def _guard() -> Guard:
    return Guard(settings.TOCSIN_ALLOWED_NETWORKS, settings.TOCSIN_ALLOWED_PORTS)


def _may_reach(host: str, port: int, tls: bool) -> None:
    """Raise NotHandedOver unless the guard allows this host; without TLS only inside networks that the operator lists."""
    try:
        found = _guard().addresses(host, port)
    except NotCollected as error:
        permanent = isinstance(error, Refused)
        raise NotHandedOver(error.detail, permanent=permanent, failure=error.reason) from error
    inside = settings.TOCSIN_ALLOWED_NETWORKS
    if not tls and not all(_is_inside(address, inside) for address in found):
        raise NotHandedOver("write https://: without TLS only inside networks are spoken to", permanent=True, failure="refused-scheme")  # fmt: skip


def _is_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: Any) -> bool:
    return any(a in network for a in (address, carried(address)) if a is not None for network in networks)


def _connect(host: str, port: int, tls: bool) -> socket.socket:
    """Connect to a host that the guard allows, at the very address it looked at. Raise NotHandedOver."""
    if not tls:
        _may_reach(host, port, tls)
    try:
        return _guard().connect(host, port, Deadline(SECONDS, SECONDS))
    except NotCollected as error:
        raise NotHandedOver(error.detail, permanent=isinstance(error, Refused), failure=error.reason) from error


def _record(action: str, row: Endpoint, actor: Viewer, now: datetime) -> None:
    detail = {"organization": row.organization_id, "channel": row.channel, "service": row.service, "host": row.shown}
    audit.record(actor=actor, action=action, object_kind="endpoint", object_id=str(row.pk), now=now, detail=detail)
