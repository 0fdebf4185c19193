"""Read notices for a viewer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from tocsin.base.dialect.indexes import begins
from tocsin.base.lists import Found, Order, find
from tocsin.base.tenancy import SYSTEM, Viewer, scoped
from tocsin.constituency.queries import chosen as chosen_organizations
from tocsin.core.severity import SEVERITIES
from tocsin.findings.models import Finding
from tocsin.intake import queries as intake
from tocsin.intake.models import Arrival
from tocsin.notices import listing, render, rules, texts
from tocsin.notices.escalation import Plan, Step, shipped
from tocsin.notices.hours import Calendar, Extra
from tocsin.notices.models import (
    Answer,
    CalendarDay,
    Channel,
    Claim,
    DecisionLog,
    Delivery,
    DutyOfficer,
    Emergency,
    EscalationPlan,
    EscalationStep,
    Notice,
    NoticeFinding,
    OwnRoute,
    OwnRule,
    Policy,
    Silence,
    State,
    WorkCalendar,
)
from tocsin.trials import queries as trials
from tocsin.trials.rules.design import Arm


def notices(viewer: Viewer, *, state: str = "", organization: str = "") -> QuerySet[Notice]:
    """Return the notices the viewer may see, newest first, each with its latest answer.

    A contact sees those that went out: what still waits has not been said.
    """
    rows = scoped(Notice.objects.all(), viewer)
    if not viewer.sees_everything:
        rows = rows.filter(sent_at__isnull=False)
    if state:
        rows = rows.filter(state=state)
    if organization:
        rows = rows.filter(organization_id=organization)
    last = Answer.objects.filter(notice=OuterRef("pk")).order_by("-at")
    return (
        rows.select_related("organization")
        .annotate(answer=Subquery(last.values("answer")[:1]), answered_at=Subquery(last.values("at")[:1]))
        .order_by("-id")
    )


def listed(
    viewer: Viewer, wanted: listing.Wanted, *, order: Order, key: Sequence[Any] | None, named: str = "", size: int = 50
) -> Found[Notice]:
    """Return a page of the list of notices, whatever is asked of it, in bounded time."""
    chosen = chosen_organizations(viewer, wanted.organization, named)
    if chosen == []:
        return Found([], None, 0)
    asked = listing.filters(wanted, chosen, timezone.get_current_timezone())
    if not viewer.sees_everything:
        asked.append(listing.WENT_OUT)
    return find(notices(SYSTEM).order_by(), asked, order, key, size=size, window=TRIED)


def listed_deliveries(
    viewer: Viewer, wanted: listing.Wanted, *, order: Order, key: Sequence[Any] | None, named: str = "", size: int = 50
) -> Found[Delivery]:
    """Return a page of the list of sent mail, whatever is asked of it, in bounded time."""
    chosen = chosen_organizations(viewer, wanted.organization, named)
    if chosen == []:
        return Found([], None, 0)
    asked = listing.delivery_filters(wanted, chosen, timezone.get_current_timezone())
    return find(deliveries(SYSTEM).order_by(), asked, order, key, size=size, window=TRIED)


TRIED = 3_000
"""Notices tried for a page: each costs a look at its answers or at its notice."""


def deliveries(viewer: Viewer) -> QuerySet[Delivery]:
    """Return the deliveries the viewer may see, newest first."""
    return (
        scoped(Delivery.objects.all(), viewer, "notice__organization_id")
        .select_related("notice__organization", "notice__emergency", "step")
        .order_by("-id")
    )


def shown_deliveries(viewer: Viewer, notice: Notice) -> QuerySet[Delivery]:
    """Return to whom a notice goes; what the team's duty officer is told of it only the team sees."""
    rows = notice.deliveries.order_by("pk")
    return rows if viewer.sees_everything else rows.filter(to_team=False)


def decisions(
    viewer: Viewer, *, rests: str = "", organization: str = "", kind: str = ""
) -> QuerySet[DecisionLog]:  # fmt: skip
    """Return the latest decision for each organization and kind, perhaps those that rest on a reason."""
    chosen = {"rests": rests, "organization_id": organization, "kind": kind}
    rows = scoped(DecisionLog.objects.all(), viewer).filter(**{name: value for name, value in chosen.items() if value})
    return rows.select_related("organization", "notice").order_by("organization_id", "kind")


