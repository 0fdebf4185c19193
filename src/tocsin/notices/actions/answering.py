"""Take what an organization answers: to a notice, or about some of its findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, Owner
from tocsin.notices.actions import escalating
from tocsin.notices.models import Answer, Claim, Delivery, Notice, NoticeFinding, State

WORDS = {
    "seen": Owner.SEEN,
    "fixing": Owner.FIXING,
    "fixed": Owner.SAYS_FIXED,
    "not-ours": Owner.NOT_OURS,
    "false-positive": Owner.FALSE_POSITIVE,
    "risk-accepted": Owner.RISK_ACCEPTED,
}
CLAIMS = {"not-ours", "false-positive", "risk-accepted"}
"""Answers that somebody of the team looks at before they count for good."""
DATED = {"fixing", "risk-accepted"}
"""Answers that say until when."""
LONGEST = timedelta(days=366)
"""A risk is accepted for a year at most; then it is looked at again."""


class BadAnswer(Exception):
    """The answer is none of the six, or its day or its reason is missing. `about` names the field."""

    def __init__(self, says: str, about: str) -> None:
        super().__init__(says)
        self.about = about


ANSWERABLE = {State.READY, State.SENT, State.PARTLY_SENT, State.FAILED}


class NotAnswerable(Exception):
    """The notice never went out: there is nothing to answer."""


@transaction.atomic
def answer(
    *,
    notice: Notice,
    word: str,
    by: str,
    means: str,
    now: datetime,
    note: str = "",
    until: date | None = None,
    proof: str = "",
    delivery: Delivery | None = None,
) -> Answer:
    """Take an organization's answer: it is the owner's word on every finding of the notice.

    Every answer is kept; the latest counts. `proof` is the hash of a file that came with it, `delivery` the one
    whose link was used. Raise BadAnswer,
    NotAnswerable.
    """
    said = Word(word, by, means, now, _tidy(note), until, proof)
    said.check()
    if notice.state not in ANSWERABLE:
        raise NotAnswerable(f"{notice.reference} is {notice.state}: it never went out")
    if delivery is not None:
        Delivery.objects.filter(pk=delivery.pk, answered_at=None).update(answered_at=now)
    ids = list(NoticeFinding.objects.filter(notice=notice).values_list("finding_id", flat=True))
    made = _answered(said, notice, None)
    _hear(said, ids, dict.fromkeys(ids, made))
    escalating.end_answered(notice=notice, now=now)
    _record([notice.reference], said)
    return made


@transaction.atomic
def answer_findings(
    *,
    findings: Collection[Finding],
    word: str,
    by: str,
    means: str,
    now: datetime,
    note: str = "",
    until: date | None = None,
    proof: str = "",
) -> int:
    """Take an organization's answer about some of its findings; return how many.

    Each notice that last told one of them gets the answer too, for so many of its findings. Raise BadAnswer.
    """
    said = Word(word, by, means, now, _tidy(note), until, proof)
    said.check()
    ids = [finding.pk for finding in findings]
    latest: dict[UUID, Notice] = {}
    for start in range(0, len(ids), 500):
        lines = NoticeFinding.objects.filter(finding__in=ids[start : start + 500], notice__state__in=ANSWERABLE)
        for line in lines.select_related("notice").order_by("notice_id"):
            latest[line.finding_id] = line.notice
    told: dict[UUID, list[UUID]] = {}
    for id_, notice in latest.items():
        told.setdefault(notice.pk, []).append(id_)
    notices = {notice.pk: notice for notice in latest.values()}
    answers: dict[UUID, Answer] = {}
    for pk, members in told.items():
        whole = len(members) >= notices[pk].n_findings
        answers |= dict.fromkeys(members, _answered(said, notices[pk], None if whole else len(members)))
    _hear(said, ids, answers)
    for notice in notices.values():
        escalating.end_answered(notice=notice, now=now)
    references = [notice.reference for notice in notices.values()] or [str(id_) for id_ in ids]
    _record(references, said, kind="notice" if notices else "finding")
    return len(ids)


@dataclass(frozen=True, slots=True)
class Word:
    """What was answered, by whom and how."""

    word: str
    by: str
    means: str
    now: datetime
    note: str
    until: date | None
    proof: str

    def check(self) -> None:
        """Raise BadAnswer when something is missing."""
        if self.word not in WORDS:
            raise BadAnswer(f"{self.word!r} is none of {', '.join(WORDS)}", "answer")
        today = timezone.localdate(self.now)
        if self.word in DATED and (self.until is None or self.until < today):
            raise BadAnswer(f"`{self.word}` needs a day, today or later", "until")
        if self.word == "risk-accepted" and self.until is not None and self.until > today + LONGEST:
            raise BadAnswer("a risk is accepted for a year at most", "until")
        if self.word == "risk-accepted" and not self.note:
            raise BadAnswer("`risk-accepted` needs a reason", "note")

    @property
    def day(self) -> date | None:
        """The day that was given, where the answer has one."""
        return self.until if self.word in DATED else None

    @property
    def end(self) -> datetime | None:
        """The end of that day, where the team sits."""
        return _end_of(self.day) if self.day else None


def _tidy(note: str) -> str:
    return note.replace("\0", "").strip()[:4000]


def _answered(said: Word, notice: Notice, n_findings: int | None) -> Answer:
    return Answer.objects.create(
        notice=notice, answer=said.word, until=said.day, note=said.note, at=said.now, by=said.by, means=said.means, n_findings=n_findings
    )  # fmt: skip


def _hear(said: Word, ids: Sequence[UUID], answers: Mapping[UUID, Answer]) -> None:
    findings.hear_owner(
        ids=ids, word=WORDS[said.word], by=said.by, note=said.note, now=said.now, means=said.means,
        until=said.end if said.word == "fixing" else None, evidence=[f"sha256 {said.proof}"] if said.proof else None,
    )  # fmt: skip
    # What was claimed before, looked at or not, is settled by the new word.
    for start in range(0, len(ids), 500):
        earlier = Claim.objects.filter(finding__in=ids[start : start + 500])
        earlier.filter(ruling="").delete()
        earlier.filter(ended_at=None).update(ended_at=said.now)
    if said.word in CLAIMS:
        Claim.objects.bulk_create(
            [
                Claim(
                    finding_id=id_, answer=answers.get(id_), what=said.word, at=said.now, asked_by=said.by, note=said.note,
                    until=said.end if said.word == "risk-accepted" else None,
                )
                for id_ in ids
            ],
            batch_size=500,
        )  # fmt: skip


def _record(references: Sequence[str], said: Word, kind: str = "notice") -> None:
    detail = {
        "answer": said.word,
        "by": said.by,
        "means": said.means,
        **({"until": said.day.isoformat()} if said.day else {}),
        **({"proof": said.proof} if said.proof else {}),
    }
    acts = [Act("notice-answered", kind, reference, detail) for reference in references]
    audit.record_all(actor=SYSTEM, acts=acts, now=said.now)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone())
