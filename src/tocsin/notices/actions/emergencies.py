"""Warn many organizations at once, outside of schedules, quiet hours and policies: draft, try, send, once.

Sending is one transaction that makes a notice for each organization; the worker hands them over before anything
else that waits. From there they are notices like others: answered by their link, escalated when nobody answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import make_msgid
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.channels.email import addresses, message
from tocsin.channels.handover import NotHandedOver, Unavailable
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact, Organization
from tocsin.core import tlp
from tocsin.core.severity import RANK
from tocsin.notices import render
from tocsin.notices.actions import moving, ways, writing
from tocsin.notices.actions.planning import Recipient
from tocsin.notices.models import Delivery, Emergency, Notice, State
from tocsin.notices.rules import EMERGENCY

TESTED_AT_ONCE = 20
KEPT_TESTS = 100
PORTION = 500


class BadEmergency(Exception):
    """Something of it is missing or cannot be; `field` says what."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(f"{field}: {says}")
        self.field = field


class NotADraft(Exception):
    """It was sent or dropped: it does not change any more."""


class NotTested(Exception):
    """As it is now it has not been handed over to any test address."""


class NobodySelected(Exception):
    """No organization is in the selection."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an emergency warning says, and to whom it goes."""

    title_vi: str
    title_en: str
    text_vi: str
    text_en: str
    selection: constituency.Selection
    severity: str = "critical"
    tlp: str = "TLP:AMBER"
    answer_hours: int = 24


@dataclass(frozen=True, slots=True)
class Reached:
    """An organization that would get it, and who there."""

    organization: Organization
    recipients: list[Recipient]


@transaction.atomic
def draft(*, wanted: Wanted, actor: Viewer, now: datetime) -> Emergency:
    """Write an emergency warning down; nothing is sent. Raise NotAllowed, BadEmergency."""
    _may_write(actor)
    made = Emergency.objects.create(made_by=actor.email, made_at=now, changed_at=now, **_values(wanted))
    _record("emergency-drafted", made, actor, now)
    return made


@transaction.atomic
def redraft(*, emergency: Emergency, wanted: Wanted, actor: Viewer, now: datetime) -> None:
    """Change a draft: it must be tried again before it goes out. Raise NotAllowed, BadEmergency, NotADraft."""
    _may_write(actor)
    mine = Emergency.objects.filter(pk=emergency.pk, state=Emergency.State.DRAFT)
    if not mine.update(changed_at=now, **_values(wanted)):
        raise NotADraft(str(emergency.pk))
    _record("emergency-changed", emergency, actor, now)


@transaction.atomic
def drop(*, emergency: Emergency, actor: Viewer, now: datetime) -> None:
    """Give a draft up; it is kept as it was. Raise NotAllowed, NotADraft."""
    _may_write(actor)
    mine = Emergency.objects.filter(pk=emergency.pk, state=Emergency.State.DRAFT)
    if not mine.update(state=Emergency.State.DROPPED, changed_at=now):
        raise NotADraft(str(emergency.pk))
    _record("emergency-dropped", emergency, actor, now)


def reached(emergency: Emergency, *, now: datetime) -> list[Reached]:
    """Return who would get it now: every contact of every selected organization, each address once; perhaps nobody."""
    chosen = constituency.selected(SYSTEM, constituency.Selection.of(emergency.selection), now.date())
    contacts = constituency.contacts_of(SYSTEM, [row.pk for row in chosen], now.date())
    return [Reached(row, everybody(row, contacts.get(row.pk, []))) for row in chosen]


def everybody(organization: Organization, contacts: Sequence[Contact]) -> list[Recipient]:
    """Return all contacts of an organization, each in their language."""
    found = ways.way("email").addressees(organization, contacts, organization.language or "vi")
    return [Recipient(one.key, one.name, one.language) for one in found]


def rendered(emergency: Emergency, language: str, *, now: datetime, organization: Organization | None = None, test: bool = False) -> render.Rendered:  # fmt: skip
    """Return the mail as it reads in a language; the link that answers it is left out."""
    names = {code: organization.name_in(code) if organization else "…" for code in ("vi", "en")}
    said = render.Said(
        reference="TC-…", tlp=emergency.tlp, organization=names, reason=EMERGENCY, due_at=_due(emergency, now), lines=(), reasons={},
        base_url=settings.TOCSIN_BASE_URL, emergency=emergency.texts, test=test,
    )  # fmt: skip
    return render.render(said, language=language, answer_url=f"{settings.TOCSIN_BASE_URL}/answer/…/", link_until=now)


def test(*, emergency: Emergency, to: Sequence[str], actor: Viewer, now: datetime) -> list[dict[str, str]]:
    """Hand it over to test addresses, in both languages, marked as a test; return what came of each. Raise NotAllowed, NotADraft, BadEmergency."""
    _may_write(actor)
    if emergency.state != Emergency.State.DRAFT:
        raise NotADraft(str(emergency.pk))
    recipients = list(dict.fromkeys(address.strip().lower() for address in to if address.strip()))
    if not 0 < len(recipients) <= TESTED_AT_ONCE:
        raise BadEmergency("to", f"from 1 to {TESTED_AT_ONCE} addresses")
    outcomes = [_try(emergency, address, actor, now) for address in recipients]
    with transaction.atomic():
        mine = Emergency.objects.select_for_update().get(pk=emergency.pk)
        mine.tests = [*mine.tests, *outcomes][-KEPT_TESTS:]
        mine.save(update_fields=["tests"])
        _record("emergency-tested", mine, actor, now, to=recipients)
    emergency.tests = mine.tests
    return outcomes


