"""Merge, split and reorganize: on a day organizations end and others hold what they held; the past keeps its holders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries
from tocsin.constituency.actions.importing import import_all
from tocsin.constituency.models import Succession
from tocsin.constituency.rules import holdings
from tocsin.core import constituency as plain


class BadSuccession(ValueError):
    """It cannot be done as asked; the text says why."""


@transaction.atomic
def succeed(
    *, before: Sequence[str], after: Sequence[str], on: date, reason: str, actor: Viewer, now: datetime, assigned: Mapping[str, str] | None = None
) -> Succession:  # fmt: skip
    """Let `before` end the day before `on`, and what they hold then pass to `after` from that day.

    `assigned` says which successor gets a value (prefix, domain, AS number, address of a contact); what it does not
    name goes to the only successor. Successors exist already, or are made new by an import. Raise BadSuccession, NotAllowed.
    """
    if not actor.may_write or not actor.sees_everything:
        raise NotAllowed(actor.role.value)
    values = {value.id: value for value in queries.as_values(SYSTEM)[0]}
    assigned = assigned or {}
    _check(before, after, on, reason, values, assigned)
    eve = on - timedelta(days=1)
    moved: list[dict[str, str]] = []
    gained: dict[str, dict[str, list[Any]]] = {id_: {} for id_ in after}
    ended = []
    for id_ in before:
        lists: dict[str, Any] = {}
        for kind, name in holdings.LISTS.items():
            kept = []
            for item in getattr(values[id_], name):
                if not holdings.in_force(item, on):
                    kept.append(item)
                    continue
                to = _successor(item, id_, after, assigned)
                if item.valid_from is None or item.valid_from <= eve:
                    kept.append(replace(item, valid_to=eve))
                gained[to].setdefault(name, []).append(replace(item, valid_from=on))
                moved.append({"kind": kind, "value": holdings.value_of(item), "from": id_, "to": to})
            lists[name] = tuple(kept)
        ended.append(replace(values[id_], valid_to=eve, **lists))
    grown = []
    for id_, found in gained.items():
        own = values[id_]
        more: dict[str, Any] = {name: (*getattr(own, name), *_new(own, name, items)) for name, items in found.items()}
        grown.append(replace(own, **more))
    # Organizations below those that ended stand below the successor, where there is only one.
    below = [
        replace(value, parent=after[0])
        for value in values.values()
        if value.parent in before and value.id not in {*before, *after} and len(after) == 1
    ]
    import_all(organizations=[*ended, *grown, *below], ignored=[], actor=actor, now=now, as_of=on)
    made = Succession.objects.create(
        on=on, reason=reason.strip()[:300], before=list(before), after=list(after), moved=moved, by=actor.email, at=now
    )
    detail = {"before": made.before, "after": made.after, "on": on, "reason": made.reason, "moved": len(moved)}
    audit.record(
        actor=actor, action="organizations-succeeded", object_kind="succession", object_id=str(made.pk), now=now, detail=detail
    )  # fmt: skip
    return made


def _check(
    before: Sequence[str], after: Sequence[str], on: date, reason: str, values: Mapping[str, plain.Organization], assigned: Mapping[str, str]
) -> None:  # fmt: skip
    if not before or not after or set(before) & set(after):
        raise BadSuccession("name those that end and, apart from them, those that follow")
    if missing := sorted({*before, *after, *assigned.values()} - values.keys()):
        raise BadSuccession(f"not known: {', '.join(missing[:10])}")
    if not reason.strip():
        raise BadSuccession("say why: the reason is kept with it")
    if strangers := sorted(set(assigned.values()) - set(after)):
        raise BadSuccession(f"not among those that follow: {', '.join(strangers[:10])}")
    eve = on - timedelta(days=1)
    if gone := sorted(id_ for id_ in before if not holdings.in_force(values[id_], eve)):
        raise BadSuccession(f"did not exist on {eve}: {', '.join(gone[:10])}")
    if unborn := sorted(id_ for id_ in after if not holdings.in_force(values[id_], on)):
        raise BadSuccession(f"does not exist on {on}: {', '.join(unborn[:10])}")


def _successor(item: holdings.Item, owner: str, after: Sequence[str], assigned: Mapping[str, str]) -> str:
    value = holdings.value_of(item)
    if value in assigned:
        return assigned[value]
    if len(after) > 1:
        raise BadSuccession(f"say which organization gets {value} of {owner}")
    return after[0]


def _new(owner: plain.Organization, name: str, more: Sequence[Any]) -> list[Any]:
    """Return what the successor does not hold on these days already."""
    there = getattr(owner, name)
    found: list[Any] = []
    for item in more:
        same = [one for one in (*there, *found) if holdings.value_of(one) == holdings.value_of(item)]
        if not any(holdings.meet(one, item) for one in same):
            found.append(item)
    return found
