"""Read the constituency for a viewer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from tocsin.accounts.models import User
from tocsin.base.tenancy import Role, Viewer, scoped
from tocsin.base.texts import folded
from tocsin.constituency.models import Contact, HoldingsChange, IgnoreRule, Membership, Organization
from tocsin.core import constituency as plain


# scope: everyone because it makes the viewer
def viewer_of(user: User) -> Viewer:
    """Return who looks when this user is signed in."""
    role = Role(user.role)
    if role is not Role.CONTACT:
        return Viewer(user.pk, user.email, role)
    own = dict(Membership.objects.filter(user=user).values_list("organization_id", "sees_children"))
    return Viewer(
        user.pk, user.email, role, frozenset(own) | _below({id_ for id_, children in own.items() if children})
    )


def _below(organization_ids: set[str]) -> frozenset[str]:
    """Return the organizations anywhere below these: one query a level."""
    found: set[str] = set()
    level = organization_ids
    while level:
        level = set(Organization.objects.filter(parent__in=level).values_list("pk", flat=True)) - found
        found |= level
    return frozenset(found)


def organizations(viewer: Viewer, search: str = "") -> QuerySet[Organization]:
    """Return the organizations the viewer may see, perhaps those whose name or identifier holds `search`."""
    rows = scoped(Organization.objects.all(), viewer, "id")
    return rows.filter(search_fold__contains=folded(search)) if search else rows


def parents(viewer: Viewer) -> dict[str, str | None]:
    """Return every organization with the one above it."""
    return dict(organizations(viewer).values_list("pk", "parent_id"))


def contacts_on(viewer: Viewer, organization_id: str, day: date) -> list[Contact]:
    """Return who is told of an organization's findings on a day: security contacts, else all."""
    rows = scoped(Contact.objects.filter(organization_id=organization_id), viewer)
    current = list(_on(rows, day).order_by("id"))
    return [contact for contact in current if "security" in contact.roles] or current


def contacts_of(viewer: Viewer, organization_ids: Iterable[str], day: date) -> dict[str, list[Contact]]:
    """Return all who may be told on a day, of many organizations at once."""
    rows = scoped(Contact.objects.filter(organization_id__in=set(organization_ids)), viewer)
    found: dict[str, list[Contact]] = {}
    for contact in _on(rows, day).order_by("id"):
        found.setdefault(contact.organization_id, []).append(contact)
    return found


def reachable(viewer: Viewer, organization_ids: Iterable[str], day: date) -> set[str]:
    """Return those of these organizations in which somebody may be told on a day."""
    rows = scoped(Contact.objects.filter(organization_id__in=set(organization_ids)), viewer)
    return set(_on(rows, day).order_by().values_list("organization_id", flat=True).distinct())


def _on(rows: QuerySet[Contact], day: date) -> QuerySet[Contact]:
    return rows.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))


def as_values(viewer: Viewer) -> tuple[list[plain.Organization], list[plain.Ignored]]:
    """Return the constituency as plain values: what the registry is built from and files hold."""
    rows = organizations(viewer).prefetch_related(*_LISTS)
    ignored = IgnoreRule.objects.order_by("value", "pk")
    return [_plain(row) for row in rows], [rule.plain() for rule in ignored]


def as_value(viewer: Viewer, organization_id: str) -> plain.Organization | None:
    """Return one organization with all it ever held, or None."""
    row = organizations(viewer).filter(pk=organization_id).prefetch_related(*_LISTS).first()
    return _plain(row) if row else None


def holdings_changes(viewer: Viewer) -> QuerySet[HoldingsChange]:
    """Return the changes of what is held, newest first."""
    return scoped(HoldingsChange.objects.order_by("-id"), viewer)


_LISTS = ("networks", "domains", "autonomoussystems", "contacts")


def _plain(row: Organization) -> plain.Organization:
    def each(name: str) -> tuple[Any, ...]:
        return tuple(item.plain() for item in sorted(getattr(row, name).all(), key=lambda item: item.pk))

    return plain.Organization(
        id=row.id,
        name_vi=row.name_vi,
        name_en=row.name_en,
        parent=row.parent_id,
        sector=row.sector,
        language=row.language,
        networks=each("networks"),
        domains=each("domains"),
        asns=each("autonomoussystems"),
        contacts=each("contacts"),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        criticality=row.criticality,
        essential=row.essential,
    )