def resting(viewer: Viewer) -> list[tuple[str, int]]:
    """Return on which reasons the decisions rest, and how many on each."""
    rows = scoped(DecisionLog.objects.all(), viewer).order_by()
    return sorted(rows.values_list("rests").annotate(n=Count("pk")), key=lambda pair: -pair[1])


def type_of(viewer: Viewer, kind: str) -> str:
    """Return the RSIT type of a kind, as far as it was decided about; empty when it never was."""
    if not kind:
        return ""
    found = scoped(DecisionLog.objects.filter(kind=kind), viewer).order_by().values_list("type", flat=True)
    return found.first() or ""


# scope: everyone because the holder of the link is its only credential
def delivery_of_link(delivery_id: UUID) -> Delivery | None:
    """Return the delivery that an answer link names."""
    return Delivery.objects.filter(pk=delivery_id).select_related("notice__organization", "notice__emergency").first()


@dataclass(frozen=True, slots=True)
class Applied:
    """The policy that applies to a unit, and why: of those that name it, the one that names it most closely."""

    values: rules.PolicyValues
    policy: Policy | None
    closeness: str
    """How closely it names it: see rules.places."""
    routed: bool = False
    """Whether the organization itself says who of it is told."""


class Following:
    """All calendars and plans, read once: when an organization works, and who is told next while nobody answers."""

    def __init__(
        self, calendars: Iterable[WorkCalendar], days: Iterable[CalendarDay], plans: Iterable[EscalationPlan]
    ) -> None:  # fmt: skip
        every = list(days)
        general = [_extra(day) for day in every if day.organization_id is None]
        own: dict[str, list[Extra]] = {}
        for day in every:
            if day.organization_id is not None:
                own.setdefault(day.organization_id, []).append(_extra(day))
        rows = {row.organization_id or "": row for row in calendars}
        self.general = _calendar(rows.pop("", None), general)
        self._calendars = {
            id_: _calendar(rows.get(id_), [*general, *own.get(id_, [])], self.general) for id_ in {*rows, *own}
        }
        self._plans = {(row.organization_id or "", row.severity): _plan(row) for row in plans}
        self._times: dict[str, tuple[Calendar, frozenset[str]]] = {}

    def calendar(self, organization_id: str) -> Calendar:
        """Return when an organization works; where nothing is said of it, the installation's."""
        return self._calendars.get(organization_id, self.general)

    def plan(self, organization_id: str, severity: str) -> Plan:
        """Return the plan that holds for an organization and a severity."""
        own = self._plans.get((organization_id, severity))
        return own or self._plans.get(("", severity)) or shipped()[severity]

    def times(self, organization_id: str) -> tuple[Calendar, frozenset[str]]:
        """Return when an organization works, and the severities about which it is told at any time."""
        if (found := self._times.get(organization_id)) is None:
            at_once = {name for name in SEVERITIES if not self.plan(organization_id, name).in_working_time}
            found = self._times[organization_id] = self.calendar(organization_id), frozenset(at_once)
        return found


def _extra(day: CalendarDay) -> Extra:
    return Extra(day.first_on, day.last_on, day.works, day.name)


def _calendar(row: WorkCalendar | None, extra: Sequence[Extra], base: Calendar | None = None) -> Calendar:
    base = base or Calendar()
    if row is None:
        return replace(base, extra=tuple(extra))
    quiet = (row.quiet_from, row.quiet_until) if row.quiet_from and row.quiet_until else (time(), time())
    return Calendar(
        row.country, row.subdivision, row.zone, tuple(row.workdays), row.opens, row.closes, *quiet, tuple(row.quiet_for), tuple(extra)
    )  # fmt: skip


def _plan(row: EscalationPlan) -> Plan:
    steps = (Step(step.after, step.unit, step.whom, step.channel) for step in row.steps.all())
    return Plan(row.severity, tuple(steps), row.in_working_time, timedelta(minutes=row.grace_minutes))


def following(viewer: Viewer) -> Following:
    """Return all calendars and plans for look-ups."""
    days = scoped(CalendarDay.objects.order_by("pk"), viewer)
    return Following(scoped(WorkCalendar.objects.all(), viewer), days, plan_rows(viewer))


