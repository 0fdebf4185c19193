"""Change single rows: an organization, one thing it holds, a contact, an ignore rule; each change is audited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries
from tocsin.constituency.actions.importing import (
    AboveItself,
    NoSuchParent,
    item_row,
    organization_row,
)
from tocsin.constituency.actions.recording import record, record_ignored
from tocsin.constituency.models import AutonomousSystem, Contact, Domain, IgnoreRule, Network, Organization
from tocsin.constituency.rules.difference import Change, ItemChange
from tocsin.constituency.rules.holdings import Item, meet, value_of
from tocsin.core import constituency as plain

Row = Network | Domain | AutonomousSystem | Contact | IgnoreRule


class OrganizationExists(Exception):
    """An organization with this identifier is there already."""


class HeldAlready(Exception):
    """The organization has the same on some of these days."""


@transaction.atomic
def add_organization(*, value: plain.Organization, actor: Viewer, now: datetime) -> Organization:
    """Add an organization that holds nothing yet. Raise OrganizationExists, NoSuchParent, NotAllowed."""
    _may_write(actor)
    if Organization.objects.filter(pk=value.id).exists():
        raise OrganizationExists(value.id)
    bare = replace(value, networks=(), domains=(), asns=(), contacts=())
    _check_parent(bare)
    row = organization_row(bare)
    row.save(force_insert=True)
    record([Change(bare.id, "new", None, bare)], actor=actor, now=now)
    return row


@transaction.atomic
def change_organization(*, organization: Organization, value: plain.Organization, actor: Viewer, now: datetime) -> None:
    """Change what an organization is, not what it holds. Raise NoSuchParent, AboveItself, NotAllowed."""
    _may_write(actor)
    with _changing(organization.pk, actor, now):
        _check_parent(replace(value, id=organization.pk))
        organization_row(replace(value, id=organization.pk)).save(force_update=True)


@transaction.atomic
def hold(*, organization: Organization, item: Item, actor: Viewer, now: datetime) -> Row:
    """Let an organization hold something, or have a contact. Raise HeldAlready, NotAllowed."""
    _may_write(actor)
    row: Row = item_row(item, organization.pk)
    if isinstance(row, Contact):
        row.known_at = now
    _check_alone(row, item)
    with _changing(organization.pk, actor, now, [ItemChange("added", None, item)]):
        row.save(force_insert=True)
    return row


@transaction.atomic
def ignore(*, rule: plain.Ignored, actor: Viewer, now: datetime) -> IgnoreRule:
    """Put a rule on the ignore list. Raise HeldAlready, NotAllowed."""
    _may_write(actor)
    row: IgnoreRule = item_row(rule, None)
    _check_alone(row, rule)
    with _changing(None, actor, now, [ItemChange("added", None, rule)]):
        row.save(force_insert=True)
    return row


@transaction.atomic
def change_item(*, row: Row, item: Item, actor: Viewer, now: datetime) -> None:
    """Make a row say `item`: other days, another value. Raise HeldAlready, NotAllowed."""
    _may_write(actor)
    before = row.plain()
    if item == before:
        return
    owner = getattr(row, "organization_id", None)
    changed = item_row(item, owner)
    changed.pk = row.pk
    _check_alone(changed, item)
    closes = before.valid_to is None and item.valid_to is not None and replace(item, valid_to=None) == before
    with _changing(owner, actor, now, [ItemChange("closed" if closes else "changed", before, item)]):
        names = [field.name for field in fields(item)]
        if isinstance(changed, Contact) and changed.email != row.email:  # type: ignore[union-attr]
            changed.known_at = now  # nothing is known of another address yet
            names += Contact.LEARNT
        changed.save(force_update=True, update_fields=names)


@transaction.atomic
def withdraw(*, row: Row, actor: Viewer, now: datetime) -> None:
    """Take back a row that was never right; what has ended is ended by `change_item` instead. Raise NotAllowed."""
    _may_write(actor)
    with _changing(getattr(row, "organization_id", None), actor, now, [ItemChange("withdrawn", row.plain(), None)]):
        row.delete()


def _may_write(actor: Viewer) -> None:
    if not actor.may_write:
        raise NotAllowed


def _check_parent(value: plain.Organization) -> None:
    """Raise NoSuchParent or AboveItself when the organization cannot stand where it is to."""
    parents = queries.parents(SYSTEM) | {value.id: value.parent}
    above, path = value.parent, {value.id}
    while above is not None:
        if above in path:
            raise AboveItself(value.id)
        if above not in parents:
            raise NoSuchParent(above)
        path.add(above)
        above = parents[above]


def _check_alone(row: Any, item: Item) -> None:
    """Raise HeldAlready when the same owner has the same value on a common day, in another row."""
    others = type(row).objects.exclude(pk=row.pk)
    if not isinstance(row, IgnoreRule):
        others = others.filter(organization_id=row.organization_id)
    for other in others:
        known = other.plain()
        alike = value_of(known).casefold() == value_of(item).casefold()
        if alike and isinstance(item, plain.Contact) and isinstance(known, plain.Contact):
            alike = known.name == item.name  # two people may share an address
        if alike and meet(known, item):
            raise HeldAlready(value_of(item))


@contextmanager
def _changing(
    organization_id: str | None, actor: Viewer, now: datetime, items: Sequence[ItemChange] = ()
) -> Iterator[None]:
    """Record what the body changes: of an organization, or of the ignore list when there is none."""
    if organization_id is None:
        rules = tuple(rule.plain() for rule in IgnoreRule.objects.all())
        yield
        after_rules = tuple(rule.plain() for rule in IgnoreRule.objects.all())
        record_ignored(items, before=rules, after=after_rules, actor=actor, now=now)
        return
    before = queries.as_value(SYSTEM, organization_id)
    yield
    after = queries.as_value(SYSTEM, organization_id)
    assert before is not None
    assert after is not None
    if before != after:
        record([Change(organization_id, "changed", before, after, tuple(items))], actor=actor, now=now)
