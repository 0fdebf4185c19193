"""Let notices go that wait for a person, reject them, or try again what could not be delivered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries as constituency
from tocsin.core.severity import SEVERITIES
from tocsin.findings import actions as findings
from tocsin.notices import queries, rules
from tocsin.notices.actions import emergencies, moving, planning, trialling, writing
from tocsin.notices.models import DecisionLog, Delivery, Notice, NoticeFinding, State


class NotWaiting(Exception):
    """The notice does not wait for approval."""


class NoReason(Exception):
    """A rejection says why."""


class NotFailed(Exception):
    """Nothing of the notice failed: there is nothing to try again."""


def approve(*, notice: Notice, actor: Viewer, now: datetime) -> None:
    """Let a waiting notice go out. Raise NotAllowed, NotWaiting."""
    if not approve_all(notices=[notice], actor=actor, now=now):
        raise NotWaiting(notice.reference)


def reject(*, notice: Notice, reason: str, actor: Viewer, now: datetime) -> None:
    """Reject a waiting notice: what it carries stays untold until it changes. Raise NotAllowed, NotWaiting, NoReason."""
    if not reject_all(notices=[notice], reason=reason, actor=actor, now=now):
        raise NotWaiting(notice.reference)


@transaction.atomic
def approve_all(*, notices: Sequence[Notice], actor: Viewer, now: datetime) -> list[str]:
    """Let those of these notices go out that wait; return their references. Raise NotAllowed."""
    if not actor.may_approve:
        raise NotAllowed(actor.role.value)
    acts: list[Act] = []
    approved: list[str] = []
    ready, unreachable = _with_recipients([row.pk for row in notices], now)
    for ids, to in ((ready, State.READY), (unreachable, State.NO_CONTACT)):
        moved = moving.move(ids, to, now=now, approved_by=actor.email, approved_at=now)
        approved += [act.object_id for act in moved]
        acts += [Act("notice-approved", "notice", act.object_id) for act in moved] + moved
    let_go = Notice.objects.filter(pk__in=ready, state=State.READY, approved_at=now)
    _let_go(list(let_go.select_related("organization")), now)
    _decide_again([*ready, *unreachable])
    audit.record_all(actor=actor, acts=acts, now=now)
    return sorted(approved)


@transaction.atomic
def reject_all(*, notices: Sequence[Notice], reason: str, actor: Viewer, now: datetime) -> list[str]:
    """Reject those of these notices that wait; return their references. Raise NotAllowed, NoReason."""
    if not actor.may_approve:
        raise NotAllowed(actor.role.value)
    if not reason.strip():
        raise NoReason
    moved = moving.move(
        [row.pk for row in notices],
        State.REJECTED,
        now=now,
        ended_by=actor.email,
        ended_at=now,
        ended_because=reason.strip()[:1000],
    )
    references = [act.object_id for act in moved]
    mine = list(Notice.objects.filter(reference__in=references).values_list("pk", flat=True))
    moving.move_deliveries(Delivery.objects.filter(notice__in=mine), "cancelled")
    lines = NoticeFinding.objects.filter(notice__in=mine).order_by()
    for rank in range(1, len(SEVERITIES) + 1):
        findings.decline(findings=lines.filter(severity_rank=rank).values("finding_id"), rank=rank)
    _decide_again(mine)
    audit.record_all(
        actor=actor,
        acts=[Act(act.action, act.object_kind, act.object_id, act.detail | {"reason": reason}) for act in moved],
        now=now,
    )
    return sorted(references)


@transaction.atomic
def retry(*, notice: Notice, actor: Viewer, now: datetime) -> int:
    """Try again to deliver what failed, and to those who have become contacts since; return to how many.

    The same recipient gets the same Message-ID. Raise NotAllowed, NotFailed.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    failed = Delivery.objects.filter(notice=notice, state__in=["failed", "bounced"])
    if not failed.exists():
        raise NotFailed(notice.reference)
    current = current_recipients([notice], now)[notice.pk]
    addresses = {one.email for one in current}
    moved = moving.move_deliveries(
        failed.filter(Q(recipient__in=addresses) | Q(step__isnull=False) | ~Q(channel="email")) if addresses else failed, "ready", next_attempt_at=now, attempts=0, failure=""
    )  # fmt: skip
    n = moved + add_recipients(notice, current, "ready", now)
    if n == 0:
        raise NotFailed(notice.reference)
    acts = moving.settle([notice.pk], now=now)
    audit.record_all(actor=actor, acts=[Act("notice-retried", "notice", notice.reference, {"to": n}), *acts], now=now)
    return n


