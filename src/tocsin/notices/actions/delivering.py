"""Stop six: hand over what is due, the same bytes at every attempt, and write down what became of it.

One process delivers at a time, so that a message that was under way when a process died is known to be nobody's
and goes out again at once, with the same Message-ID.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.dialect import bulk
from tocsin.base.tenancy import SYSTEM
from tocsin.channels.handover import ByHand, NotHandedOver, Unavailable
from tocsin.findings import actions as findings
from tocsin.notices import rules
from tocsin.notices.actions import bouncing, escalating, moving, ways, writing
from tocsin.notices.models import Channel, Delivery, Message, Notice, NoticeFinding, State

TOGETHER = 50
"""Messages made at a time: one commit keeps them all."""
AT_RISK = 25
"""Hand-overs written down at a time: so many may go out twice, with the same Message-ID, when a process is killed."""


@dataclass(slots=True)
class Delivered:
    """What came of a round: notices of which something went out, deliveries that did not."""

    notices: set[UUID] = field(default_factory=set)
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Outcome:
    delivery: Delivery
    response: str
    handed_over: bool = False
    permanent: bool = False
    failure: str = ""
    by_hand: bool = False


def _due(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(state="ready", next_attempt_at__lte=now)


def deliver(*, now: datetime) -> Delivered:
    """Hand over every delivery that is due. What cannot be handed over waits, or fails with a name."""
    delivered = Delivered()
    if not _channels(now):
        return delivered
    with dialect.mutual_exclusion("deliver"):
        _leave_out_moved(now)
        for channel in _channels(now):
            mine = _due(now).filter(channel=channel)
            try:
                with ways.way(channel).opened() as hand:
                    _deliver_all(mine, hand, now, delivered)
            except Unavailable as error:
                _down(channel, str(error), now)
                delivered.failed += mine.count()
    return delivered


def _channels(now: datetime) -> list[str]:
    """Return by which ways something is due, those that do not answer left out."""
    down = set(Channel.objects.filter(again_at__gt=now).values_list("name", flat=True))
    return sorted(set(_due(now).order_by().values_list("channel", flat=True).distinct()) - down)


@transaction.atomic
def _leave_out_moved(now: datetime) -> None:
    """Let notices that have not gone out tell nothing of what turned out to be somebody else's; withdraw those left empty."""
    lines = NoticeFinding.objects.filter(notice=OuterRef("pk"))
    touched = Notice.objects.filter(
        Exists(lines.filter(finding__moved_at__isnull=False)), state=State.READY, sent_at=None
    )
    ids = list(touched.values_list("pk", flat=True))
    if not ids:
        return
    # Made again, without; but a message stays the same once it may have left, and once it was made anew.
    stale = Message.objects.filter(
        delivery__notice__in=ids, delivery__state="ready", delivery__attempts=0, made_at__lte=F("delivery__notice__lines__finding__moved_at")
    )  # fmt: skip
    Message.objects.filter(pk__in=list(stale.values_list("pk", flat=True))).delete()
    empty = touched.filter(~Exists(lines.filter(finding__moved_at=None))).values_list("pk", flat=True)
    acts = writing.drop(list(empty), because="all it told of turned out to be somebody else's", now=now)
    audit.record_all(actor=SYSTEM, acts=acts, now=now)


def _deliver_all(due: QuerySet[Delivery], hand: ways.Hand, now: datetime, delivered: Delivered) -> None:
    seen: set[UUID] = set()
    while rows := _next(due.exclude(pk__in=seen)):
        seen = {row.pk for row in rows}
        outcomes: list[_Outcome] = []
        bad = _freeze([row for row in rows if not hasattr(row, "message")], now)
        try:
            for row in rows:
                outcomes.append(
                    _Outcome(row, bad[row.pk], permanent=True, failure=getattr(bad[row.pk], "failure", "bad-address"))
                    if row.pk in bad
                    else _hand_over(row, hand)
                )
                if len(outcomes) >= AT_RISK:
                    _record(outcomes, now, delivered)
                    outcomes = []
        finally:
            _record(outcomes, now, delivered)


