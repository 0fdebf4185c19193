"""Decide about what nobody holds: it is an organization's, it is to be ignored, or it is none of our business."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from django.db import IntegrityError, transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.core import constituency as plain
from tocsin.intake import rules
from tocsin.intake.actions import reattributing
from tocsin.intake.models import Dismissal, UnattributedGroup
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

Item = plain.Network | plain.Domain | plain.AutonomousSystem


class NoValue(Exception):
    """The text is no prefix or address, no domain and no `AS…`."""


class NoSuchOrganization(Exception):
    """No organization has this identifier."""


class DismissedAlready(Exception):
    """The value was dismissed before."""


def read(value: str, valid_from: date | None = None) -> Item:
    """Return what a value names, from a day on. Raise NoValue."""
    text = value.strip()
    try:
        if text[:2].upper() == "AS" and text[2:].isdigit():
            return plain.AutonomousSystem(values.asn(text), valid_from)
        if "/" in text or ":" in text or text.replace(".", "").isdigit():
            return plain.Network(values.network(text), valid_from)
        return plain.Domain(values.domain(text), valid_from)
    except Wrong as wrong:
        raise NoValue(value) from wrong


def spelled(item: Item) -> str:
    """Return the value of an item in its one spelling."""
    match item:
        case plain.Network():
            return item.cidr
        case plain.Domain():
            return item.name
        case plain.AutonomousSystem():
            return f"AS{item.number}"


def assign(
    *, value: str, organization: str, actor: Viewer, now: datetime, valid_from: date | None = None
) -> None:  # fmt: skip
    """Let an organization hold a value; what came in before is attributed again by the worker, or by `reattribute`.

    Raise NoValue, NoSuchOrganization, NotAllowed, and HeldAlready of the constituency.
    """
    item = read(value, valid_from)
    found = constituents.organizations(SYSTEM).filter(pk=organization).first()
    if found is None:
        raise NoSuchOrganization(organization)
    constituency.hold(organization=found, item=item, actor=actor, now=now)


def preview_assignment(*, value: str, organization: str, valid_from: date | None = None) -> reattributing.Reattributed:
    """Say which events would move and which findings result. Raise NoValue, NoSuchOrganization."""
    item = read(value, valid_from)
    organizations, ignored = constituents.as_values(SYSTEM)
    place = next((n for n, known in enumerate(organizations) if known.id == organization), None)
    if place is None:
        raise NoSuchOrganization(organization)
    known = organizations[place]
    match item:
        case plain.Network():
            known = replace(known, networks=(*known.networks, item))
        case plain.Domain():
            known = replace(known, domains=(*known.domains, item))
        case plain.AutonomousSystem():
            known = replace(known, asns=(*known.asns, item))
    organizations[place] = known
    return reattributing.preview(organizations=organizations, ignored=ignored)


def ignore(*, value: str, reason: str, actor: Viewer, now: datetime) -> None:
    """Put a value on the ignore list. Raise NoValue, NotAllowed, and HeldAlready of the constituency."""
    constituency.ignore(rule=plain.Ignored(spelled(read(value)), reason.strip()[:300]), actor=actor, now=now)


def preview_ignoring(*, value: str) -> reattributing.Reattributed:
    """Say which events would be ignored. Raise NoValue."""
    organizations, ignored = constituents.as_values(SYSTEM)
    return reattributing.preview(
        organizations=organizations, ignored=[*ignored, plain.Ignored(spelled(read(value)), "?")]
    )


@transaction.atomic
def dismiss(*, value: str, reason: str, actor: Viewer, now: datetime) -> Dismissal:
    """Leave what stands in a value out of the queue, now and later. Raise NoValue, DismissedAlready, NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    plain_value = spelled(read(value))
    try:
        with transaction.atomic():
            made = Dismissal.objects.create(value=plain_value, reason=reason.strip()[:300], by=actor.email, at=now)
    except IntegrityError:
        raise DismissedAlready(plain_value) from None
    inside = _inside(plain_value)
    for start in range(0, len(inside), 500):
        UnattributedGroup.objects.filter(value__in=inside[start : start + 500]).update(dismissal=made)
    audit.record(
        actor=actor, action="unattributed-dismissed", object_kind="dismissal", object_id=plain_value, now=now,
        detail={"reason": made.reason, "places": len(inside)},
    )  # fmt: skip
    return made


def preview_dismissal(*, value: str) -> list[str]:
    """Return which places in the queue a dismissal would leave out. Raise NoValue."""
    return _inside(spelled(read(value)))


def _inside(value: str) -> list[str]:
    cover = rules.Cover([value])
    waiting = UnattributedGroup.objects.filter(dismissal=None).order_by("value").values_list("value", "asn")
    return [group for group, asn in waiting.iterator(chunk_size=5000) if cover.find(group, asn)]


@transaction.atomic
def restore(*, dismissal: Dismissal, actor: Viewer, now: datetime) -> None:
    """Put back into the queue what was dismissed. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    audit.record(
        actor=actor, action="dismissal-lifted", object_kind="dismissal", object_id=dismissal.value, now=now,
        detail={"reason": dismissal.reason},
    )  # fmt: skip
    dismissal.delete()
