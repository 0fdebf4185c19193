"""Decide, approve, deliver, and take answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.channels.email import message, send
from tocsin.constituency import queries as constituency
from tocsin.core import severity as severities
from tocsin.core import tlp
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, Owner, Sensor
from tocsin.notices import links, queries, render, rules
from tocsin.notices.models import Answer, DecisionLog, Delivery, Notice, NoticeFinding, Silence, State

LEASE = timedelta(minutes=5)
"""A delivery claimed longer ago than this belongs to a process that died."""
WORDS = {
    "seen": Owner.SEEN,
    "fixing": Owner.FIXING,
    "fixed": Owner.SAYS_FIXED,
    "not-ours": Owner.NOT_OURS,
    "false-positive": Owner.FALSE_POSITIVE,
}


class NotWaiting(Exception):
    """The notice does not wait for approval."""


class BadAnswer(Exception):
    """The answer is none of the five, or its day is missing."""


def run(*, now: datetime, actor: Viewer = SYSTEM, dry_run: bool = False) -> dict[str, Any]:
    """Decide for every organization and kind, then deliver what is ready. Return the figures the command prints."""
    with dialect.mutual_exclusion("decide"):
        reasons = decide_all(now=now, dry_run=dry_run)
    handed, failed = (0, 0) if dry_run else deliver_all(now=now)
    waiting = queries.notices(actor, state=State.WAITING.value).count()
    return {
        "decided": sum(reasons.values()),
        "sent": handed,
        "waiting": waiting,
        "failed": failed,
        "reasons": dict(sorted(reasons.items())),
    }


def decide_all(*, now: datetime, dry_run: bool = False) -> Counter[str]:
    """Decide once for each organization and kind; one notice an organization carries all that is to be said."""
    reasons: Counter[str] = Counter()
    policies = queries.policies(SYSTEM)
    silences = list(Silence.objects.filter(until__gt=now))
    waiting = set(
        NoticeFinding.objects.filter(notice__state=State.WAITING).values_list(
            "finding__organization_id", "finding__kind"
        )
    )
    for organization, by_kind in _by_organization():
        chosen: list[tuple[str, rules.Decision, list[Finding], rules.PolicyValues]] = []
        decided: list[tuple[str, rules.Decision]] = []
        for kind, rows in by_kind.items():
            policy = policies.get(organization, kind)
            silenced = any(s.organization_id in {None, organization} and s.kind in {"", kind} for s in silences)
            decision = rules.decide(
                map(_seen, rows), policy=policy, silenced=silenced, waiting=(organization, kind) in waiting, now=now
            )
            if decision.sends:
                chosen.append((kind, decision, rows, policy))
            decided.append((kind, decision))
        notice = None
        if chosen and not dry_run:
            notice, no_contact = _make(organization, chosen, now)
            if no_contact:
                decided = [(k, rules.Decision(rules.Reason.NO_CONTACT) if d.sends else d) for k, d in decided]
        reasons.update(d.reason.value for _, d in decided)
        if not dry_run:
            _log(organization, decided, notice, now)
    return reasons


def _by_organization() -> list[tuple[str, dict[str, list[Finding]]]]:
    told = NoticeFinding.objects.filter(finding=OuterRef("pk")).order_by("-notice_id")
    rows = Finding.objects.annotate(
        told_at=Subquery(told.values("notice__created_at")[:1]), told_severity=Subquery(told.values("severity")[:1])
    ).order_by("organization_id", "kind", "asset")
    found: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.iterator(chunk_size=2000):
        found[row.organization_id][row.kind].append(row)
    return list(found.items())


def _seen(finding: Finding) -> rules.Seen:
    return rules.Seen(
        finding.severity,
        finding.told_at,  # type: ignore[attr-defined]
        finding.told_severity,  # type: ignore[attr-defined]
        finding.sensor != Sensor.GONE,
        finding.owner,
    )


@transaction.atomic
def _make(
    organization_id: str, chosen: Sequence[tuple[str, rules.Decision, list[Finding], rules.PolicyValues]], now: datetime
) -> tuple[Notice, bool]:
    rows = [f for _, _, group, _ in chosen for f in group if f.sensor != Sensor.GONE and f.owner not in rules.SETTLED]
    rows = rows or [f for _, _, group, _ in chosen for f in group]
    worst = severities.worst([f.severity for f in rows])
    contacts = constituency.contacts_on(SYSTEM, organization_id, now.date())
    approval = any(policy.needs_approval for *_, policy in chosen)
    organization = constituency.organizations(SYSTEM).get(pk=organization_id)
    reason = min((d.reason for _, d, _, _ in chosen), key=rules.ORDER.index)
    state = State.NO_CONTACT if not contacts else State.WAITING if approval else State.READY
    notice = Notice.objects.create(
        reference=_reference(now),
        organization=organization,
        state=state.value,
        reason=reason.value,
        severity=worst,
        tlp=tlp.narrowest([policy.tlp for *_, policy in chosen]),
        language=organization.language or "vi",
        created_at=now,
        due_at=rules.due(worst, chosen[0][3], now),
    )
    NoticeFinding.objects.bulk_create(NoticeFinding(notice=notice, finding=f, severity=f.severity) for f in rows)
    host = settings.TOCSIN_EMAIL_FROM.rsplit("@", 1)[-1].strip(" >")
    unique = {contact.email.lower(): contact for contact in contacts}
    for number, (email, contact) in enumerate(sorted(unique.items()), start=1):
        Delivery.objects.create(
            notice=notice,
            recipient=email,
            name=contact.name,
            message_id=f"<{notice.pk.hex}.{number}@{host}>",
            next_attempt_at=now,
        )
    return notice, not contacts


def _reference(now: datetime) -> str:
    last = (
        Notice.objects.filter(reference__startswith=f"TC-{now.year}-")
        .order_by("-reference")
        .values_list("reference", flat=True)
        .first()
    )
    return f"TC-{now.year}-{int(last.rsplit('-', 1)[1]) + 1 if last else 1:06d}"


def _log(
    organization_id: str, decided: Sequence[tuple[str, rules.Decision]], notice: Notice | None, now: datetime
) -> None:
    DecisionLog.objects.bulk_create(
        [
            DecisionLog(organization_id=organization_id, kind=kind, reason=d.reason.value, sends=d.sends, at=now, notice=notice if d.sends else None)
            for kind, d in decided
        ],
        update_conflicts=True,
        unique_fields=["organization", "kind"],
        update_fields=["reason", "sends", "at", "notice"],
    )  # fmt: skip


@transaction.atomic
def approve(*, notice: Notice, actor: Viewer, now: datetime) -> None:
    """Let a waiting notice go out. Raise NotAllowed, NotWaiting."""
    if not actor.may_approve:
        raise NotAllowed(actor.role.value)
    changed = Notice.objects.filter(pk=notice.pk, state=State.WAITING).update(
        state=State.READY, approved_by=actor.email, approved_at=now
    )
    if not changed:
        raise NotWaiting(notice.reference)
    audit.record(actor=actor, action="notice-approved", object_kind="notice", object_id=notice.reference, now=now)


def deliver_all(*, now: datetime) -> tuple[int, int]:
    """Hand over every delivery that is due. Return how many notices went out, and how many deliveries failed now."""
    due = Q(state="ready", next_attempt_at__lte=now) | Q(state="claimed", claimed_at__lte=now - LEASE)
    waiting = Delivery.objects.filter(due, notice__state__in=[State.READY, State.SENT]).order_by("pk")
    sent: set[object] = set()
    failed = 0
    with send.opened(settings.TOCSIN_EMAIL_URL, Path(settings.TOCSIN_HOME) / "outbox") as way:
        for id_ in list(waiting.values_list("pk", flat=True)):
            # Compare and swap: of two workers only one sees its update count.
            if not Delivery.objects.filter(due, pk=id_).update(state="claimed", claimed_at=now):
                continue
            delivery = Delivery.objects.select_related("notice__organization").get(pk=id_)
            if _deliver(delivery, way, now):
                sent.add(delivery.notice_id)
            else:
                failed += 1
    return len(sent), failed


def _deliver(delivery: Delivery, way: send.Server | send.Outbox, now: datetime) -> bool:
    try:
        response = way.send(compose(delivery), delivery.recipient)
    except send.NotHandedOver as error:
        attempts = delivery.attempts + 1
        again = None if error.permanent else rules.next_attempt(attempts, now)
        with transaction.atomic():
            Delivery.objects.filter(pk=delivery.pk).update(
                state="ready" if again else "failed", attempts=attempts, next_attempt_at=again or now, response=str(error), claimed_at=None
            )  # fmt: skip
            if not again and not Delivery.objects.filter(notice=delivery.notice).exclude(state="failed").exists():
                Notice.objects.filter(pk=delivery.notice.pk).update(state=State.FAILED)
        return False
    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(
            state="handed-over", handed_over_at=now, response=response, attempts=delivery.attempts + 1, claimed_at=None
        )
        if Notice.objects.filter(pk=delivery.notice.pk, sent_at=None).update(state=State.SENT, sent_at=now):
            told = NoticeFinding.objects.filter(notice=delivery.notice).values("finding_id")
            findings.mark_warned(findings=told, due_at=delivery.notice.due_at, now=now)
    return True


def compose(delivery: Delivery) -> Any:
    """Return the message of a delivery: the same to the byte however often it is made."""
    notice = delivery.notice
    rows = list(Finding.objects.filter(notice_lines__notice=notice).order_by("pk"))
    rendered = render.render(notice=notice, findings=rows, answer_url=links.link(delivery.pk, notice.created_at))
    return message.build(
        sender=settings.TOCSIN_EMAIL_FROM,
        recipient=delivery.recipient,
        name=delivery.name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        language=notice.language,
        message_id=delivery.message_id,
        tlp=notice.tlp,
        reference=notice.reference,
        sent_at=notice.created_at,
        details=rendered.details,
    )


@transaction.atomic
def answer(
    *, notice: Notice, word: str, by: str, means: str, now: datetime, note: str = "", until: date | None = None
) -> Answer:
    """Take an organization's answer: it is the owner's word on every finding of the notice. Raise BadAnswer."""
    if word not in WORDS:
        raise BadAnswer(f"{word!r} is none of {', '.join(WORDS)}")
    if word == "fixing" and (until is None or until < now.date()):
        raise BadAnswer("`fixing` needs the day it will be fixed by, today or later")
    made = Answer.objects.create(
        notice=notice,
        answer=word,
        until=until if word == "fixing" else None,
        note=note[:4000],
        at=now,
        by=by,
        means=means,
    )
    rows = list(Finding.objects.filter(notice_lines__notice=notice))
    findings.hear_owner(findings=rows, word=WORDS[word], by=by, note=note[:4000], now=now)
    audit.record(
        actor=SYSTEM, action="notice-answered", object_kind="notice", object_id=notice.reference, now=now,
        detail={"answer": word, "by": by, "means": means},
    )  # fmt: skip
    return made
