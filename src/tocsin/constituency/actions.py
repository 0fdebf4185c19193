"""Write the constituency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tocsin.accounts.models import User
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, Viewer
from tocsin.constituency import queries, rules
from tocsin.constituency.models import (
    AutonomousSystem,
    Contact,
    Domain,
    HoldingsChange,
    IgnoreRule,
    Membership,
    Network,
    Organization,
)
from tocsin.core import constituency as plain


@transaction.atomic
def import_all(
    *,
    organizations: Sequence[plain.Organization],
    ignored: Sequence[plain.Ignored],
    actor: Viewer,
    now: datetime,
    dry_run: bool = False,
) -> list[rules.Change]:
    """Make the named organizations as given; leave the others alone. Return what changed; a dry run changes nothing."""
    before, _ = queries.as_values(SYSTEM)
    found = rules.changes(before, organizations)
    if dry_run:
        return found
    todo = {change.organization for change in found if change.what != "same"}
    # Parents may come after children in the file: rows first, the tree second.
    for value in organizations:
        if value.id in todo:
            Organization(
                id=value.id, name_vi=value.name_vi, name_en=value.name_en, sector=value.sector,
                language=value.language, valid_from=value.valid_from, valid_to=value.valid_to,
            ).save()  # fmt: skip
    for value in organizations:
        if value.id in todo:
            Organization.objects.filter(pk=value.id).update(parent=value.parent)
    _replace_holdings([value for value in organizations if value.id in todo])
    for rule in ignored:
        IgnoreRule.objects.update_or_create(
            value=rule.value, defaults={"reason": rule.reason, "valid_from": rule.valid_from, "valid_to": rule.valid_to}
        )
    if todo or ignored:
        note_change(actor=actor, what="import", now=now)
    if todo:
        audit.record(
            actor=actor, action="constituency-imported", object_kind="constituency", object_id="all", now=now, detail={"changed": sorted(todo)}
        )  # fmt: skip
    return found


def note_change(*, actor: Viewer, what: str, now: datetime) -> None:
    """Note, inside the caller's transaction, that who holds what changed: the worker then attributes again.

    Call it after every change of networks, domains, autonomous systems, ignore rules or an organization's days.
    """
    HoldingsChange.objects.create(at=now, by=actor.email, what=what[:300])


def _replace_holdings(organizations: Sequence[plain.Organization]) -> None:
    ids = [value.id for value in organizations]
    for model in (Network, Domain, AutonomousSystem, Contact):
        model.objects.filter(organization_id__in=ids).delete()

    def days(item: object) -> dict[str, object]:
        return {"valid_from": item.valid_from, "valid_to": item.valid_to}  # type: ignore[attr-defined]

    Network.objects.bulk_create(
        Network(organization_id=o.id, cidr=n.cidr, **days(n)) for o in organizations for n in o.networks
    )
    Domain.objects.bulk_create(
        Domain(organization_id=o.id, name=d.name, **days(d)) for o in organizations for d in o.domains
    )
    AutonomousSystem.objects.bulk_create(
        AutonomousSystem(organization_id=o.id, number=a.number, **days(a)) for o in organizations for a in o.asns
    )
    Contact.objects.bulk_create(
        Contact(
            organization_id=o.id, name=c.name, email=c.email, phone=c.phone, roles=list(c.roles), language=c.language, **days(c)
        )
        for o in organizations
        for c in o.contacts
    )  # fmt: skip


def join(*, user: User, organization: Organization) -> None:
    """Let a user see what is this organization's."""
    Membership.objects.get_or_create(user=user, organization=organization)
