"""Ask contacts by mail whether something is right, take their word by its link, and learn from what bounces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from email.policy import SMTP
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.channels.email import addresses, send
from tocsin.channels.email.protect import Unprotected
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Contact, ContactState
from tocsin.reach import envelopes, letters, queries, rules
from tocsin.reach.models import Call

LEASE: Final = timedelta(minutes=5)
PORTION: Final = 500
_OURS = re.compile(r"<call\.([0-9a-f]{32})@")


def ask_contacts(*, now: datetime) -> int:
    """Ask those contacts whose time has come, and those whose key expires soon; return how many."""
    if not settings.TOCSIN_CONFIRM_CONTACTS:
        return 0
    due = queries.due_for_confirmation(SYSTEM, now, at_most=PORTION)
    asked = [_call(contact, Call.Kind.CONFIRM, now) for contact in due]
    asked += [_call(contact, Call.Kind.KEY, now) for contact in queries.keys_to_renew(SYSTEM, now, at_most=PORTION)]
    Call.objects.bulk_create(asked)
    return len(asked)


@transaction.atomic
def ask(*, contact: Contact, actor: Viewer, now: datetime) -> Call:
    """Ask one contact now: to confirm the address if that was not done yet, else whether all is right. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    kind = Call.Kind.CONFIRM if contact.state == ContactState.ACTIVE else Call.Kind.VERIFY
    row = _call(contact, kind, now)
    row.save(force_insert=True)
    return row


def verify_address(*, contact: Contact, replaces: Contact | None, now: datetime) -> Call:
    """Ask a new address to confirm itself; then the contact it replaces ends."""
    row = _call(contact, Call.Kind.VERIFY, now)
    row.replaces = replaces
    row.save(force_insert=True)
    return row


def _call(contact: Contact, kind: Call.Kind, now: datetime) -> Call:
    language = (contact.language or contact.organization.language or "vi")[:2]
    return Call(
        kind=kind,
        contact=contact,
        email=contact.email,
        language=language if language in {"vi", "en"} else "vi",
        created_at=now,
        not_before=now,
    )


def call_about_ends(*, organizations: Iterable[str], now: datetime) -> int:
    """Tell those who are told that something they said, and we agreed to, ends soon; return to how many.

    Runs in the caller's transaction.
    """
    told = constituents.contacts_of(SYSTEM, organizations, now.date())
    ids = [row.pk for rows in told.values() for row in rows if row.state == ContactState.ACTIVE]
    contacts = Contact.objects.filter(pk__in=ids).select_related("organization").order_by("pk")
    return len(Call.objects.bulk_create([_call(contact, Call.Kind.ENDING, now) for contact in contacts]))


def calls_for_drill(contacts: Iterable[Contact], now: datetime) -> list[Call]:
    """Return the calls of a drill, not yet saved."""
    return [_call(contact, Call.Kind.DRILL, now) for contact in contacts]


def send_calls(*, now: datetime) -> dict[str, int]:
    """Send what waits; return how many were sent, failed for good, and will be tried again."""
    figures = {"sent": 0, "failed": 0, "later": 0}
    waiting = Call.objects.filter(state=Call.State.READY, not_before__lte=now)
    ids = list(waiting.order_by("created_at", "pk").values_list("pk", flat=True)[:PORTION])
    if not ids:
        return figures
    try:
        way = send.opened(settings.TOCSIN_EMAIL_URL, Path(settings.TOCSIN_HOME) / "outbox")
    except send.BadUrl:
        return figures | {"later": len(ids)}
    with way:
        for id_ in ids:
            taken = waiting.filter(pk=id_).update(not_before=now + LEASE, n_attempts=F("n_attempts") + 1)
            if taken:
                row = Call.objects.select_related("contact__organization", "drill").get(pk=id_)
                try:
                    figures[_send(row, way, now)] += 1
                except send.Unavailable as error:
                    # The server itself is away: no call pays for it.
                    Call.objects.filter(pk=id_).update(
                        not_before=now + timedelta(minutes=1), n_attempts=F("n_attempts") - 1, says=str(error)[:500]
                    )
                    return figures | {"later": figures["later"] + 1}
    return figures