def steps(viewer: Viewer) -> QuerySet[EscalationStep]:
    """Return the escalation steps of notices that the viewer may see, the next first; only the team sees them."""
    rows = EscalationStep.objects.all() if viewer.sees_everything else EscalationStep.objects.none()
    return rows.select_related("notice__organization").order_by("due_at", "id")


def missed_steps(viewer: Viewer) -> QuerySet[EscalationStep]:
    """Return the steps that were missed, done late, and that nobody has noted."""
    return steps(viewer).filter(state=EscalationStep.State.MISSED, noted_at=None).order_by("-done_at", "id")


def overdue_steps(viewer: Viewer, now: datetime) -> QuerySet[EscalationStep]:
    """Return the steps that should have been done and are not: nothing works on them at the moment."""
    return steps(viewer).filter(state=EscalationStep.State.PENDING, late_after__lt=now)


def coming_steps(viewer: Viewer) -> QuerySet[EscalationStep]:
    """Return the steps that are to come."""
    return steps(viewer).filter(state=EscalationStep.State.PENDING)


def duty_officers(viewer: Viewer) -> QuerySet[DutyOfficer]:
    """Return who is or will be told of warnings that nobody answers; only the team sees them."""
    rows = DutyOfficer.objects.all() if viewer.sees_everything else DutyOfficer.objects.none()
    return rows.order_by("begins_at", "pk")


def plan_rows(viewer: Viewer) -> QuerySet[EscalationPlan]:
    """Return the plans that replace what is shipped, those for all organizations first, the gravest first."""
    rows = scoped(EscalationPlan.objects.all(), viewer).select_related("organization").prefetch_related("steps")
    return rows.order_by(F("organization_id").asc(nulls_first=True), "severity")


def calendar_rows(viewer: Viewer) -> QuerySet[WorkCalendar]:
    """Return the calendars, the installation's first."""
    rows = scoped(WorkCalendar.objects.all(), viewer).select_related("organization")
    return rows.order_by(F("organization_id").asc(nulls_first=True))


def calendar_days(viewer: Viewer, *, since: date | None = None) -> QuerySet[CalendarDay]:
    """Return the extra days, those that are not over by a day, the next first."""
    rows = scoped(CalendarDay.objects.all(), viewer).select_related("organization").order_by("first_on", "pk")
    return rows if since is None else rows.filter(last_on__gte=since)


class Policies:
    """All policies, read once: looked up for many units without a query each."""

    def __init__(self, rows: Iterable[Policy], following: Following | None = None, own: Iterable[OwnRule] = (), routes: Iterable[OwnRoute] = ()
    ) -> None:  # fmt: skip
        self._by_place = {(row.organization_id or "", row.kind): row for row in rows}
        self._following = following
        self._own = {row.organization_id: row for row in own}
        self._routes = {(row.organization_id, row.kind): tuple(row.roles) for row in routes}

    @property
    def any_rhythm(self) -> bool:
        """Whether any organization has its mail gathered."""
        return any(row.rhythm != OwnRule.Rhythm.AT_ONCE for row in self._own.values())

    @property
    def any_by_network(self) -> bool:
        """Whether any of them groups by network."""
        return any(row.grouping == Policy.Grouping.NETWORK for row in self._by_place.values())

    def get(self, organization_id: str, kind: str, rsit_type: str = "") -> Applied:
        """Return what applies to an organization's findings of a kind."""
        where = (organization_id, kind, rsit_type)
        for closeness, place in rules.places(organization_id, kind, rsit_type):
            if row := self._by_place.get(place):
                return self._routed(Applied(self._timed(_values(row), organization_id), row, closeness), *where)
        return self._routed(Applied(self._timed(rules.BUILT_IN_VALUES, organization_id), None, rules.BUILT_IN), *where)

    def _routed(self, applied: Applied, organization_id: str, *kinds: str) -> Applied:
        """Return what applies with the people whom the organization itself names for the kind, else for its type."""
        for kind in kinds:
            if roles := self._routes.get((organization_id, kind)):
                return replace(applied, values=replace(applied.values, contact_roles=roles), routed=True)
        return applied

    def _timed(self, values: rules.PolicyValues, organization_id: str) -> rules.PolicyValues:
        """Return the values with the times at which this organization may be reminded."""
        if own := self._own.get(organization_id):
            values = replace(values, own_floor=own.floor)
            if rhythm := _rhythm(own):
                # What is gathered comes as one mail, whatever the team's policy would part.
                values = replace(values, own_rhythm=rhythm, grouping="organization")
        if self._following is None:
            return values
        calendar, at_once = self._following.times(organization_id)
        return replace(values, calendar=calendar, at_once=at_once)

    def candidates(self, organization_id: str, kind: str, rsit_type: str = "") -> list[tuple[str, Policy]]:
        """Return all policies that name this, the one that applies first."""
        places = rules.places(organization_id, kind, rsit_type)
        return [(closeness, row) for closeness, place in places if (row := self._by_place.get(place))]


