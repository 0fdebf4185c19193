"""Let users belong to organizations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from tocsin.accounts.models import User
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency.models import Membership, Organization, Succession


class NotAMember(Exception):
    """The user does not belong to this organization."""


def join(*, user: User, organization: Organization, sees_children: bool = False) -> None:
    """Let a user see what is this organization's, and with `sees_children` what is of those below it."""
    Membership.objects.update_or_create(user=user, organization=organization, defaults={"sees_children": sees_children})


@transaction.atomic
def belong(*, user: User, organizations: Iterable[Organization], actor: Viewer, now: datetime) -> bool:
    """Let a user belong to exactly these organizations; return whether anything changed. Raise NotAllowed."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed("only administrators say to whom somebody belongs")
    wanted = {organization.pk for organization in organizations}
    have = set(Membership.objects.filter(user=user).values_list("organization_id", flat=True))
    if wanted == have:
        return False
    Membership.objects.filter(user=user).exclude(organization_id__in=wanted).delete()
    Membership.objects.bulk_create(Membership(user=user, organization_id=id_) for id_ in sorted(wanted - have))
    said = {"organizations": sorted(wanted), "before": sorted(have)}
    audit.record(
        actor=actor, action="membership-changed", object_kind="user", object_id=user.email, now=now, detail=said
    )
    return True


@transaction.atomic
def see_below(*, user: User, organization: Organization, sees_children: bool, actor: Viewer, now: datetime) -> bool:
    """Say whether a member sees what is below the organization; return whether that is new. Raise NotAMember, NotAllowed."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed("only administrators say what somebody sees")
    mine = Membership.objects.filter(user=user, organization=organization)
    if not mine.exists():
        raise NotAMember(user.email)
    if not mine.exclude(sees_children=sees_children).update(sees_children=sees_children):
        return False
    said = {"organization": organization.pk, "sees_children": [not sees_children, sees_children]}
    audit.record(
        actor=actor, action="membership-changed", object_kind="user", object_id=user.email, now=now, detail=said
    )
    return True


@transaction.atomic
def pass_members_on(*, successions: Sequence[Succession], now: datetime) -> int:
    """Let people of organizations that ended belong to those that follow, too; return how many memberships are new.

    Of a split, somebody follows the contact with their address: nobody else says where they went, and an administrator
    does. What they saw of the days before stays theirs to see; what is below the successor they do not see by this.
    """
    acts: list[audit.Act] = []
    for row in successions:
        contacts = {one["value"].lower(): one["to"] for one in row.moved if one["kind"] == "contact"}
        people = (
            Membership.objects.filter(organization_id__in=row.before).select_related("user").order_by("user_id", "pk")
        )
        there = set(Membership.objects.filter(organization_id__in=row.after).values_list("user_id", "organization_id"))
        made: list[Membership] = []
        for one in people:
            to = row.after[0] if len(row.after) == 1 else contacts.get(one.user.email.lower(), "")
            if not to or (one.user_id, to) in there:
                continue
            there.add((one.user_id, to))
            made.append(Membership(user=one.user, organization_id=to))
            said = {"organization": to, "before": one.organization_id, "reason": row.reason}
            acts.append(audit.Act("membership-passed", "user", one.user.email, said))
        Membership.objects.bulk_create(made, ignore_conflicts=True)
    audit.record_all(actor=SYSTEM, acts=acts, now=now)
    return len(acts)