def _try(emergency: Emergency, address: str, actor: Viewer, now: datetime) -> dict[str, str]:
    outcome = {"to": address, "at": now.isoformat(), "by": actor.email, "state": "handed-over"}
    try:
        with ways.way("email").opened() as hand:
            for language in ("vi", "en"):
                found = rendered(emergency, language, now=now, test=True)
                letter = message.Letter(
                    sender=settings.TOCSIN_EMAIL_FROM, recipient=address, name="", subject=found.subject, text=found.text, html=found.html,
                    language=language, message_id=make_msgid(domain=addresses.sender(settings.TOCSIN_EMAIL_FROM)[1].rpartition("@")[2]),
                    tlp=emergency.tlp, reference="TEST", sent_at=now, details=found.details,
                )  # fmt: skip
                outcome["says"] = hand(Delivery(recipient=address), message.build(letter))
    except (NotHandedOver, Unavailable, addresses.BadAddress) as error:
        return outcome | {"state": "failed", "says": str(error)[:500]}
    return outcome


def tested(emergency: Emergency) -> bool:
    """Return whether it was handed over to a test address since it was last changed."""
    return any(
        one["state"] == "handed-over" and datetime.fromisoformat(one["at"]) >= emergency.changed_at
        for one in emergency.tests
    )


@transaction.atomic
def send(*, emergency: Emergency, actor: Viewer, now: datetime, untested: bool = False) -> list[Notice]:
    """Let it go to everybody selected, once; return the notices. Raise NotAllowed, NotADraft, NotTested, NobodySelected."""
    if not actor.may_approve:
        raise NotAllowed(actor.role.value)
    mine = Emergency.objects.select_for_update().get(pk=emergency.pk)
    if mine.state != Emergency.State.DRAFT:
        raise NotADraft(str(emergency.pk))
    if not untested and not tested(mine):
        raise NotTested(str(emergency.pk))
    to = reached(mine, now=now)
    if not to:
        raise NobodySelected(str(emergency.pk))
    mine.state, mine.sent_by, mine.sent_at = Emergency.State.SENT, actor.email, now
    mine.save(update_fields=["state", "sent_by", "sent_at"])
    first = writing.numbers(len(to), now)
    made = [
        Notice(
            id=uuid7(), reference=writing.reference(now, first + place), organization=one.organization,
            state=State.READY if one.recipients else State.NO_CONTACT, reason=EMERGENCY, severity=mine.severity, tlp=mine.tlp,
            language=one.organization.language or "vi", created_at=now, approved_by=actor.email, approved_at=now,
            due_at=_due(mine, now), emergency=mine,
        )
        for place, one in enumerate(to)
    ]  # fmt: skip
    Notice.objects.bulk_create(made, batch_size=PORTION)
    Delivery.objects.bulk_create(
        (row for notice, one in zip(made, to, strict=True) for row in rows_for(notice.pk, one.recipients, now)),
        batch_size=PORTION,
    )
    acts = [moving.act(row.reference, State(row.state), organization=row.organization_id, reason=EMERGENCY) for row in made]  # fmt: skip
    audit.record_all(actor=actor, acts=acts, now=now)
    _record("emergency-sent", mine, actor, now, organizations=len(made), untested=untested)
    return made


def rows_for(notice: UUID, to: list[Recipient], now: datetime) -> list[Delivery]:
    """Return the rows that carry a notice to all of these at once."""
    return writing.deliveries(notice, to, "ready", now)


@transaction.atomic
def reach_later(*, now: datetime) -> int:
    """Let emergency notices go that had nobody to go to, where there is somebody now; return how many."""
    waiting = Notice.objects.filter(emergency__isnull=False, state=State.NO_CONTACT).select_related("organization")
    rows = list(waiting.order_by("pk")[:PORTION])
    contacts = constituency.contacts_of(SYSTEM, {row.organization_id for row in rows}, now.date()) if rows else {}
    found = [row for row in rows if contacts.get(row.organization_id)]
    acts = moving.move([row.pk for row in found], State.READY, now=now, approved_at=now)
    for row in found:
        to = everybody(row.organization, contacts[row.organization_id])
        Delivery.objects.bulk_create(rows_for(row.pk, to, now))
    audit.record_all(actor=SYSTEM, acts=acts, now=now)
    return len(found)


def _due(emergency: Emergency, now: datetime) -> datetime:
    return now + timedelta(hours=emergency.answer_hours)


def _may_write(actor: Viewer) -> None:
    if not actor.may_write:
        raise NotAllowed(actor.role.value)


def _values(wanted: Wanted) -> dict[str, object]:
    texts = {name: getattr(wanted, name).replace("\0", "").strip() for name in ("title_vi", "title_en", "text_vi", "text_en")}  # fmt: skip
    for name, text in texts.items():
        if not text:
            raise BadEmergency(name, "it is empty")
        if "\n" in text and name.startswith("title"):
            raise BadEmergency(name, "one line")
        if len(text) > (200 if name.startswith("title") else 20_000):
            raise BadEmergency(name, "it is too long")
    if wanted.severity not in RANK:
        raise BadEmergency("severity", f"none of {', '.join(RANK)}")
    if wanted.tlp not in tlp.LABELS:
        raise BadEmergency("tlp", f"none of {', '.join(tlp.LABELS)}")
    if not 1 <= wanted.answer_hours <= 24 * 30:
        raise BadEmergency("answer_hours", "from 1 to 720")
    selection = asdict(wanted.selection)
    return {**texts, "severity": wanted.severity, "tlp": wanted.tlp, "answer_hours": wanted.answer_hours, "selection": selection}  # fmt: skip


def _record(action: str, row: Emergency, actor: Viewer, now: datetime, **detail: object) -> None:
    audit.record(
        actor=actor, action=action, object_kind="emergency", object_id=str(row.pk), now=now,
        detail={"title": row.title_vi, **detail},
    )  # fmt: skip