def _rhythm(own: OwnRule) -> rules.Rhythm | None:
    if own.rhythm == OwnRule.Rhythm.AT_ONCE:
        return None
    return rules.Rhythm(own.hour, own.weekday if own.rhythm == OwnRule.Rhythm.WEEKLY else None)


def _values(row: Policy) -> rules.PolicyValues:
    return rules.PolicyValues(
        needs_approval=row.needs_approval,
        repeat=timedelta(days=row.repeat_days),
        deadline_days=dict(row.deadline_days),
        tlp=row.tlp,
        minimum_severity=row.minimum_severity,
        grouping=row.grouping,
        repeat_days=dict(row.repeat_days_by),
        language=row.language,
        contact_roles=tuple(row.contact_roles) or rules.PolicyValues().contact_roles,
    )


def policy_rows(viewer: Viewer) -> QuerySet[Policy]:
    """Return the policies, those for all organizations first."""
    rows = scoped(Policy.objects.all(), viewer).select_related("organization")
    return rows.order_by(F("organization_id").asc(nulls_first=True), "kind")


def policies(viewer: Viewer) -> Policies:
    """Return all policies for look-ups."""
    return Policies(policy_rows(viewer), following(viewer), own_rules(viewer), own_routes(viewer))


def own_rules(viewer: Viewer) -> QuerySet[OwnRule]:
    """Return what organizations say of mail to them."""
    return scoped(OwnRule.objects.select_related("organization").order_by("organization_id"), viewer)


def own_routes(viewer: Viewer) -> QuerySet[OwnRoute]:
    """Return whom organizations themselves want told of what."""
    return scoped(OwnRoute.objects.select_related("organization").order_by("organization_id", "kind"), viewer)


def silences(viewer: Viewer, *, at: datetime | None = None) -> QuerySet[Silence]:
    """Return the silences, or those that hold at an instant; the one that ends last first."""
    rows = scoped(Silence.objects.all(), viewer).select_related("organization").order_by("-until", "-id")
    return rows if at is None else rows.filter(until__gt=at, lifted_at=None)


class Silences:
    """The silences that hold now, read once."""

    def __init__(self, rows: Iterable[Silence]) -> None:
        self._ends: dict[tuple[str, str], datetime] = {}
        for row in rows:
            place = (row.organization_id or "", row.kind)
            self._ends[place] = max(row.until, self._ends.get(place, row.until))

    def until(self, organization_id: str, kind: str, rsit_type: str) -> datetime | None:
        """Return until when an organization is not warned of a kind; None: it is."""
        if not self._ends:
            return None
        places = {(o, k) for o in (organization_id, "") for k in (kind, rsit_type, "")}
        return max((end for place in places if (end := self._ends.get(place))), default=None)


CLAIM_STATES = {
    "asked": Q(ruling=""),
    "approved": Q(ruling="accepted", ended_at=None),
    "ending": Q(ruling="accepted", ended_at=None, warned_at__isnull=False),
    "refused": Q(ruling="refused"),
    "ended": Q(ruling="accepted", ended_at__isnull=False),
}


def claims(viewer: Viewer, *, open_only: bool = True, state: str = "") -> QuerySet[Claim]:
    """Return what owners claim of their findings, those nobody has ruled on, those in a state, or all; the newest first."""
    rows = scoped(Claim.objects.all(), viewer, "finding__organization_id")
    if state:
        rows = rows.filter(CLAIM_STATES[state])
    elif open_only:
        rows = rows.filter(ruling="")
    return rows.select_related("finding__organization", "answer__notice").order_by("-id")