def current_recipients(notices: Collection[Notice], now: datetime) -> dict[UUID, list[planning.Recipient]]:
    """Return who would be told of each of these notices now."""
    policies = queries.policies(SYSTEM)
    contacts = constituency.contacts_of(SYSTEM, {n.organization_id for n in notices}, now.date())
    found = {}
    for notice in notices:
        if notice.emergency_id is not None:
            found[notice.pk] = emergencies.everybody(notice.organization, contacts.get(notice.organization_id, []))
            continue
        part = notice.parts[0]
        values = policies.get(notice.organization_id, part["kind"], part["type"]).values
        found[notice.pk] = planning.recipients(contacts.get(notice.organization_id, []), values, notice.language)
    return found


def _with_recipients(ids: Collection[UUID], now: datetime) -> tuple[list[UUID], list[UUID]]:
    """Bring the recipients of waiting notices up to date; return the notices that have some, and those that have none."""
    waiting = list(Notice.objects.select_for_update().filter(pk__in=ids, state=State.WAITING).order_by("pk"))
    ready: list[UUID] = []
    unreachable: list[UUID] = []
    for notice in waiting:
        current = current_recipients([notice], now)[notice.pk]
        addresses = {one.email for one in current}
        moving.move_deliveries(Delivery.objects.filter(notice=notice).exclude(recipient__in=addresses), "cancelled")
        add_recipients(notice, current, "waiting", now)
        (ready if current else unreachable).append(notice.pk)
    return ready, unreachable


def add_recipients(notice: Notice, current: Sequence[planning.Recipient], state: str, now: datetime) -> int:
    """Let a notice go to those of these recipients to whom it does not go yet; return to how many."""
    known = list(Delivery.objects.filter(notice=notice).values_list("recipient", flat=True))
    more = [one for one in current if one.email not in known]
    Delivery.objects.bulk_create(writing.deliveries(notice.pk, more, state, now, start=len(known) + 1))
    return len(more)


def _let_go(notices: Sequence[Notice], now: datetime) -> None:
    """Start what follows from letting go: deliveries are due, deadlines count, findings count as told."""
    ids = [notice.pk for notice in notices]
    moving.move_deliveries(Delivery.objects.filter(notice__in=ids), "ready", next_attempt_at=now)
    Delivery.objects.bulk_create(trialling.beside(notices, now=now), ignore_conflicts=True)
    writing.remember_told(ids, now)
    policies = queries.policies(SYSTEM)
    for notice in notices:
        values = [policies.get(notice.organization_id, part["kind"], part["type"]).values for part in notice.parts]
        notice.due_at = min(
            rules.due(part["severity"], value, now) for part, value in zip(notice.parts, values, strict=True)
        )
        for part in notice.parts:
            log = DecisionLog.objects.filter(
                organization_id=notice.organization_id, kind=part["kind"], network=part["network"]
            )
            if part["reason"] == rules.Reason.ALL_RESOLVED:
                log.update(thread=None)
            else:
                log.filter(thread=None).update(thread=notice)
    Notice.objects.bulk_update(notices, ["due_at"], batch_size=100)


def _decide_again(ids: Collection[UUID]) -> None:
    rows = Notice.objects.filter(pk__in=ids).values_list("organization_id", "parts")
    findings.note_news({(organization, part["kind"]) for organization, parts in rows for part in parts})
