"""Hand the mails over, the same Message-ID at every attempt, and learn from what comes back."""

from __future__ import annotations

import re
from datetime import datetime
from email.policy import SMTP
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM
from tocsin.channels.email import addresses, send
from tocsin.channels.email.protect import Unprotected
from tocsin.constituency import actions as constituency
from tocsin.notices.rules import next_attempt
from tocsin.reach import envelopes, queries
from tocsin.reach import rules as reach
from tocsin.reach.actions import refused_status
from tocsin.surveys import letters
from tocsin.surveys.actions.sending import go_on
from tocsin.surveys.models import Survey, SurveyMail

PORTION: Final = 500
_RELATED: Final = ("asked__survey", "asked__organization")
_OURS = re.compile(r"<survey\.([0-9a-f]{32})@")
_REFUSED = (send.NotHandedOver, addresses.BadAddress, envelopes.NoKey, Unprotected)


def send_mails(*, now: datetime) -> int:
    """Hand over what waits; return how many were.

    One process does it at a time: a mail that was under way when a process died goes out again at once, with the
    same Message-ID, and each is written down before the next begins.
    """
    waiting = SurveyMail.objects.filter(state=SurveyMail.State.READY, not_before__lte=now)
    if not waiting.exists():
        return 0
    sent = 0
    with dialect.mutual_exclusion("survey-mails"):
        try:
            with send.opened(settings.TOCSIN_EMAIL_URL, Path(settings.TOCSIN_HOME) / "outbox") as way:
                while rows := list(waiting.select_related(*_RELATED).order_by("created_at", "pk")[:PORTION]):
                    keys = queries.encryptions(SYSTEM, {row.asked.organization_id for row in rows}, now)
                    for row in rows:
                        key = keys.get((row.asked.organization_id, row.recipient.lower()))
                        sent += _send(row, key, way, now)
        except (send.BadUrl, send.Unavailable):
            return sent  # the server itself is away, which the watch over it says; no mail pays for it
    return sent


def _send(row: SurveyMail, key: envelopes.Encryption | None, way: send.Server | send.Outbox, now: datetime) -> bool:  # fmt: skip
    """Hand one over, or note why not; afterwards it waits no more, or until later."""
    asked = row.asked
    asked.refresh_from_db(fields=["answered_at"])
    if asked.answered_at is not None or asked.survey.state != Survey.State.SENT:
        SurveyMail.objects.filter(pk=row.pk, state=SurveyMail.State.READY).update(state=SurveyMail.State.UNNEEDED)
        return False
    row.n_attempts += 1
    try:
        first = SurveyMail.objects.filter(asked=asked, recipient=row.recipient).order_by("pk").first()
        content = letters.compose(row, first, now=row.created_at).as_bytes(policy=SMTP)
        content = envelopes.enclosed(content, key, outer_subject="Tocsin")  # fmt: skip
        row.says = way.send(content, sender=addresses.sender(settings.TOCSIN_EMAIL_FROM)[1], recipient=row.recipient)[:500]  # fmt: skip
    except _REFUSED as error:
        _refused(row, str(error), permanent=getattr(error, "permanent", True), now=now)
        return False
    row.state, row.sent_at = SurveyMail.State.SENT, now
    row.save(update_fields=["state", "sent_at", "says", "n_attempts"])
    return True


@transaction.atomic
def _refused(row: SurveyMail, said: str, *, permanent: bool, now: datetime) -> None:
    again = None if permanent else next_attempt(row.n_attempts, now)
    row.says = said[:500]
    row.not_before = again or row.not_before
    row.state = SurveyMail.State.READY if again else SurveyMail.State.FAILED
    row.save(update_fields=["state", "says", "n_attempts", "not_before"])
    if again is not None:
        return
    if reach.kills(refused_status(said)):
        audit.record_all(actor=SYSTEM, acts=constituency.mark_dead(email=row.recipient, because=said, now=now), now=now)
    go_on(mail=row, now=now)


def bounce_mail(*, message_id: str, status: str, said: str, now: datetime) -> list[Act] | None:
    """Note that a mail of a survey came back, and tell the next contact; return what is to be recorded, None if it is none of ours.

    Runs in the caller's transaction.
    """
    found = _OURS.match(message_id)
    row = SurveyMail.objects.select_for_update().filter(pk=UUID(hex=found[1])).first() if found else None
    if row is None:
        return None
    if row.state == SurveyMail.State.BOUNCED:
        return []
    row.state, row.says = SurveyMail.State.BOUNCED, f"{status} {said}"[:500]
    row.save(update_fields=["state", "says"])
    acts = constituency.mark_dead(email=row.recipient, because=f"{status} {said}", now=now) if reach.kills(status) else []  # fmt: skip
    go_on(mail=row, now=now)
    return acts