def by_state(viewer: Viewer) -> dict[str, int]:
    """Return how many notices are in each state."""
    return dict(scoped(Notice.objects.order_by(), viewer).values_list("state").annotate(n=Count("pk")))


def deliveries_by_state(viewer: Viewer) -> dict[str, int]:
    """Return how many deliveries are in each state."""
    rows = scoped(Delivery.objects.order_by(), viewer, "notice__organization_id")
    return dict(rows.values_list("state").annotate(n=Count("pk")))


def channels(viewer: Viewer) -> QuerySet[Channel]:
    """Return the ways out that do not answer now."""
    return Channel.objects.order_by("name")


def said(viewer: Viewer, notices: Iterable[Notice]) -> dict[UUID, render.Said]:
    """Return what notices say, as it was written down when they were made. Organizations are there already."""
    rows = list(notices)
    lines: dict[UUID, list[render.Line]] = {row.pk: [] for row in rows}
    made_at = {row.pk: row.created_at for row in rows}
    # What turned out to be somebody else's before the notice went out is not told; what was told stays told.
    moved = Q(finding__moved_at__isnull=False, notice__sent_at=None)
    told = scoped(NoticeFinding.objects.filter(~moved, notice__in=rows), viewer, "notice__organization_id")
    for notice, *values in told.values_list("notice_id", *_LINE).iterator(chunk_size=2000):
        *told_then, exploited_at = values
        exploited = exploited_at is not None and exploited_at <= made_at[notice]
        line = render.Line(*told_then)
        lines[notice].append(replace(line, exploited=True) if exploited else line)
    firsts = Notice.objects.in_bulk({row.follows_id for row in rows if row.follows_id is not None})
    nth = _reminders(rows)
    arms = trials.arms(SYSTEM, [row.trial_id for row in rows])
    added = {row.pk: arms[row.trial_id][row.arm or 0] for row in rows if row.trial_id in arms}
    return {
        row.pk: _said(row, lines[row.pk], firsts.get(row.follows_id), nth.get(row.pk, 0), added.get(row.pk))
        for row in rows
    }


def _reminders(rows: Iterable[Notice]) -> dict[UUID, int]:
    """Return which reminder of its matter each of these notices is, of those that are one."""
    firsts = {row.follows_id for row in rows if row.reason == rules.Reason.REMINDER_DUE and row.follows_id}
    if not firsts:
        return {}
    every = Notice.objects.filter(follows__in=firsts, reason=rules.Reason.REMINDER_DUE, sent_at__isnull=False)
    before: dict[UUID, list[UUID]] = {}
    for first, id_ in every.order_by("pk").values_list("follows_id", "pk"):
        before.setdefault(first, []).append(id_)
    return {row.pk: 1 + sum(id_ < row.pk for id_ in before.get(row.follows_id, [])) for row in rows if row.follows_id in firsts and row.reason == rules.Reason.REMINDER_DUE}  # fmt: skip


_LINE = (
    "finding__asset", "finding__kind", "type", "severity", "severity_rank", "what", "first_seen", "last_seen", "count", "ports", "because", "told_severity",
    "finding__exploited_at",
)  # fmt: skip


def next_reminder(viewer: Viewer, first: Notice | None) -> int:
    """Return which reminder of a matter the next one is."""
    if first is None:
        return 1
    rows = scoped(Notice.objects.filter(follows=first, reason=rules.Reason.REMINDER_DUE, sent_at__isnull=False), viewer)
    return rows.count() + 1


def emergencies(viewer: Viewer) -> QuerySet[Emergency]:
    """Return the one-shot warnings, newest first, each with how far its notices have come; only the team sees them."""
    rows = Emergency.objects.all() if viewer.sees_everything else Emergency.objects.none()
    return rows.annotate(
        n_organizations=Count("notices", distinct=True),
        n_sent=Count("notices", filter=Q(notices__sent_at__isnull=False), distinct=True),
        n_unreached=Count("notices", filter=Q(notices__state=State.NO_CONTACT), distinct=True),
        n_answered=Count("notices__answers__notice", distinct=True),
    ).order_by("-id")


