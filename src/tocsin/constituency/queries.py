"""Read the constituency for a viewer."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from tocsin.accounts.models import User
from tocsin.base.tenancy import Role, Viewer, scoped
from tocsin.base.texts import folded
from tocsin.constituency.models import Contact, IgnoreRule, Membership, Organization
from tocsin.core import constituency as plain


# scope: everyone because it makes the viewer
def viewer_of(user: User) -> Viewer:
    """Return who looks when this user is signed in."""
    role = Role(user.role)
    if role is not Role.CONTACT:
        return Viewer(user.pk, user.email, role)
    own = Membership.objects.filter(user=user).values_list("organization_id", flat=True)
    return Viewer(user.pk, user.email, role, frozenset(own))


def organizations(viewer: Viewer, search: str = "") -> QuerySet[Organization]:
    """Return the organizations the viewer may see, perhaps those whose name or identifier holds `search`."""
    rows = scoped(Organization.objects.all(), viewer, "id")
    return rows.filter(search_fold__contains=folded(search)) if search else rows


def contacts_on(viewer: Viewer, organization_id: str, day: date) -> list[Contact]:
    """Return who is told of an organization's findings on a day: security contacts, else all."""
    rows = scoped(Contact.objects.filter(organization_id=organization_id), viewer)
    current = list(
        rows.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day)).order_by("id")
    )
    return [contact for contact in current if "security" in contact.roles] or current


def as_values(viewer: Viewer) -> tuple[list[plain.Organization], list[plain.Ignored]]:
    """Return the constituency as plain values: what the registry is built from and files hold."""
    rows = organizations(viewer).prefetch_related("networks", "domains", "autonomoussystems", "contacts")
    found = [
        plain.Organization(
            id=o.id,
            name_vi=o.name_vi,
            name_en=o.name_en,
            parent=o.parent_id,
            sector=o.sector,
            language=o.language,
            networks=tuple(
                plain.Network(n.cidr, n.valid_from, n.valid_to) for n in sorted(o.networks.all(), key=lambda n: n.pk)
            ),
            domains=tuple(
                plain.Domain(d.name, d.valid_from, d.valid_to) for d in sorted(o.domains.all(), key=lambda d: d.pk)
            ),
            asns=tuple(
                plain.AutonomousSystem(a.number, a.valid_from, a.valid_to)
                for a in sorted(o.autonomoussystems.all(), key=lambda a: a.pk)
            ),
            contacts=tuple(
                plain.Contact(c.name, c.email, tuple(c.roles), c.phone, c.language, c.valid_from, c.valid_to)
                for c in sorted(o.contacts.all(), key=lambda c: c.pk)
            ),
            valid_from=o.valid_from,
            valid_to=o.valid_to,
        )
        for o in rows
    ]
    ignored = [plain.Ignored(r.value, r.reason, r.valid_from, r.valid_to) for r in IgnoreRule.objects.order_by("value")]
    return found, ignored
