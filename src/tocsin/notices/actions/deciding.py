"""Stop five: decide about every unit that changed or whose time has come, and write down what is to be told.

Nothing is scanned. What changed left a row (`News`); what time alone changes has its instant stored (`next_at`);
a notice without anybody to go to is looked at again. Everything else still rests where it was decided.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, F, Value, When
from django.utils import timezone

from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact
from tocsin.core.severity import RANK, SEVERITIES
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, News, Sensor
from tocsin.notices import queries, rules
from tocsin.notices.actions import moving
from tocsin.notices.models import DecisionLog, Delivery, Notice, NoticeFinding, Series, State
from tocsin.notices.rules import Reason

PORTION = 300
"""Organizations and kinds decided in one transaction: it holds no lock for long, and costs one commit."""
NAMES = {rank: name for name, rank in RANK.items()}
Groups = dict[str, set[str]]


@dataclass(slots=True)
class Unit:
    """What is decided about at once: see rules."""

    organization_id: str
    kind: str
    network: str
    type: str
    rows: dict[rules.Seen, int]
    """How many findings look the same."""
    applied: queries.Applied
    silenced_until: datetime | None
    decision: rules.Decision
    blocked_by: UUID | None = None
    carried: dict[rules.Seen, str] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells it from others."""
        return self.organization_id, self.kind, self.network

    @property
    def n(self) -> int:
        """How many findings the notice would carry."""
        return sum(self.rows[seen] for seen in self.carried)

    @property
    def severity(self) -> str:
        """The worst of them."""
        return NAMES[max(RANK[seen.severity] for seen in self.carried)]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who would be told."""

    email: str
    name: str
    language: str


@dataclass(slots=True)
class Plan:
    """A notice as it would be made."""

    organization_id: str
    units: list[Unit]
    recipients: list[Recipient]
    language: str
    now: datetime
    id: UUID = field(default_factory=uuid7)
    reference: str = ""
    follows: UUID | None = None

    @property
    def values(self) -> rules.PolicyValues:
        """The policy that its units share."""
        return self.units[0].applied.values

    @property
    def reason(self) -> Reason:
        """The most telling reason."""
        return min((unit.decision.reason for unit in self.units), key=rules.ORDER.index)

    @property
    def severity(self) -> str:
        """The worst severity."""
        return NAMES[max(RANK[unit.severity] for unit in self.units)]

    @property
    def due_at(self) -> datetime:
        """By when the gravest is to be fixed."""
        return min(rules.due(unit.severity, unit.applied.values, self.now) for unit in self.units)

    @property
    def state(self) -> State:
        """In which state it begins."""
        if not self.recipients:
            return State.NO_CONTACT
        return State.WAITING if self.values.needs_approval else State.READY

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What it tells, a part a unit."""
        return [
            {
                "kind": unit.kind, "network": unit.network, "type": unit.type, "reason": unit.decision.reason.value, "severity": unit.severity,
                "n": unit.n, "policy": unit.applied.policy.pk if unit.applied.policy else None, "closeness": unit.applied.closeness,
            }
            for unit in self.units
        ]  # fmt: skip


@dataclass(slots=True)
class Decided:
    """What a round decided. `reasons` counts units; `rested` counts those before the round, by where they rested."""

    reasons: Counter[str] = field(default_factory=Counter)
    rested: Counter[str] = field(default_factory=Counter)
    units: list[Unit] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    made: int = 0
    left: int = 0
    """Organizations and kinds that a dry run did not come to."""


@dataclass(frozen=True, slots=True)
class _Todo:
    groups: Groups
    news: dict[str, list[int]]
    reachable: set[str]


@dataclass(frozen=True, slots=True)
class _Round:
    now: datetime
    policies: queries.Policies
    silences: queries.Silences
    reachable: set[str]
    networks: bool
    """Whether any policy groups by network: only then is the holding of each finding asked for."""


