"""Nobody falls silent: while a notice has no answer, its plan tells the next person, or the same by another way.

The instants of a notice's steps are written down when it goes out, in the same transaction; each step is done
in one transaction that also ends it. So a process may be killed at any time and the clock may jump: a step that
is pending is done once, late if need be, and one that ended is never done again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from tocsin.accounts import queries as people
from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.dialect import bulk
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact
from tocsin.findings.models import Sensor
from tocsin.notices import escalation, hours, queries
from tocsin.notices.actions import moving, ways
from tocsin.notices.actions.ways import Addressee
from tocsin.notices.models import Answer, Delivery, DutyOfficer, EscalationStep, Notice, NoticeFinding, State
from tocsin.notices.rules import Reason

NOBODY_TO_TELL = 0
"""Number of the step that tells the team of a notice without anybody to go to; those of its plan begin at 1."""
PORTION = 100
"""Steps done in one transaction."""
WENT_OUT = (State.SENT, State.PARTLY_SENT, State.FAILED)
Step = EscalationStep.State


@dataclass(slots=True)
class Escalated:
    """What came of a round."""

    done: int = 0
    missed: int = 0
    nobody: int = 0
    cancelled: int = 0


class NothingMissed(Exception):
    """No step of these was missed, or somebody has noted it."""


def plan(ids: Collection[UUID], *, start: datetime, at_once: bool = False) -> None:
    """Write down when each step of these notices is due, counted from `start`. Runs in the caller's transaction.

    A notice that says all is gone asks nothing. A reminder joins the plan that runs for the same matter, or
    that came to its end without an answer; where an answer ended it and it is seen again, a new plan begins.
    `at_once`: the notice reached nobody, so the first step does not wait.
    """
    if not ids:
        return
    rows = list(Notice.objects.filter(pk__in=ids).exclude(reason=Reason.ALL_RESOLVED))
    planned = _planned(rows, start)
    rows = [row for row in rows if row.pk not in planned]
    if not rows:
        return
    following = queries.following(SYSTEM)
    steps = []
    for row in rows:
        chosen = following.plan(row.organization_id, row.severity)
        # An emergency waits for no working day.
        calendar = following.calendar(row.organization_id) if row.emergency_id is None else hours.ALWAYS
        due = escalation.instants(chosen, start, calendar)
        if at_once and due:
            due[0] = start
        steps += [
            EscalationStep(
                notice=row, number=number, whom=step.whom, channel=step.channel, due_at=at, late_after=at + chosen.grace
            )
            for number, (step, at) in enumerate(zip(chosen.steps, due, strict=True), start=1)
        ]
    EscalationStep.objects.bulk_create(steps)


def _planned(rows: Sequence[Notice], now: datetime) -> set[UUID]:
    """Return those of these notices that have a plan, or need none of their own."""
    steps = EscalationStep.objects.filter(notice__in=rows, number__gt=NOBODY_TO_TELL)
    found = set(steps.values_list("notice_id", flat=True))
    firsts = {row.follows_id for row in rows if row.reason == Reason.REMINDER_DUE and row.follows_id is not None}
    if not firsts:
        return found
    thread = Q(notice__in=firsts) | Q(notice__follows__in=firsts)
    latest: dict[UUID, Notice] = {}
    for row in Notice.objects.filter(pk__in=EscalationStep.objects.filter(thread).values("notice_id")).order_by("pk"):
        latest[row.follows_id or row.pk] = row
    ended = set(over(list(latest.values()), now=now))
    cancelled = EscalationStep.objects.filter(notice__in=list(latest.values()), state=Step.CANCELLED)
    ended |= set(cancelled.values_list("notice_id", flat=True))
    for notice, follows, at in Answer.objects.filter(thread).values_list("notice_id", "notice__follows_id", "at"):
        plan_of = latest.get(follows or notice)
        if plan_of is not None and at >= plan_of.created_at:
            ended.add(plan_of.pk)
    standing = {first for first, row in latest.items() if row.pk not in ended}
    return found | {row.pk for row in rows if row.reason == Reason.REMINDER_DUE and row.follows_id in standing}


def escalate(*, now: datetime) -> Escalated:
    """Do every step that is due, in order, once. What was missed while nobody worked is done late, and marked."""
    outcome = Escalated()
    if not _due(now).exists() and not _unreached().exists():
        return outcome
    with dialect.mutual_exclusion("escalate"):
        while _tell_of_unreached(now):
            pass
        while _portion(now, outcome):
            pass
    return outcome


def _unreached() -> QuerySet[Notice]:
    """Return the notices that have nobody to go to, and of which the team was not told."""
    steps = EscalationStep.objects.filter(notice=OuterRef("pk"), number=NOBODY_TO_TELL)
    return Notice.objects.filter(~Exists(steps), state=State.NO_CONTACT)


@transaction.atomic
def _tell_of_unreached(now: datetime) -> bool:
    """Write down, once for each notice without anybody to go to, that the duty officer is told of it now."""
    ids = list(_unreached().order_by("pk").values_list("pk", flat=True)[:PORTION])
    grace = timedelta(hours=1)
    EscalationStep.objects.bulk_create(
        EscalationStep(
            notice_id=id_, number=NOBODY_TO_TELL, whom="duty-officer", channel="email", due_at=now, late_after=now + grace
        )
        for id_ in ids
    )  # fmt: skip
    return bool(ids)


def _due(now: datetime) -> QuerySet[EscalationStep]:
    return EscalationStep.objects.filter(state=Step.PENDING, due_at__lte=now)


@transaction.atomic
def _portion(now: datetime, outcome: Escalated) -> bool:
    steps = list(_due(now).select_for_update(of=("self",)).order_by("due_at", "id")[:PORTION])
    if not steps:
        return False
    notices = Notice.objects.select_related("organization").in_bulk({step.notice_id for step in steps})
    needless = over(list(notices.values()), now=now)
    telling = _Telling(list(notices.values()), now)
    acts = []
    for step in steps:
        notice = notices[step.notice_id]
        step.done_at = now
        if because := needless.get(step.notice_id):
            step.state, step.because = Step.CANCELLED, because
            outcome.cancelled += 1
            continue
        missing = telling.tell(step, notice)
        late = now > step.late_after
        step.because = missing
        step.state = Step.NOBODY if missing else Step.MISSED if late else Step.DONE
        outcome.nobody += bool(missing)
        outcome.missed += late and not missing
        outcome.done += not missing
        acts.append(
            Act(
                "notice-escalated", "notice", notice.reference,
                {"step": step.number, "whom": step.whom, "channel": step.channel, "told": step.n_told, "state": step.state},
            )
        )  # fmt: skip
    Delivery.objects.bulk_create(telling.made)
    bulk.update(EscalationStep, steps, ["state", "done_at", "because", "n_told"])
    acts += moving.settle({row.notice_id for row in telling.made if not row.to_team}, now=now)
    audit.record_all(actor=SYSTEM, acts=acts, now=now)
    return True


def over(notices: Sequence[Notice], *, now: datetime) -> dict[UUID, str]:
    """Return which of these notices need no further step, and why in one word."""
    if not notices:
        return {}
    pressed_on = (*WENT_OUT, State.NO_CONTACT)
    found: dict[UUID, str] = {row.pk: "withdrawn" for row in notices if row.state not in pressed_on}
    ids = [row.pk for row in notices]
    for id_ in Answer.objects.filter(notice__in=ids).order_by().values_list("notice_id", flat=True).distinct():
        found.setdefault(id_, "answered")
    lines = NoticeFinding.objects.filter(notice__in=ids, finding__moved_at=None).exclude(what="gone").order_by()
    there = ~Q(finding__sensor=Sensor.GONE)
    silent = there & (Q(finding__heard_at=None) | Q(finding__heard_at__lt=F("notice__created_at")))
    counts = lines.values_list("notice_id").annotate(there=Count("pk", filter=there), silent=Count("pk", filter=silent))
    counted = {id_: (n_there, n_silent) for id_, n_there, n_silent in counts}
    silences: queries.Silences | None = None
    for row in notices:
        if not row.parts or row.pk in found:
            continue
        n_there, n_silent = counted.get(row.pk, (0, 0))
        if not n_there:
            found[row.pk] = "resolved"
        elif not n_silent:
            found[row.pk] = "answered"
        else:
            silences = silences or queries.Silences(queries.silences(SYSTEM, at=now))
            if all(silences.until(row.organization_id, part["kind"], part["type"]) for part in row.parts):
                found[row.pk] = "silenced"
    return found


def end_answered(*, notice: Notice, now: datetime) -> None:
    """End the steps of a notice that was answered, and of others whose every finding was. Runs in the caller's transaction."""
    pending = EscalationStep.objects.filter(state=Step.PENDING, notice__organization=notice.organization_id)
    others = list(Notice.objects.filter(pk__in=pending.values("notice_id")))
    ended = {notice.pk: "answered", **over(others, now=now)}
    for because in set(ended.values()):
        mine = [id_ for id_, why in ended.items() if why == because]
        EscalationStep.objects.filter(state=Step.PENDING, notice__in=mine).update(
            state=Step.CANCELLED, done_at=now, because=because
        )


