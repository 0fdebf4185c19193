"""Organizations that register themselves: an address that confirms, a team that decides, a mail at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.policy import SMTP
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.channels.email import addresses, send
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Contact, ContactState, Organization
from tocsin.core import constituency as plain
from tocsin.reach import letters, rules
from tocsin.reach.actions.claiming import BadClaim, claim_holding
from tocsin.reach.models import Call, Registration, RegistrationMail
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

A_DAY: Final = timedelta(days=1)
AGAIN: Final = timedelta(hours=1)
"""How long the same address is not written to again."""
FORGOTTEN: Final = timedelta(days=7)
"""How long a registration is kept whose address nobody confirmed."""
LEASE: Final = timedelta(minutes=5)
PORTION: Final = 100
State = Registration.State
Kind = RegistrationMail.Kind


class NotOpen(Exception):
    """Registrations are not taken here."""


class TooMany(Exception):
    """More registrations came within a day than are taken."""


class NotConfirmed(Exception):
    """Nobody confirmed the address yet."""


class AlreadyAnswered(Exception):
    """The team has approved or refused the registration."""


class BadRegistration(ValueError):
    """It cannot be approved or refused so; the text says why."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """What an organization says of itself."""

    name_vi: str
    name_en: str
    sector: str
    person: str
    email: str
    phone: str
    holdings: Sequence[tuple[str, str]]
    note: str = ""
    language: str = "vi"


@transaction.atomic
def register(*, applicant: Applicant, now: datetime) -> None:
    """Keep what somebody without an account says, and write to the address; returns the same whatever is known already.

    An address that was written to within the hour is not written to again. Raise NotOpen, TooMany.
    """
    if not settings.TOCSIN_REGISTRATIONS:
        raise NotOpen
    Registration.objects.filter(state=State.NEW, at__lt=now - FORGOTTEN).delete()
    if Registration.objects.filter(at__gt=now - A_DAY).count() >= settings.TOCSIN_REGISTRATIONS:
        raise TooMany
    again = Registration.objects.filter(email__iexact=applicant.email, at__gt=now - AGAIN).exists()
    row = Registration.objects.create(
        at=now, language=applicant.language, name_vi=applicant.name_vi, name_en=applicant.name_en, sector=applicant.sector,
        person=applicant.person, email=applicant.email, phone=applicant.phone, holdings=[list(pair) for pair in applicant.holdings],
        note=applicant.note,
    )  # fmt: skip
    if not again:
        _write(row, Kind.CONFIRM, now)


@transaction.atomic
def confirm_registration(*, registration: Registration, now: datetime) -> None:
    """Take the word of whoever opened the link and pressed its button: from now on the team sees it. Once."""
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.state != State.NEW:
        return
    row.state, row.confirmed_at = State.ASKED, now
    row.save(update_fields=["state", "confirmed_at"])
    _write(row, Kind.RECEIVED, now)
    _record("registration-asked", row, SYSTEM, now)


@transaction.atomic
def decide_registration(
    *, registration: Registration, approve: bool, because: str, actor: Viewer, now: datetime, id_: str = ""
) -> Organization | None:
    """Approve under an identifier, or refuse and say why; the applicant is written to.

    Approved, the organization is there with its contact, whose address was confirmed by the link; what it says it holds
    stays a claim until that is proven and approved. Raise NotConfirmed, AlreadyAnswered, BadRegistration, NotAllowed,
    and OrganizationExists of the constituency.
    """
    if not actor.may_write or not actor.sees_everything:
        raise NotAllowed(actor.role.value)
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.state == State.NEW:
        raise NotConfirmed
    if row.state != State.ASKED:
        raise AlreadyAnswered
    if not approve and not because.strip():
        raise BadRegistration("say why it is refused: the applicant is told")
    made = _take_in(row, id_, actor, now) if approve else None
    row.state = State.APPROVED if approve else State.REFUSED
    row.organization = made
    row.decided_by, row.decided_at, row.decided_because = actor.email, now, because.strip()[:1000]
    row.save(update_fields=["state", "organization", "decided_by", "decided_at", "decided_because"])
    _write(row, Kind.APPROVED if approve else Kind.REFUSED, now)
    _record("registration-approved" if approve else "registration-refused", row, actor, now)
    return made


def _take_in(row: Registration, id_: str, actor: Viewer, now: datetime) -> Organization:
    try:
        known = values.identifier(id_)
    except Wrong as wrong:
        raise BadRegistration(str(wrong)) from wrong
    value = plain.Organization(
        known, row.name_vi, row.name_en or row.name_vi, sector=row.sector, language=row.language, valid_from=now.date()
    )
    made = constituency.add_organization(value=value, actor=actor, now=now)
    item = plain.Contact(row.person, row.email, ("security",), row.phone, row.language)
    contact = constituency.hold(organization=made, item=item, actor=actor, now=now)
    assert isinstance(contact, Contact)
    constituency.set_contact_state(
        contact=contact, state=ContactState.UNVERIFIED, because="registered by itself", actor=actor, now=now
    )
    constituency.confirm_contact(contact=contact, by=row.email, now=now)
    for kind, held in row.holdings:
        try:
            claim_holding(organization=made, kind=kind, value=held, actor=actor, now=now)
        except BadClaim as error:
            raise BadRegistration(f"{held}: {error}") from error
    return made


def _write(row: Registration, kind: Kind, now: datetime) -> None:
    RegistrationMail.objects.create(registration=row, kind=kind, not_before=now)


def _record(action: str, row: Registration, actor: Viewer, now: datetime) -> None:
    detail = {
        "name": row.name_vi,
        "email": row.email,
        "organization": row.organization_id,
        "because": row.decided_because,
    }
    audit.record(actor=actor, action=action, object_kind="registration", object_id=str(row.pk), now=now, detail=detail)


def send_registration_mails(*, now: datetime) -> int:
    """Send what waits; return how many went. A mail is taken before it is sent, so that two workers send it once."""
    waiting = RegistrationMail.objects.filter(state=Call.State.READY, not_before__lte=now)
    ids = list(waiting.order_by("not_before", "pk").values_list("pk", flat=True)[:PORTION])
    if not ids:
        return 0
    try:
        way = send.opened(settings.TOCSIN_EMAIL_URL, Path(settings.TOCSIN_HOME) / "outbox")
    except send.BadUrl:
        return 0
    n = 0
    with way:
        for id_ in ids:
            if waiting.filter(pk=id_).update(not_before=now + LEASE, n_attempts=F("n_attempts") + 1):
                try:
                    n += _send(id_, way, now)
                except send.Unavailable as error:
                    # The server itself is away: no mail pays for it.
                    RegistrationMail.objects.filter(pk=id_).update(
                        not_before=now + timedelta(minutes=1), n_attempts=F("n_attempts") - 1, says=str(error)[:500]
                    )
                    return n
    return n


def _send(id_: UUID, way: send.Server | send.Outbox, now: datetime) -> bool:
    row = RegistrationMail.objects.select_related("registration").get(pk=id_)
    try:
        content = letters.compose_registration(row, now=now).as_bytes(policy=SMTP)
        sender = addresses.sender(settings.TOCSIN_EMAIL_FROM)[1]
        row.says = way.send(content, sender=sender, recipient=row.registration.email)[:500]
    except (send.NotHandedOver, addresses.BadAddress) as error:
        again = getattr(error, "permanent", True) is False and row.n_attempts <= len(rules.TRIES)
        row.says = str(error)[:500]
        row.state = Call.State.READY if again else Call.State.FAILED
        row.not_before = now + rules.TRIES[min(row.n_attempts, len(rules.TRIES)) - 1]
        row.save(update_fields=["state", "says", "not_before"])
        return False
    row.state, row.sent_at = Call.State.SENT, now
    row.save(update_fields=["state", "says", "sent_at"])
    return True