def decide(*, now: datetime, dry_run: bool = False, everything: bool = False, at_most: int = 0) -> Decided:
    """Decide about what changed or is due, or about everything. A dry run gives the same, keeps it, and writes nothing.

    `at_most`: a dry run ends after about so many organizations and kinds; 0 is all.
    """
    if not everything and not _anything(now):
        return Decided()
    if dry_run:
        return _try(_todo(now, everything=everything), now, at_most)
    decided = Decided()
    with dialect.mutual_exclusion("decide"):
        todo = _todo(now, everything=everything)
        round_ = _round(now, todo)
        for groups in _portions(todo.groups):
            _decide_portion(groups, [id_ for o in groups for id_ in todo.news.pop(o, [])], round_, decided)
    return decided


def _try(todo: _Todo, now: datetime, at_most: int) -> Decided:
    decided, round_, n = Decided(), _round(now, todo), 0
    for groups in _portions(todo.groups):
        if at_most and n >= at_most:
            decided.left += sum(map(len, groups.values()))
            continue
        n += sum(map(len, groups.values()))
        units, plans, _ = _weigh(groups, round_, decided)
        decided.units += units
        decided.plans += plans
    return decided


def _round(now: datetime, todo: _Todo) -> _Round:
    policies = queries.policies(SYSTEM)
    silences = queries.Silences(queries.silences(SYSTEM, at=now))
    return _Round(now, policies, silences, todo.reachable, policies.any_by_network)


def _anything(now: datetime) -> bool:
    return (
        News.objects.exists()
        or DecisionLog.objects.filter(next_at__lte=now).exists()
        or bool(_reachable(now))
    )  # fmt: skip


def _reachable(now: datetime) -> set[str]:
    """Return the organizations with a notice that had nobody to go to, in which there is somebody now."""
    waiting = Notice.objects.filter(state=State.NO_CONTACT).order_by().values_list("organization_id", flat=True)
    return constituency.reachable(SYSTEM, waiting.distinct(), now.date())


def _todo(now: datetime, *, everything: bool) -> _Todo:
    groups: Groups = defaultdict(set)
    news: dict[str, list[int]] = defaultdict(list)
    for id_, organization, kind in News.objects.order_by().values_list("pk", "organization_id", "kind").iterator():
        groups[organization].add(kind)
        news[organization].append(id_)
    due = DecisionLog.objects.all() if everything else DecisionLog.objects.filter(next_at__lte=now)
    for organization, kind in due.order_by().values_list("organization_id", "kind"):
        groups[organization].add(kind)
    reachable = _reachable(now)
    for organization, parts in Notice.objects.filter(
        state=State.NO_CONTACT, organization__in=reachable
    ).values_list("organization_id", "parts"):  # fmt: skip
        groups[organization] |= {part["kind"] for part in parts}
    if everything:
        every = Finding.objects.order_by().values_list("organization_id", "kind").distinct()
        for organization, kind in every.iterator(chunk_size=5000):
            groups[organization].add(kind)
    return _Todo(groups, news, reachable)


def _portions(groups: Groups) -> Iterator[Groups]:
    """Cut into portions; an organization is never cut, since it may get one notice for all."""
    portion: Groups = {}
    n = 0
    for organization in sorted(groups):
        portion[organization] = groups[organization]
        n += len(groups[organization])
        if n >= PORTION:
            yield portion
            portion, n = {}, 0
    if portion:
        yield portion


@transaction.atomic
def _decide_portion(groups: Groups, news: list[int], round_: _Round, decided: Decided) -> None:
    units, plans, dropped = _weigh(groups, round_, decided)
    old = _logs(groups)
    acts: list[Act] = []
    for because, ids in dropped.items():
        acts += drop(ids, because=because, now=round_.now)
    acts += _make(plans, old, round_.now)
    _log(units, plans, old, round_.now)
    News.objects.filter(pk__in=news).delete()
    audit.record_all(actor=SYSTEM, acts=acts, now=round_.now)
    decided.made += len(plans)


