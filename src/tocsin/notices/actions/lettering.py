"""Make an official letter of a notice, give it out as PDF or DOCX, and note when a person handed it over."""

from __future__ import annotations

import json
import zlib
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.channels.letter import render
from tocsin.notices.actions import moving, ways
from tocsin.notices.actions.ways import letter
from tocsin.notices.models import Delivery, Notice, OfficialLetter, State


class LetterExists(Exception):
    """There is a letter of this notice already."""


class NoLetter(Exception):
    """The notice never went out, or the delivery is no letter that waits to be carried."""


class NotYet(Exception):
    """A letter cannot have been handed over on a day that is to come, or before it was made."""


@transaction.atomic
def order_letter(*, notice: Notice, actor: Viewer, now: datetime) -> Delivery:
    """Have an official letter made of a notice that went out. Raise LetterExists, NoLetter, NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if notice.state not in {State.SENT, State.PARTLY_SENT, State.FAILED, State.READY}:
        raise NoLetter(notice.reference)
    (to,) = ways.way("letter").addressees(notice.organization, [], "vi")
    row, new = Delivery.objects.get_or_create(
        notice=notice, channel="letter", recipient=to.key, to_team=False,
        defaults={
            "name": to.name, "language": to.language, "message_id": f"<{notice.pk.hex}.letter@tocsin>", "state": "ready", "next_attempt_at": now,
        },
    )  # fmt: skip
    if not new:
        raise LetterExists(notice.reference)
    audit.record_all(actor=actor, acts=[Act("letter-ordered", "notice", notice.reference)], now=now)
    return row


def document(*, delivery: Delivery, ending: str, now: datetime) -> bytes:
    """Return a letter as `pdf` or `docx`. Raise NoLetter, and NoLibrary of the channel without its extra."""
    if delivery.channel != "letter" or ending not in {"pdf", "docx"}:
        raise NoLetter(str(delivery.pk))
    registered = OfficialLetter.objects.filter(delivery=delivery).first()
    if hasattr(delivery, "message"):
        content = json.loads(zlib.decompress(delivery.message.content))
    else:
        ((_, made),) = ways.compose([delivery], now=now)
        content = json.loads(made)
    found = letter.letter_of(delivery, content, registered)
    return render.pdf(found) if ending == "pdf" else render.docx(found)


@transaction.atomic
def note_carried(*, delivery: Delivery, on: date, actor: Viewer, now: datetime) -> None:
    """Note that a letter was handed over by hand on a day. Raise NoLetter, NotYet, NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    registered = OfficialLetter.objects.select_for_update().filter(delivery=delivery).first()
    if registered is None:
        raise NoLetter(str(delivery.pk))
    if not timezone.localdate(registered.made_at) <= on <= timezone.localdate(now):
        raise NotYet(on.isoformat())
    said = f"handed over by hand on {on.isoformat()}"
    moved = moving.move_deliveries(
        Delivery.objects.filter(pk=delivery.pk), "handed-over", handed_over_at=now, response=said, failure=""
    )
    if not moved:
        raise NoLetter(str(delivery.pk))
    registered.carried_on, registered.carried_by = on, actor.email
    registered.save(update_fields=["carried_on", "carried_by"])
    reference = delivery.notice.reference
    detail = {"letter": str(registered), "on": on}
    acts = [Act("letter-carried", "notice", reference, detail), *moving.settle([delivery.notice_id], now=now)]
    audit.record_all(actor=actor, acts=acts, now=now)
