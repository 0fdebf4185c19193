"""How well organizations are reached, by API: for programs of the team, and of an organization, which sees itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as _
from ninja import Field, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.scopes import Scope
from tocsin.constituency import queries as constituents
from tocsin.reach import queries

reachability = Router(tags=["reachability"])


class ReachLine(Schema):
    """How well an organization can be reached."""

    organization: str = Field(alias="organization_id")
    figure: int = Field(description=_("0 (not at all) to 100."))
    reasons: list[str] = Field(description=_("What takes the rest away, the gravest first."))


class KeyOut(Schema):
    """A key that mail to a contact is encrypted to."""

    kind: str
    fingerprint: str
    names: str
    expires_at: datetime | None


class ReachedContact(Schema):
    """A contact, and whether it is told."""

    id: UUID
    name: str
    email: str
    state: str = Field(description=_("`active`, `unverified` or `dead`."))
    because: str = Field(alias="state_because")
    verified_at: datetime | None = Field(description=_("When somebody at this address last confirmed it."))
    must_encrypt: bool
    keys: list[KeyOut]

    @staticmethod
    def resolve_keys(obj: Any) -> list[Any]:
        """Return the keys of the contact."""
        return list(obj.keys.all())


class ReachWhole(ReachLine):
    """How well an organization can be reached, and by whom."""

    contacts: list[ReachedContact]


@reachability.get(
    "", response=list[ReachLine], **route(Scope.ORGANIZATIONS_READ, _("How well each organization can be reached, the worst first"))
)  # fmt: skip
def list_reachability(request: Call) -> list[Any]:
    """Return the figures of the organizations that the caller may see."""
    now = datetime.now(UTC)
    ids = list(constituents.current(request.viewer, now.date()).values_list("pk", flat=True))
    found = queries.reachability(request.viewer, ids, now)
    return sorted(found.values(), key=lambda one: (one.figure, one.organization_id))


@reachability.get(
    "/{id_}", response=ReachWhole, **route(Scope.ORGANIZATIONS_READ, _("How one organization is reached: figure, reasons, contacts"))
)  # fmt: skip
def get_reachability(request: Call, id_: str) -> dict[str, Any]:
    """Return one organization's figure with its contacts."""
    found = get_object_or_404(constituents.organizations(request.viewer), pk=id_)
    reached = queries.reachability(request.viewer, [found.pk], datetime.now(UTC))[found.pk]
    contacts = constituents.contacts(request.viewer).filter(organization=found).prefetch_related("keys").order_by("pk")
    return {
        "organization_id": found.pk,
        "figure": reached.figure,
        "reasons": list(reached.reasons),
        "contacts": list(contacts),
    }