def _of(groups: Groups) -> dict[str, Any]:
    """Return the filter that an index answers for these groups and perhaps some others: see who else is there."""
    return {"organization__in": sorted(groups), "kind__in": sorted(set().union(*groups.values()))}


def _logs(groups: Groups) -> dict[tuple[str, str, str], DecisionLog]:
    rows = DecisionLog.objects.filter(**_of(groups))
    return {
        (log.organization_id, log.kind, log.network): log for log in rows if log.kind in groups[log.organization_id]
    }


def _weigh(groups: Groups, round_: _Round, decided: Decided) -> tuple[list[Unit], list[Plan], dict[str, list[UUID]]]:
    """Decide about these; return the units, the notices to make, and those to withdraw by why."""
    held_back = Notice.objects.filter(state__in=[State.WAITING, State.NO_CONTACT], organization__in=list(groups))
    blocking = list(held_back.only("state", "organization_id", "parts"))
    units = _units(groups, round_)
    if more := _doubtful(units, blocking, groups):
        units += _units(more, round_)
        for organization, kinds in more.items():
            groups[organization] |= kinds
    dropped = _block(units, blocking, round_)
    decided.rested.update(log.rests for log in _logs(groups).values())
    for unit in units:
        if unit.decision.sends:
            unit.carried = {
                seen: what
                for seen in unit.rows
                if (what := rules.carries(seen, unit.decision, policy=unit.applied.values, now=round_.now))
            }
    plans = _plans([unit for unit in units if unit.decision.sends], round_)
    unreached = {unit.name for plan in plans if plan.state is State.NO_CONTACT for unit in plan.units}
    decided.reasons.update(
        Reason.NO_CONTACT.value if unit.name in unreached else unit.decision.reason.value for unit in units
    )
    return units, plans, dropped


def _whether(**condition: F) -> Case:
    return Case(When(**condition, then=Value(value=True)), default=Value(value=False))


_COMPARED = {
    "seen_again": _whether(last_seen__gt=F("heard_at")),
    "told_since": _whether(told_at__gt=F("heard_at")),
    "came_back": _whether(reopened_at__gt=F("told_at")),
}
_LOOKS = ("severity_rank", "told_at", "told_rank", "sensor", "owner", "fixing_until", "declined_rank", *_COMPARED)


def _seen(rank: int, told_at: datetime | None, told: int | None, sensor: str, owner: str,
          until: datetime | None, declined: int | None, *compared: bool) -> rules.Seen:  # fmt: skip
    return rules.Seen(
        NAMES[rank], told_at, NAMES.get(told or 0), sensor != Sensor.GONE, owner, until, NAMES.get(declined or 0), *compared
    )  # fmt: skip


def _units(groups: Groups, round_: _Round) -> list[Unit]:
    columns = ["organization_id", "kind", "type", *_LOOKS, *(["because"] if round_.networks else [])]
    rows = Finding.objects.filter(**_of(groups)).annotate(**_COMPARED).order_by().values_list(*columns)
    found: dict[tuple[str, str, str], Unit] = {}
    for organization, kind, rsit, *rest in rows.annotate(n=Count("pk")).iterator(chunk_size=5000):
        if kind not in groups[organization]:
            continue
        *looks, n = rest
        because = looks.pop() if round_.networks else ""
        applied = round_.policies.get(organization, kind, rsit)
        network = because if applied.values.grouping == "network" else ""
        unit = found.get((organization, kind, network))
        if unit is None:
            silenced = round_.silences.until(organization, kind, rsit)
            nothing = rules.Decision(Reason.NOTHING_NEW)
            unit = Unit(organization, kind, network, rsit, {}, applied, silenced, nothing)
            found[unit.name] = unit
        seen = _seen(*looks)
        unit.rows[seen] = unit.rows.get(seen, 0) + n
    for unit in found.values():
        unit.decision = rules.decide(
            unit.rows, policy=unit.applied.values, now=round_.now, silenced_until=unit.silenced_until
        )
    return sorted(found.values(), key=lambda unit: unit.name)