def _next(due: QuerySet[Delivery]) -> list[Delivery]:
    """Return what goes out next: an emergency before anything else, though thousands wait."""
    rows = due.order_by("pk")
    # Looked for by itself: hardly ever is there one, and the whole join is not to be asked for it each time.
    urgent = list(rows.filter(notice__emergency__isnull=False).values_list("pk", flat=True)[:TOGETHER])
    chosen = Delivery.objects.filter(pk__in=urgent).order_by("pk") if urgent else rows[:TOGETHER]
    return list(chosen.select_related("notice__organization", "notice__emergency", "step", "message"))


def _hand_over(row: Delivery, hand: ways.Hand) -> _Outcome:
    try:
        said = hand(row, zlib.decompress(row.message.content))
    except NotHandedOver as error:
        return _Outcome(row, str(error), permanent=error.permanent, failure=error.failure)
    except ByHand as error:
        return _Outcome(row, str(error), by_hand=True)
    return _Outcome(row, said, handed_over=True)


def _freeze(rows: Sequence[Delivery], now: datetime) -> dict[UUID, str]:
    """Make and keep the messages of these deliveries; return those that cannot be made, and why."""
    if not rows:
        return {}
    bad: dict[UUID, str] = {}
    made: list[Message] = []
    for row, content in ways.compose(rows, now=now):
        if isinstance(content, str):
            bad[row.pk] = content
            continue
        row.message = Message(
            delivery=row, sha256=hashlib.sha256(content).hexdigest(), size=len(content), content=zlib.compress(content, 6), made_at=now
        )  # fmt: skip
        made.append(row.message)
    with transaction.atomic():
        Message.objects.bulk_create(made)
    return bad


@transaction.atomic
def _record(outcomes: Sequence[_Outcome], now: datetime, delivered: Delivered) -> None:
    if not outcomes:
        return
    for outcome in outcomes:
        row = outcome.delivery
        row.attempts += 1
        row.response = outcome.response
        if outcome.handed_over:
            row.state, row.handed_over_at, row.failure = "handed-over", now, ""
            continue
        if outcome.by_hand:
            row.state, row.failure = "by-hand", ""
            continue
        again = None if outcome.permanent else rules.next_attempt(row.attempts, now)
        row.failure = outcome.failure if again or outcome.permanent else "gave-up"
        if again is None:
            row.state = "failed"
        else:
            row.next_attempt_at = again
    rows = [outcome.delivery for outcome in outcomes]
    bulk.update(Delivery, rows, ["attempts", "response", "state", "handed_over_at", "failure", "next_attempt_at"])
    touched = {row.notice_id for row in rows}
    handed = {row.notice_id for row in rows if row.state == "handed-over" and not row.to_team}
    first = list(Notice.objects.filter(pk__in=handed, sent_at=None).values_list("pk", flat=True))
    acts = bouncing.go_on([row for row in rows if row.state == "failed"], now=now)
    acts += moving.settle(touched, now=now)
    if first:
        lines = NoticeFinding.objects.filter(notice__in=first).exclude(what="gone").order_by()
        due = lines.filter(finding=OuterRef("pk")).order_by("notice_id").values("notice__due_at")[:1]
        findings.mark_warned(findings=lines.values("finding_id"), due_at=Subquery(due), now=now)
        escalating.plan(first, start=now)
    lost = Notice.objects.filter(pk__in=touched, state=State.FAILED).values_list("pk", flat=True)
    escalating.plan(list(lost), start=now, at_once=True)
    if handed:
        Channel.objects.filter(name__in={row.channel for row in rows if row.state == "handed-over"}).delete()
    audit.record_all(actor=SYSTEM, acts=acts, now=now)
    delivered.notices |= handed
    delivered.failed += sum(not outcome.handed_over and not outcome.by_hand for outcome in outcomes)


@transaction.atomic
def _down(name: str, says: str, now: datetime) -> None:
    channel, _ = Channel.objects.get_or_create(name=name, defaults={"down_since": now, "again_at": now})
    channel.failures += 1
    channel.again_at = rules.channel_again(channel.failures, now)
    channel.says = says[:1000]
    channel.save()