def _said(row: Notice, lines: list[render.Line], first: Notice | None, nth: int, arm: Arm | None) -> render.Said:
    return render.Said(
        reference=row.reference,
        tlp=row.tlp,
        organization={language: row.organization.name_in(language) for language in texts.LANGUAGES},
        reason=row.reason,
        due_at=row.due_at,
        lines=lines,
        reasons={part["kind"]: part["reason"] for part in row.parts},
        base_url=settings.TOCSIN_BASE_URL,
        before=(first.reference, first.sent_at or first.created_at) if first is not None else None,
        nth_reminder=nth,
        added={"vi": arm.text_vi, "en": arm.text_en} if arm is not None and arm.text_vi else None,
        sender=arm.sender if arm is not None else "",
        emergency=row.emergency.texts if row.emergency is not None else None,
    )


def explain(viewer: Viewer, notice: Notice, *, at_most: int | None = None) -> dict[str, Any]:
    """Tell the six stops of one notice, with every reason and file hash; of its gravest findings only, when `at_most`."""
    findings = list(notice.findings.order_by("-severity_rank", "-pk")[:at_most])
    hashes = sorted({event.rsplit("-", 1)[0] for finding in findings for event in finding.evidence})
    arrivals: list[Arrival] = []
    for start in range(0, len(hashes), 100):
        alike = reduce(or_, (Q(**{f"sha256__{name}": value for name, value in begins(prefix)}) for prefix in hashes[start : start + 100]))  # fmt: skip
        arrivals += intake.arrivals(SYSTEM).filter(alike).select_related("batch").order_by("received_at", "pk")
    batches = {a.batch_id: a.batch for a in arrivals if a.batch is not None}
    return {
        "id": str(notice.pk),
        "reference": notice.reference,
        "collect": [{"name": a.name, "sha256": a.sha256, "received_at": _iso(a.received_at)} for a in arrivals] if viewer.sees_everything else [],
        "parse": [
            {"batch": str(b.pk), "rows": b.rows, "events": b.events, "duplicates": b.duplicates, "rejects": b.rejects}
            for b in batches.values()
        ]
        if viewer.sees_everything
        else [],
        "attribute": [{"asset": f.asset, "because": f.because, "related": f.related if viewer.sees_everything else []} for f in findings],
        "fold": [
            {
                "finding": str(f.pk), "asset": f.asset, "kind": f.kind, "severity": f.severity, "count": f.count,
                "first_seen": _iso(f.first_seen), "last_seen": _iso(f.last_seen), "evidence": f.evidence,
            }
            for f in findings
        ],
        "decide": {
            "reason": notice.reason, "at": _iso(notice.created_at), "state": notice.state, "due_at": _iso(notice.due_at),
            "approved_by": notice.approved_by, "approved_at": _iso(notice.approved_at),
        },
        "deliver": [
            {
                "recipient": d.recipient, "message_id": d.message_id, "state": d.state, "attempts": d.attempts,
                "handed_over_at": _iso(d.handed_over_at), "response": d.response,
            }
            for d in shown_deliveries(viewer, notice)
        ],
        "answers": [{"answer": a.answer, "at": _iso(a.at), "by": a.by, "note": a.note} for a in notice.answers.order_by("at")],
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def lines_of(viewer: Viewer, finding: Finding) -> QuerySet[NoticeFinding]:
    """Return in which notices a finding was or is to be told, the newest first; a contact sees those that went out."""
    rows = scoped(NoticeFinding.objects.filter(finding=finding), viewer, "notice__organization_id")
    if not viewer.sees_everything:
        rows = rows.filter(notice__sent_at__isnull=False)
    last = Answer.objects.filter(notice=OuterRef("notice")).order_by("-at")
    return rows.select_related("notice").annotate(answer=Subquery(last.values("answer")[:1])).order_by("-notice_id")


def answers(viewer: Viewer) -> QuerySet[Answer]:
    """Return the answers the viewer may see, newest first."""
    rows = scoped(Answer.objects.all(), viewer, "notice__organization_id")
    # Fetched after, not joined: SQLite would go through every notice and sort, for a page of answers.
    return rows.prefetch_related("notice__organization").order_by("-id")


def next_step(viewer: Viewer) -> datetime | None:
    """Return when the next step of an escalation is due; it may be past. None: nothing is pending."""
    pending = EscalationStep.objects.filter(state=EscalationStep.State.PENDING, notice__in=notices(viewer))
    return pending.order_by("due_at").values_list("due_at", flat=True).first()
