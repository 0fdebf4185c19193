"""Learn from what could not be delivered: the address is marked, the next contact is told, and all of it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM
from tocsin.channels.email import bounce
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
from tocsin.lake import raw
from tocsin.notices.actions import approving, moving, planning
from tocsin.notices.models import Delivery, Notice, State
from tocsin.reach import actions as reach
from tocsin.reach import rules as reach_rules

PORTION = 200
LARGEST = 1 << 20
"""Bytes of a mail that is read; a report is a few thousand."""
NEXT = "next-contact-told"
GOES_ON = {State.READY, State.SENT, State.PARTLY_SENT, State.FAILED}

Learner = Callable[..., list[Act] | None]
"""Notes that a mail came back, by its Message-ID; None: it is none of its own. See reach.actions.bounce_call."""


@dataclass(slots=True)
class Learnt:
    """What came back taught: how many deliveries and calls bounced, how many reports were none of ours or only of a delay."""

    deliveries: int = 0
    calls: int = 0
    delayed: int = 0
    unknown: int = 0
    contacts_told: int = 0
    """Further contacts that are told now instead."""


def read_bounces(*, now: datetime, others: Sequence[Learner] = ()) -> Learnt:
    """Read the mail that came back to mailboxes declared to hold it, each once; `others` know mails that are no notices."""
    learnt = Learnt()
    for arrival in arrived.unread_bounces(SYSTEM)[:PORTION]:
        content = b""
        if arrival.size <= LARGEST:
            content = raw.place(Path(settings.TOCSIN_HOME), arrival.sha256).read_bytes()
        with transaction.atomic():
            intake.mark_read(arrivals=[arrival.pk])
            _learn(content, learnt, now, others)
    return learnt


def learn_bounces(*, contents: Iterable[bytes], now: datetime, others: Sequence[Learner] = ()) -> Learnt:  # fmt: skip
    """Learn from mails that came back, as bytes; what is no delivery report counts as unknown."""
    learnt = Learnt()
    for content in contents:
        _learn(content, learnt, now, others)
    return learnt


@transaction.atomic
def _learn(content: bytes, learnt: Learnt, now: datetime, others: Sequence[Learner]) -> None:
    found = bounce.read(content)
    acts: list[Act] = []
    if not found:
        learnt.unknown += 1
    for one in found:
        row = _delivery(one)
        if one.action == "delayed" and row is not None:
            row.response = f"{one.status} {one.said}"[:1000]
            row.save(update_fields=["response"])
            learnt.delayed += 1
        elif one.action != "failed":
            learnt.unknown += 1
        elif row is not None:
            acts += _bounced(row, one, now)
            learnt.deliveries += 1
        else:
            asked = (
                learn(message_id=one.message_id, status=one.status, said=one.said, now=now)
                for learn in (reach.bounce_call, *others)
            )
            called = next((acts_ for acts_ in asked if acts_ is not None), None)
            learnt.calls += called is not None
            learnt.unknown += called is None
            acts += called or []
    learnt.contacts_told += sum(len(act.detail["recipients"]) for act in acts if act.action == NEXT)
    audit.record_all(actor=SYSTEM, acts=acts, now=now)


def _delivery(one: bounce.Bounce) -> Delivery | None:
    """Return the delivery that a report is about: by our Message-ID, which nobody knows but its recipient."""
    rows = Delivery.objects.select_for_update().filter(message_id=one.message_id, channel="email")
    return rows.first() if one.message_id else None


def _bounced(row: Delivery, one: bounce.Bounce, now: datetime) -> list[Act]:
    if not moving.move_deliveries(
        Delivery.objects.filter(pk=row.pk), "bounced", failure="bounced", bounced_at=now, response=f"{one.status} {one.said}"[:1000]
    ):  # fmt: skip
        return []  # it is known already
    row.refresh_from_db()
    told = {"recipient": row.recipient, "status": one.status, "said": one.said}
    acts = [Act("delivery-bounced", "notice", row.notice.reference, told), *go_on([row], now=now)]
    return acts + moving.settle([row.notice_id], now=now)


def go_on(lost: Sequence[Delivery], *, now: datetime) -> list[Act]:
    """Mark the addresses of mails that are lost for good, and tell the next contacts; return what is to be recorded.

    Runs in the caller's transaction, which settles the notices.
    """
    acts: list[Act] = []
    mine = [row for row in lost if row.channel == "email" and not row.to_team]
    for row in mine:
        status = reach.refused_status(row.response)
        if row.failure == "bad-address" or reach_rules.kills(status):
            acts += constituency.mark_dead(email=row.recipient, because=row.response, now=now)
    for notice in Notice.objects.filter(pk__in={row.notice_id for row in mine}, state__in=GOES_ON).select_related("organization"):  # fmt: skip
        told = _tell_next(notice, now)
        if told:
            acts.append(Act(NEXT, "notice", notice.reference, {"recipients": told}))
    return acts


def _tell_next(notice: Notice, now: datetime) -> list[str]:
    """Tell those whom the policy names by now; where nobody of them is left, the next contact there is."""
    known = list(notice.deliveries.filter(channel="email", to_team=False).values_list("recipient", "state"))
    reached = {address for address, state in known if state in {"ready", "handed-over", "waiting"}}
    tried = {address for address, _ in known}
    current = approving.current_recipients([notice], now)[notice.pk]
    more = [one for one in current if one.email not in tried]
    if not more and not reached:
        contacts = constituents.contacts_of(SYSTEM, [notice.organization_id], now.date()).get(
            notice.organization_id, []
        )
        rest = [contact for contact in contacts if contact.email.lower() not in tried]
        more = [
            planning.Recipient(contact.email.lower(), contact.name, (contact.language or notice.language)[:2])
            for contact in rest[:1]
        ]
    approving.add_recipients(notice, more, "ready", now)
    return [one.email for one in more]
