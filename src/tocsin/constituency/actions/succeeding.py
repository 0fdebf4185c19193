"""Merge, split and reorganize: on a day organizations end and others hold what they held; the past keeps its holders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries
from tocsin.constituency.actions.importing import OtherThanExpected, import_all
from tocsin.constituency.models import Succession
from tocsin.constituency.rules import holdings
from tocsin.constituency.rules.succession import BadSuccession, Planned
from tocsin.core import constituency as plain


@dataclass(frozen=True, slots=True)
class Passing:
    """What one succession moves: kind, value, from whom, to whom; nobody yet where that is still to be said."""

    plan: Planned
    moved: Sequence[Mapping[str, str]]

    @property
    def open(self) -> list[Mapping[str, str]]:
        """Return what nobody was named for."""
        return [one for one in self.moved if not one["to"]]


def fingerprint(passing: Iterable[Passing]) -> str:
    """Return what names exactly these movements."""
    told = [[one.plan.before, one.plan.after, str(one.plan.on), one.plan.reason, list(one.moved)] for one in passing]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def succeed(
    *, before: Sequence[str], after: Sequence[str], on: date, reason: str, actor: Viewer, now: datetime, assigned: Mapping[str, str] | None = None
) -> Succession:  # fmt: skip
    """Let `before` end the day before `on`, and what they hold then pass to `after` from that day.

    `assigned` says which successor gets a value (prefix, domain, AS number, address of a contact); what it does not
    name goes to the only successor. Successors exist already, or are made new by an import. Raise BadSuccession, NotAllowed.
    """
    plan = Planned(tuple(before), tuple(after), on, reason, assigned or {})
    [made] = succeed_all(plans=[plan], actor=actor, now=now)
    return made


def foresee(*, plans: Sequence[Planned], actor: Viewer) -> list[Passing]:
    """Return what these successions would move, one after the other; nothing changes. Raise BadSuccession, NotAllowed."""
    return [passing for passing, _ in _passed(plans, actor)]


@transaction.atomic
def succeed_all(
    *, plans: Sequence[Planned], actor: Viewer, now: datetime, expected: str | None = None
) -> list[Succession]:  # fmt: skip
    """Do many at once, or none. `expected` is the fingerprint of what somebody saw and confirmed.

    Raise BadSuccession, NotAllowed, OtherThanExpected, and what an import raises.
    """
    found = list(_passed(plans, actor))
    if expected is not None and fingerprint(passing for passing, _ in found) != expected:
        raise OtherThanExpected
    for passing, _ in found:
        for one in passing.open:
            raise BadSuccession("open", value=one["value"], organization=one["from"])
    for day, members in groupby(found, key=lambda pair: pair[0].plan.on):
        changed: dict[str, plain.Organization] = {}
        for _, values in members:
            changed |= values
        import_all(organizations=list(changed.values()), ignored=[], actor=actor, now=now, as_of=day)
    return [_kept(passing, actor, now) for passing, _ in found]


def mark_carried(*, succession: Succession, now: datetime) -> None:
    """Remember that what was open passed on. The caller's transaction holds it."""
    Succession.objects.filter(pk=succession.pk).update(carried_at=now)


def _kept(passing: Passing, actor: Viewer, now: datetime) -> Succession:
    plan = passing.plan
    made = Succession.objects.create(
        on=plan.on, reason=plan.reason.strip()[:300], before=list(plan.before), after=list(plan.after),
        moved=list(passing.moved), by=actor.email, at=now,
    )  # fmt: skip
    detail = {
        "before": made.before,
        "after": made.after,
        "on": made.on,
        "reason": made.reason,
        "moved": len(made.moved),
    }
    audit.record(
        actor=actor, action="organizations-succeeded", object_kind="succession", object_id=str(made.pk), now=now, detail=detail
    )  # fmt: skip
    return made


def _passed(
    plans: Sequence[Planned], actor: Viewer
) -> Iterable[tuple[Passing, dict[str, plain.Organization]]]:  # fmt: skip
    """Yield what each moves with the organizations as they are then; each sees what those before it did."""
    if not actor.may_write or not actor.sees_everything:
        raise NotAllowed(actor.role.value)
    values = {value.id: value for value in queries.as_values(SYSTEM)[0]}
    for plan in sorted(plans, key=lambda plan: (plan.on, plan.before)):
        _check(plan, values)
        moved, changed = _moved(plan, values)
        values |= changed
        yield Passing(plan, moved), changed


def _moved(
    plan: Planned, values: Mapping[str, plain.Organization]
) -> tuple[list[dict[str, str]], dict[str, plain.Organization]]:
    eve = plan.on - timedelta(days=1)
    moved: list[dict[str, str]] = []
    gained: dict[str, dict[str, list[Any]]] = {id_: {} for id_ in plan.after}
    changed: dict[str, plain.Organization] = {}
    for id_ in plan.before:
        lists: dict[str, Any] = {}
        for kind, name in holdings.LISTS.items():
            kept = []
            for item in getattr(values[id_], name):
                if not holdings.in_force(item, plan.on):
                    kept.append(item)
                    continue
                value = holdings.value_of(item)
                to = plan.assigned.get(value, plan.after[0] if len(plan.after) == 1 else "")
                if item.valid_from is None or item.valid_from <= eve:
                    kept.append(replace(item, valid_to=eve))
                if to:
                    gained[to].setdefault(name, []).append(replace(item, valid_from=plan.on))
                moved.append({"kind": kind, "value": value, "from": id_, "to": to})
            lists[name] = tuple(kept)
        changed[id_] = replace(values[id_], valid_to=eve, **lists)
    for id_, found in gained.items():
        own = values[id_]
        more: dict[str, Any] = {name: (*getattr(own, name), *_new(own, name, items)) for name, items in found.items()}
        changed[id_] = replace(own, **more)
    if len(plan.after) == 1:
        # Organizations below those that ended stand below the successor, where there is only one.
        for below in values.values():
            if below.parent in plan.before and below.id not in changed:
                changed[below.id] = replace(below, parent=plan.after[0])
    return moved, changed


def _check(plan: Planned, values: Mapping[str, plain.Organization]) -> None:
    if not plan.before or not plan.after or set(plan.before) & set(plan.after):
        raise BadSuccession("same")
    if missing := sorted({*plan.before, *plan.after, *plan.assigned.values()} - values.keys()):
        raise BadSuccession("unknown", value=", ".join(missing[:10]))
    if not plan.reason.strip():
        raise BadSuccession("no-reason")
    if strangers := sorted(set(plan.assigned.values()) - set(plan.after)):
        raise BadSuccession("stranger", value=", ".join(strangers[:10]))
    eve = plan.on - timedelta(days=1)
    if gone := sorted(id_ for id_ in plan.before if not holdings.in_force(values[id_], eve)):
        raise BadSuccession("gone", day=eve, value=", ".join(gone[:10]))
    if unborn := sorted(id_ for id_ in plan.after if not holdings.in_force(values[id_], plan.on)):
        raise BadSuccession("unborn", day=plan.on, value=", ".join(unborn[:10]))


def _new(owner: plain.Organization, name: str, more: Sequence[Any]) -> list[Any]:
    """Return what the successor does not hold on these days already."""
    there = getattr(owner, name)
    found: list[Any] = []
    for item in more:
        same = [one for one in (*there, *found) if holdings.value_of(one) == holdings.value_of(item)]
        if not any(holdings.meet(one, item) for one in same):
            found.append(item)
    return found