def _held(notice: Notice, units: list[Unit]) -> list[Unit]:
    """Return those of these units that a notice speaks of."""
    parts = {(part["kind"], part["network"]) for part in notice.parts}
    kinds = {kind for kind, _ in parts}
    return [
        unit
        for unit in units
        if unit.organization_id == notice.organization_id
        and unit.kind in kinds
        and (not unit.network or {(unit.kind, ""), (unit.kind, unit.network)} & parts)
    ]


def _doubtful(units: list[Unit], blocking: list[Notice], groups: Groups) -> Groups:
    """Return what else to look at before a notice may be called pointless: the rest of what it speaks of."""
    more: Groups = defaultdict(set)
    for notice in blocking:
        held = _held(notice, units)
        if held and not any(unit.decision.sends for unit in held):
            rest = {part["kind"] for part in notice.parts} - groups[notice.organization_id]
            if rest:
                more[notice.organization_id] |= rest
    return more


def _block(units: list[Unit], blocking: list[Notice], round_: _Round) -> dict[str, list[UUID]]:
    """Hold back what a notice that has not gone out yet speaks of; return the notices that have become pointless, by why."""
    dropped: dict[str, list[UUID]] = {}
    kept: list[tuple[Notice, list[Unit]]] = []
    for notice in blocking:
        held = _held(notice, units)
        if notice.state == State.NO_CONTACT and notice.organization_id in round_.reachable:
            dropped.setdefault("there is somebody to tell now: a new notice follows", []).append(notice.pk)
        elif held and not any(unit.decision.sends for unit in held):
            dropped.setdefault("there is nothing to tell any more", []).append(notice.pk)
        else:
            kept.append((notice, held))
    for notice, held in kept:
        why = Reason.NO_CONTACT if notice.state == State.NO_CONTACT else Reason.AWAITING_APPROVAL
        for unit in held:
            unit.blocked_by = notice.pk
            unit.decision = rules.decide(
                unit.rows, policy=unit.applied.values, now=round_.now, silenced_until=unit.silenced_until, blocked=why
            )
    return dropped


def _plans(units: list[Unit], round_: _Round) -> list[Plan]:
    together: dict[tuple[object, ...], list[Unit]] = defaultdict(list)
    for unit in units:
        values = unit.applied.values
        scope = {"organization": (), "kind": (unit.kind,)}.get(values.grouping, (unit.kind, unit.network))
        resolved = unit.decision.reason is Reason.ALL_RESOLVED
        together[
            unit.organization_id,
            scope,
            values.needs_approval,
            values.tlp,
            values.language,
            values.contact_roles,
            resolved,
        ].append(unit)
    organizations = {unit.organization_id for unit in units}
    contacts = constituency.contacts_of(SYSTEM, organizations, round_.now.date())
    languages = dict(
        constituency.organizations(SYSTEM).filter(pk__in=organizations).order_by().values_list("pk", "language")
    )
    plans = []
    for members in together.values():
        organization, values = members[0].organization_id, members[0].applied.values
        language = values.language or languages[organization] or "vi"
        told = recipients(contacts.get(organization, []), values, language)
        plans.append(Plan(organization, members, told, language, round_.now))
    return plans


def recipients(contacts: list[Contact], values: rules.PolicyValues, language: str) -> list[Recipient]:
    """Return who of an organization is told: those with a role that the policy names, else all; each address once."""
    chosen = [contact for contact in contacts if set(values.contact_roles) & set(contact.roles)] or contacts
    unique = {contact.email.lower(): contact for contact in chosen}
    return [
        Recipient(email, contact.name, (values.language or contact.language or language)[:2])
        for email, contact in sorted(unique.items())
    ]