@dataclass(slots=True)
class _Telling:
    """Makes the deliveries of steps; knows who was told before."""

    notices: Sequence[Notice]
    now: datetime
    made: list[Delivery] = field(default_factory=list)
    _told: dict[UUID, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    _first: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))
    _contacts: dict[str, list[Contact]] = field(default_factory=dict)
    _officers: list[Addressee] | None = None
    _unreached: int | None = None
    """How many officers a mail of this portion tells that notices have nobody to go to; None: none was made."""

    def __post_init__(self) -> None:
        known = Delivery.objects.filter(notice__in=[row.pk for row in self.notices], to_team=False).order_by("pk")
        for id_, channel, key, step in known.values_list("notice_id", "channel", "recipient", "step_id"):
            self._told[id_].add((channel, key.lower()))
            if step is None:
                self._first[id_].append(key.lower())
        organizations = {row.organization_id for row in self.notices}
        self._contacts = constituency.contacts_of(SYSTEM, organizations, self.now.date())

    def tell(self, step: EscalationStep, notice: Notice) -> str:
        """Make what this step sends; return why it reaches nobody, in one word, else nothing."""
        if step.number == NOBODY_TO_TELL and self._unreached is not None:
            # One mail says it of all: a list with a thousand places that have no contact writes no thousand mails.
            step.n_told = self._unreached
            return "" if step.n_told else "nobody-on-duty"
        if step.whom == "duty-officer":
            return self._tell_team(step, notice)
        if step.channel not in ways.WAYS:
            # Nothing is to be lost because a channel was taken away: the team hears of it instead.
            return self._tell_team(step, notice) or "channel-not-set-up"
        told = self._told[notice.pk]
        reached = ways.way(step.channel).addressees(
            notice.organization, self._chosen(step.whom, notice), notice.organization.language or notice.language
        )
        new = [one for one in reached if (step.channel, one.key.lower()) not in told]
        if step.whom == "next-contact":
            new = new[:1]
        self._make(step, notice, new)
        told |= {(step.channel, one.key.lower()) for one in new}
        if not reached and not self._contacts.get(notice.organization_id):
            # Whoever was a contact is none any more: what comes later in the plan may be days away.
            self._tell_team(step, notice)
        return "" if new else "nobody-new" if reached else "nobody"

    def _chosen(self, whom: str, notice: Notice) -> list[Contact]:
        contacts = self._contacts.get(notice.organization_id, [])
        chosen = escalation.in_order((contact, contact.roles) for contact in contacts)
        if whom == "head":
            return [contact for contact in chosen if escalation.LEADERS & set(contact.roles)]
        if whom == "same-contacts":
            first = set(self._first[notice.pk])
            return [contact for contact in chosen if contact.email.lower() in first]
        return chosen

    def _tell_team(self, step: EscalationStep, notice: Notice) -> str:
        if self._officers is None:
            self._officers = officers(self.now)
        self._make(step, notice, self._officers, to_team=True)
        if step.number == NOBODY_TO_TELL:
            self._unreached = step.n_told
        return "" if self._officers else "nobody-on-duty"

    def _make(
        self, step: EscalationStep, notice: Notice, to: Sequence[Addressee], *, to_team: bool = False
    ) -> None:  # fmt: skip
        host = settings.TOCSIN_EMAIL_FROM.rsplit("@", 1)[-1].strip(" >")
        step.n_told = len(to)
        self.made += [
            Delivery(
                notice=notice, channel="email" if to_team else step.channel, recipient=one.key, name=one.name, language=one.language,
                contact_id=one.contact, step=step, to_team=to_team, state="ready", next_attempt_at=self.now,
                message_id=f"<{notice.pk.hex}.s{step.number}.{number}@{host}>",
            )
            for number, one in enumerate(to, start=1)
        ]  # fmt: skip