def _send(row: Call, way: send.Server | send.Outbox, now: datetime) -> str:
    failure = ""
    try:
        content = letters.compose(row, contact=row.contact, now=now).as_bytes(policy=SMTP)
        encryptions = queries.encryptions(SYSTEM, [row.contact.organization_id], now)
        found = encryptions.get((row.contact.organization_id, row.email.lower()))
        if row.kind == Call.Kind.KEY and found is not None:
            found = replace(found, must=False)  # it tells nothing but that a key is wanted
        content = envelopes.enclosed(content, found, outer_subject=letters.EXERCISE if row.drill else "Tocsin")
        sender = addresses.sender(settings.TOCSIN_EMAIL_FROM)[1]
        row.says = way.send(content, sender=sender, recipient=row.email)[:500]
    except (send.NotHandedOver, addresses.BadAddress, envelopes.NoKey, Unprotected) as error:
        row.says = failure = str(error)[:500]
        again = getattr(error, "permanent", True) is False and row.n_attempts <= len(rules.TRIES)
        row.state = Call.State.READY if again else Call.State.FAILED
        row.not_before = now + rules.TRIES[min(row.n_attempts, len(rules.TRIES)) - 1]
        row.save(update_fields=["state", "says", "not_before"])
        if not again:
            _learn_refusal(row, failure, now)
        return "later" if again else "failed"
    row.state, row.sent_at = Call.State.SENT, now
    row.save(update_fields=["state", "says", "sent_at"])
    return "sent"


_STATUS = re.compile(r"\b(5\.\d{1,3}\.\d{1,3})\b")


def refused_status(said: str) -> str:
    """Return the enhanced status code in what a server said, or nothing."""
    found = _STATUS.search(said)
    return found[1] if found else ""


@transaction.atomic
def _learn_refusal(row: Call, said: str, now: datetime) -> None:
    if rules.kills(refused_status(said)):
        acts = constituency.mark_dead(email=row.email, because=said, now=now)
        audit.record_all(actor=SYSTEM, acts=acts, now=now)


def bounce_call(*, message_id: str, status: str, said: str, now: datetime) -> list[Act] | None:
    """Note that a call came back; return what is to be recorded, None if it is none of ours.

    The address is dead if the status says so. Runs in the caller's transaction.
    """
    found = _OURS.match(message_id)
    row = Call.objects.select_for_update().filter(pk=UUID(hex=found[1])).first() if found else None
    if row is None:
        return None
    row.state, row.bounced_at, row.says = Call.State.BOUNCED, now, f"{status} {said}"[:500]
    row.save(update_fields=["state", "bounced_at", "says"])
    if not rules.kills(status):
        return []
    return constituency.mark_dead(email=row.email, because=f"{status} {said}", now=now)


@transaction.atomic
def take_word(*, call: Call, now: datetime) -> None:
    """Take the word of whoever opened a call's link and pressed its button. The first time counts."""
    row = Call.objects.select_for_update(of=("self",)).select_related("contact", "replaces").get(pk=call.pk)
    if row.answered_at is not None:
        return
    row.answered_at = now
    row.save(update_fields=["answered_at"])
    contact = row.contact
    if contact.email.lower() != row.email.lower():
        return  # another address by now: this one's word says nothing of it
    constituency.confirm_contact(contact=contact, by=row.email, now=now)
    if row.replaces is not None and (row.replaces.valid_to is None or row.replaces.valid_to >= now.date()):
        before = row.replaces
        item = replace(before.plain(), valid_to=max(before.valid_from or now.date(), now.date() - timedelta(days=1)))
        constituency.change_item(row=before, item=item, actor=SYSTEM, now=now)