def _make(plans: list[Plan], old: Mapping[tuple[str, str, str], DecisionLog], now: datetime) -> list[Act]:
    """Write the notices down: rows, lines, deliveries; remember what was told."""
    if not plans:
        return []
    first = numbers(len(plans), now)
    for place, plan in enumerate(plans):
        plan.reference = reference(now, first + place)
        threads = [old[unit.name].thread_id for unit in plan.units if unit.name in old]
        plan.follows = min((thread for thread in threads if thread is not None), default=None)
    Notice.objects.bulk_create(
        [
            Notice(
                id=plan.id, reference=plan.reference, organization_id=plan.organization_id, state=plan.state.value, reason=plan.reason.value,
                severity=plan.severity, tlp=plan.values.tlp, language=plan.language, created_at=now, due_at=plan.due_at, parts=plan.parts,
                n_findings=sum(unit.n for unit in plan.units), follows_id=plan.follows,
            )
            for plan in plans
        ]
    )  # fmt: skip
    _write_lines(plans)
    Delivery.objects.bulk_create(
        delivery
        for plan in plans
        for delivery in deliveries(plan.id, plan.recipients, "ready" if plan.state is State.READY else "waiting", now)
    )
    remember_told([plan.id for plan in plans if plan.state is State.READY], now)
    return [
        moving.act(plan.reference, plan.state, organization=plan.organization_id, reason=plan.reason.value, findings=sum(unit.n for unit in plan.units))
        for plan in plans
    ]  # fmt: skip


def drafts(*, organization_id: str, now: datetime) -> list[tuple[Plan, list[NoticeFinding]]]:
    """Return the notices that an organization would get now, each with its lines; nothing is written."""
    todo = _todo(now, everything=False)
    groups: Groups = {organization_id: set(todo.groups.get(organization_id, set()))}
    if not groups[organization_id]:
        return []
    _, plans, _ = _weigh(groups, _round(now, todo), Decided())
    lines: dict[UUID, list[NoticeFinding]] = {plan.id: [] for plan in plans}
    for line in _lines(plans):
        lines[line.notice_id].append(line)
    return [(plan, lines[plan.id]) for plan in plans]


def _write_lines(plans: list[Plan]) -> None:
    every = _lines(plans)
    while part := list(islice(every, 2000)):
        NoticeFinding.objects.bulk_create(part)


def _lines(plans: list[Plan]) -> Iterator[NoticeFinding]:
    of: dict[tuple[str, str, str], tuple[UUID, Unit]] = {
        unit.name: (plan.id, unit) for plan in plans for unit in plan.units
    }
    parts = {(o, k) for o, k, _ in of}
    whole = {(o, k): n == "" for o, k, n in of}
    groups: Groups = defaultdict(set)
    for organization, kind in parts:
        groups[organization].add(kind)
    columns = (
        "pk",
        "organization_id",
        "kind",
        "because",
        "type",
        "first_seen",
        "last_seen",
        "count",
        "ports",
        *_LOOKS,
    )
    rows = Finding.objects.filter(**_of(groups)).annotate(**_COMPARED).order_by().values_list(*columns)
    for id_, organization, kind, because, rsit, first, last, count, ports, *looks in rows.iterator(chunk_size=2000):
        found = of.get((organization, kind, "" if whole.get((organization, kind)) else because))
        # What changed since it was weighed is left to the next round: its news are still there.
        what = found[1].carried.get(_seen(*looks)) if found is not None else None
        if found is None or what is None:
            continue
        yield NoticeFinding(
            notice_id=found[0], finding_id=id_, severity=NAMES[looks[0]], severity_rank=looks[0], what=what, type=rsit,
            first_seen=first, last_seen=last, count=count, ports=ports, because=because,
        )  # fmt: skip


