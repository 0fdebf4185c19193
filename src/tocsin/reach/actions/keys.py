"""Add and remove the keys that mail to a contact is encrypted to."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Role, Viewer
from tocsin.channels.email import openpgp, smime
from tocsin.channels.email.protect import Unprotected
from tocsin.constituency.models import Contact
from tocsin.reach.models import ContactKey

LARGEST = 200_000
"""Bytes of a key; one with many signatures of others is exported without them."""
AT_MOST = 10


class BadKey(ValueError):
    """What was given is no key to encrypt to; the text says why."""


def may_change(actor: Viewer, organization_id: str) -> bool:
    """Say whether somebody may change how an organization is reached: the team, and its own people."""
    if actor.sees_everything:
        return actor.may_write
    return actor.role is Role.CONTACT and organization_id in (actor.organization_ids or ())


@transaction.atomic
def add_key(*, contact: Contact, content: str, actor: Viewer, now: datetime) -> ContactKey:
    """Add an OpenPGP key (armored) or a certificate (PEM); the same one again changes nothing. Raise BadKey, NotAllowed."""
    if not may_change(actor, contact.organization_id):
        raise NotAllowed(actor.role.value)
    read = _read(content, now)
    known = ContactKey.objects.filter(contact=contact, fingerprint=read.fingerprint).first()
    if known is None and ContactKey.objects.filter(contact=contact).count() >= AT_MOST:
        raise BadKey(f"the contact has {AT_MOST} keys already; remove one first")
    row = known or ContactKey(contact=contact, fingerprint=read.fingerprint, kind=read.kind)
    row.content, row.names, row.expires_at, row.added_at, row.added_by = (
        content,
        read.names,
        read.expires_at,
        now,
        actor.email,
    )
    row.save()
    _record("key-added", row, actor, now)
    return row


@transaction.atomic
def remove_key(*, key: ContactKey, actor: Viewer, now: datetime) -> None:
    """Remove a key; the audit trail keeps its fingerprint. Raise NotAllowed."""
    if not may_change(actor, key.contact.organization_id):
        raise NotAllowed(actor.role.value)
    pk = key.pk
    key.delete()
    key.pk = pk
    _record("key-removed", key, actor, now)


def _read(content: str, now: datetime) -> ContactKey:
    """Return what a text says, not saved. Raise BadKey."""
    if len(content) > LARGEST:
        raise BadKey(f"longer than {LARGEST} characters")
    try:
        if "BEGIN CERTIFICATE" in content:
            found = smime.read(content.encode(), now=now)
            kind = ContactKey.Kind.SMIME
            return ContactKey(
                kind=kind, fingerprint=found.fingerprint, names=found.subject[:500], expires_at=found.expires_at
            )
        key = openpgp.read(content.encode(), now=now)
    except (openpgp.BadKey, smime.BadCertificate, Unprotected) as error:
        raise BadKey(str(error)) from error
    kind = ContactKey.Kind.OPENPGP
    return ContactKey(
        kind=kind, fingerprint=key.fingerprint, names=", ".join(key.names)[:500], expires_at=key.expires_at
    )


def _record(action: str, key: ContactKey, actor: Viewer, now: datetime) -> None:
    detail = {
        "organization": key.contact.organization_id,
        "email": key.contact.email,
        "kind": key.kind,
        "fingerprint": key.fingerprint,
    }
    audit.record(
        actor=actor, action=action, object_kind="contact", object_id=str(key.contact_id), now=now, detail=detail
    )  # fmt: skip
