"""Stop five: decide about every unit that changed or whose time has come, and write down what is to be told.

Nothing is scanned. What changed left a row (`News`); what time alone changes has its instant stored (`next_at`);
a notice without anybody to go to is looked at again. Everything else still rests where it was decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituency
from tocsin.findings.models import Finding, News
from tocsin.notices import queries
from tocsin.notices.actions import trialling, weighing, writing
from tocsin.notices.actions.planning import Groups, Plan
from tocsin.notices.models import DecisionLog, Notice, NoticeFinding, State
from tocsin.trials import queries as trials

PORTION = 300
"""Organizations and kinds decided in one transaction: it holds no lock for long, and costs one commit."""


@dataclass(frozen=True, slots=True)
class _Todo:
    groups: Groups
    news: dict[str, list[int]]
    reachable: set[str]


def decide(*, now: datetime, dry_run: bool = False, everything: bool = False, at_most: int = 0) -> weighing.Decided:
    """Decide about what changed or is due, or about everything. A dry run gives the same, keeps it, and writes nothing.

    `at_most`: a dry run ends after about so many organizations and kinds; 0 is all.
    """
    if not everything and not _anything(now):
        return weighing.Decided()
    if dry_run:
        return _try(_todo(now, everything=everything), now, at_most)
    decided = weighing.Decided()
    with dialect.mutual_exclusion("decide"):
        todo = _todo(now, everything=everything)
        round_ = _round(now, todo)
        for groups in _portions(todo.groups):
            _decide_portion(groups, [id_ for o in groups for id_ in todo.news.pop(o, [])], round_, decided)
    return decided


def _try(todo: _Todo, now: datetime, at_most: int) -> weighing.Decided:
    decided, round_, n = weighing.Decided(), _round(now, todo), 0
    for groups in _portions(todo.groups):
        if at_most and n >= at_most:
            decided.left += sum(map(len, groups.values()))
            continue
        n += sum(map(len, groups.values()))
        units, plans, _ = weighing.weigh(groups, round_, decided)
        decided.units += units
        decided.plans += plans
    return decided


def _round(now: datetime, todo: _Todo) -> weighing.Round:
    policies = queries.policies(SYSTEM)
    silences = queries.Silences(queries.silences(SYSTEM, at=now))
    return weighing.Round(now, policies, silences, todo.reachable, policies.any_by_network, trials.running(SYSTEM, now))


def _anything(now: datetime) -> bool:
    return (
        News.objects.exists()
        or DecisionLog.objects.filter(next_at__lte=now).exists()
        or bool(_reachable(now))
    )  # fmt: skip


def _reachable(now: datetime) -> set[str]:
    """Return the organizations with a notice that had nobody to go to, in which there is somebody now."""
    waiting = (
        Notice.objects.filter(state=State.NO_CONTACT, emergency=None)
        .order_by()
        .values_list("organization_id", flat=True)
    )
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
        state=State.NO_CONTACT, emergency=None, organization__in=reachable
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
def _decide_portion(groups: Groups, news: list[int], round_: weighing.Round, decided: weighing.Decided) -> None:
    units, plans, dropped = weighing.weigh(groups, round_, decided)
    old = weighing.logs(groups)
    acts: list[Act] = []
    for because, ids in dropped.items():
        acts += writing.drop(ids, because=because, now=round_.now)
    trialling.write_down(units, round_.now)
    acts += writing.make(plans, old, round_.now)
    writing.log(units, plans, old, round_.now)
    News.objects.filter(pk__in=news).delete()
    audit.record_all(actor=SYSTEM, acts=acts, now=round_.now)
    decided.made += len(plans)


def drafts(*, organization_id: str, now: datetime) -> list[tuple[Plan, list[NoticeFinding]]]:
    """Return the notices that an organization would get now, each with its lines; nothing is written."""
    todo = _todo(now, everything=False)
    groups: Groups = {organization_id: set(todo.groups.get(organization_id, set()))}
    if not groups[organization_id]:
        return []
    _, plans, _ = weighing.weigh(groups, _round(now, todo), weighing.Decided())
    lines: dict[UUID, list[NoticeFinding]] = {plan.id: [] for plan in plans}
    for line in writing.lines(plans):
        lines[line.notice_id].append(line)
    return [(plan, lines[plan.id]) for plan in plans]