def deliveries(notice: UUID, to: list[Recipient], state: str, now: datetime, start: int = 1) -> list[Delivery]:
    """Return the rows that carry a notice to its recipients; each has its Message-ID for ever."""
    host = settings.TOCSIN_EMAIL_FROM.rsplit("@", 1)[-1].strip(" >")
    return [
        Delivery(
            notice_id=notice, recipient=one.email, name=one.name, language=one.language, state=state,
            message_id=f"<{notice.hex}.{number}@{host}>", next_attempt_at=now,
        )
        for number, one in enumerate(to, start=start)
    ]  # fmt: skip


def remember_told(notices: list[UUID], now: datetime) -> None:
    """Remember of every finding in these notices that it was told now, as grave as the notice says."""
    if not notices:
        return
    lines = NoticeFinding.objects.filter(notice__in=notices).order_by()
    for rank in range(1, len(SEVERITIES) + 1):
        findings.tell(
            findings=lines.filter(severity_rank=rank).exclude(what="gone").values("finding_id"), rank=rank, now=now
        )
    findings.tell(findings=lines.filter(what="gone").values("finding_id"), rank=None, now=now)


def drop(ids: list[UUID], *, because: str, now: datetime) -> list[Act]:
    """Withdraw notices that have not gone out; return what is to be recorded."""
    acts = moving.move(
        ids, State.WITHDRAWN, now=now, ended_at=now, ended_by=SYSTEM.email, ended_because=because
    )  # fmt: skip
    moving.move_deliveries(Delivery.objects.filter(notice__in=ids), "cancelled")
    return acts


def _log(units: list[Unit], plans: list[Plan], old: Mapping[tuple[str, str, str], DecisionLog], now: datetime) -> None:
    made = {unit.name: plan for plan in plans for unit in plan.units}
    rows = []
    for unit in units:
        plan, before = made.get(unit.name), old.get(unit.name)
        reason, rests = unit.decision.reason, unit.decision
        thread = before.thread_id if before else None
        if plan is not None and plan.state is State.READY:
            rests = after(unit, now)
            thread = None if unit.decision.reason is Reason.ALL_RESOLVED else thread or plan.id
        elif plan is not None:
            rests = rules.Decision(Reason.NO_CONTACT if plan.state is State.NO_CONTACT else Reason.AWAITING_APPROVAL)
            reason = Reason.NO_CONTACT if plan.state is State.NO_CONTACT else reason
        rows.append(
            DecisionLog(
                organization_id=unit.organization_id, kind=unit.kind, network=unit.network, type=unit.type, reason=reason.value, rests=rests.reason.value,
                sends=plan is not None and plan.state is not State.NO_CONTACT, at=now, next_at=rests.next_at,
                notice_id=plan.id if plan else unit.blocked_by or (before.notice_id if before else None), thread_id=thread,
            )
        )  # fmt: skip
    DecisionLog.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "kind", "network"],
        update_fields=["type", "reason", "rests", "sends", "at", "next_at", "notice", "thread"],
    )
    gone = [log.pk for name, log in old.items() if name not in {unit.name for unit in units}]
    DecisionLog.objects.filter(pk__in=gone).delete()


def after(unit: Unit, now: datetime) -> rules.Decision:
    """Return where a unit rests once its notice was let go."""
    rows = [rules.after(seen, unit.decision.reason, now) if seen in unit.carried else seen for seen in unit.rows]
    return rules.decide(rows, policy=unit.applied.values, now=now)


def numbers(n: int, now: datetime) -> int:
    """Take the next `n` numbers of the year; return the first. They come back if the transaction fails: there are no gaps."""
    year = timezone.localtime(now).year
    Series.objects.get_or_create(year=year)
    Series.objects.filter(year=year).update(last=F("last") + n)
    return Series.objects.values_list("last", flat=True).get(year=year) - n + 1


def reference(now: datetime, number: int) -> str:
    """Return a reference, of the year that it is where the team sits."""
    return f"TC-{timezone.localtime(now).year}-{number:06d}"
