"""What is learnt of contacts: that somebody at an address confirmed it, that an address is dead, that it works again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency.models import Contact, ContactState


@transaction.atomic
def confirm_contact(*, contact: Contact, by: str, now: datetime) -> None:
    """Record that somebody at the address said that it is right: the contact is told from now on."""
    before = contact.state
    contact.state, contact.verified_at = ContactState.ACTIVE, now
    if before != ContactState.ACTIVE:
        contact.state_at, contact.state_because = now, ""
    contact.save(update_fields=["state", "state_at", "state_because", "verified_at"])
    detail = {"organization": contact.organization_id, "email": contact.email, "by": by, "before": before}
    audit.record(
        actor=SYSTEM, action="contact-confirmed", object_kind="contact", object_id=str(contact.pk), now=now, detail=detail
    )  # fmt: skip


def mark_dead(*, email: str, because: str, now: datetime) -> list[Act]:
    """Tell nobody at this address any more, in whichever organizations; return what is to be recorded.

    Runs in the caller's transaction.
    """
    rows = list(
        Contact.objects.select_for_update().filter(email__iexact=email).exclude(state=ContactState.DEAD).order_by("pk")
    )
    Contact.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=ContactState.DEAD, state_at=now, state_because=because[:300]
    )
    return [
        Act("contact-dead", "contact", str(row.pk), {"organization": row.organization_id, "email": row.email, "because": because})
        for row in rows
    ]  # fmt: skip


@transaction.atomic
def set_contact_state(*, contact: Contact, state: ContactState, because: str, actor: Viewer, now: datetime) -> None:
    """Say that a contact is told again, or not until it is confirmed. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    before = contact.state
    contact.state, contact.state_at, contact.state_because = state, now, because[:300]
    contact.save(update_fields=["state", "state_at", "state_because"])
    detail = {"organization": contact.organization_id, "email": contact.email, "state": [before, state.value]}
    audit.record(
        actor=actor, action="contact-state", object_kind="contact", object_id=str(contact.pk), now=now, detail=detail
    )  # fmt: skip


@transaction.atomic
def demand_encryption(*, contact: Contact, demanded: bool, actor: Viewer, now: datetime) -> None:
    """Say whether nothing may go to a contact in the clear. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if contact.must_encrypt == demanded:
        return
    contact.must_encrypt = demanded
    contact.save(update_fields=["must_encrypt"])
    detail = {"organization": contact.organization_id, "email": contact.email, "must_encrypt": demanded}
    audit.record(
        actor=actor, action="contact-encryption", object_kind="contact", object_id=str(contact.pk), now=now, detail=detail
    )  # fmt: skip
