"""Take what an organization answers, and settle what it claims."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.findings import actions as findings
from tocsin.findings.models import Owner
from tocsin.notices.actions import escalating
from tocsin.notices.models import Answer, Claim, Notice, NoticeFinding, State

WORDS = {
    "seen": Owner.SEEN,
    "fixing": Owner.FIXING,
    "fixed": Owner.SAYS_FIXED,
    "not-ours": Owner.NOT_OURS,
    "false-positive": Owner.FALSE_POSITIVE,
}
CLAIMS = {"not-ours", "false-positive"}
"""Answers that somebody of the team looks at before they count for good."""


class BadAnswer(Exception):
    """The answer is none of the five, or its day is missing."""


class NotAnswerable(Exception):
    """The notice never went out: there is nothing to answer."""


class AlreadyRuled(Exception):
    """Somebody has settled the claim."""


@transaction.atomic
def answer(
    *, notice: Notice, word: str, by: str, means: str, now: datetime, note: str = "", until: date | None = None
) -> Answer:
    """Take an organization's answer: it is the owner's word on every finding of the notice.

    Every answer is kept; the latest counts. Raise BadAnswer, NotAnswerable.
    """
    if word not in WORDS:
        raise BadAnswer(f"{word!r} is none of {', '.join(WORDS)}")
    if word == "fixing" and (until is None or until < timezone.localdate(now)):
        raise BadAnswer("`fixing` needs the day it will be fixed by, today or later")
    if notice.state not in {State.READY, State.SENT, State.PARTLY_SENT, State.FAILED}:
        raise NotAnswerable(f"{notice.reference} is {notice.state}: it never went out")
    note = note.replace("\0", "").strip()[:4000]
    made = Answer.objects.create(
        notice=notice,
        answer=word,
        until=until if word == "fixing" else None,
        note=note,
        at=now,
        by=by,
        means=means,
    )
    ids = list(NoticeFinding.objects.filter(notice=notice).values_list("finding_id", flat=True))
    findings.hear_owner(
        ids=ids, word=WORDS[word], by=by, note=note, now=now, until=_end_of(until) if made.until and until else None
    )
    escalating.end_answered(notice=notice, now=now)
    # What was claimed before and not looked at yet is settled by the new word.
    Claim.objects.filter(finding__in=ids, ruling="").delete()
    if word in CLAIMS:
        Claim.objects.bulk_create(
            [Claim(finding_id=id_, answer=made, what=word, at=now) for id_ in ids], batch_size=500
        )
    detail = {
        "answer": word,
        "by": by,
        "means": means,
        **({"until": until.isoformat()} if made.until and until else {}),
    }
    audit.record_all(actor=SYSTEM, acts=[Act("notice-answered", "notice", notice.reference, detail)], now=now)
    return made


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone())


@transaction.atomic
def rule(*, claim: Claim, accept: bool, note: str, actor: Viewer, now: datetime) -> None:
    """Settle a claim. Accepted, it stays as the owner said; refused, the owner is warned again. Raise NotAllowed, AlreadyRuled."""
    rule_all(claims=[claim.pk], accept=accept, note=note, actor=actor, now=now)


@transaction.atomic
def rule_all(*, claims: list[UUID], accept: bool, note: str, actor: Viewer, now: datetime) -> int:
    """Settle claims; return how many. Raise NotAllowed, and AlreadyRuled when none of them is open."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    open_ = list(
        Claim.objects.select_for_update(of=("self",)).filter(pk__in=claims, ruling="").select_related("finding")
    )
    if not open_:
        raise AlreadyRuled
    ruling = Claim.Ruling.ACCEPTED if accept else Claim.Ruling.REFUSED
    ids = [claim.pk for claim in open_]
    Claim.objects.filter(pk__in=ids).update(
        ruling=ruling, ruled_by=actor.email, ruled_at=now, ruling_note=note.strip()[:1000]
    )
    if not accept:
        findings.overrule(ids=[claim.finding_id for claim in open_], by=actor.email, note=note.strip()[:1000], now=now)
    audit.record_all(
        actor=actor,
        acts=[
            Act(f"claim-{ruling.value}", "finding", str(claim.finding_id), {"claim": claim.what, "note": note})
            for claim in open_
        ],
        now=now,
    )
    return len(open_)