def officers(now: datetime) -> list[Addressee]:
    """Return who of the team is on duty; where nobody was named, everybody who may let a notice go out."""
    on_duty = DutyOfficer.objects.filter(
        Q(begins_at=None) | Q(begins_at__lte=now), Q(ends_at=None) | Q(ends_at__gt=now)
    )
    named = {row.email.lower(): Addressee(row.email.lower(), row.name, row.language) for row in on_duty.order_by("pk")}
    if named:
        return list(named.values())
    roles = [Role.ADMINISTRATOR.value, Role.APPROVER.value]
    return [
        Addressee(row.email.lower(), row.name, row.language or "vi")
        for row in people.people(SYSTEM, state="open").filter(role__in=roles).order_by("pk")
    ]


@transaction.atomic
def note(*, steps: Collection[UUID], actor: Viewer, now: datetime) -> int:
    """Say that somebody knows that these steps were missed; the alarm ends with the last. Raise NotAllowed, NothingMissed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    rows = EscalationStep.objects.select_for_update(of=("self",)).filter(
        pk__in=steps, state=Step.MISSED, noted_at=None
    )  # fmt: skip
    references = Counter(rows.values_list("notice__reference", flat=True))
    if not references:
        raise NothingMissed
    EscalationStep.objects.filter(pk__in=[row.pk for row in rows]).update(noted_by=actor.email, noted_at=now)
    acts = [Act("escalation-noted", "notice", name, {"steps": n}) for name, n in sorted(references.items())]
    audit.record_all(actor=actor, acts=acts, now=now)
    return references.total()
