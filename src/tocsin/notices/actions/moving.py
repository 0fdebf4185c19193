"""The only place where the state of a notice changes: checked against the table of moves, and recorded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.base.audit.actions import Act
from tocsin.notices import rules
from tocsin.notices.models import Delivery, Notice, State

ACTS = {
    State.READY: "notice-let-go",
    State.WAITING: "notice-waiting",
    State.SENT: "notice-sent",
    State.PARTLY_SENT: "notice-partly-sent",
    State.FAILED: "notice-failed",
    State.NO_CONTACT: "notice-no-contact",
    State.REJECTED: "notice-rejected",
    State.WITHDRAWN: "notice-withdrawn",
}


def act(reference: str, state: State, **detail: Any) -> Act:
    """Return what the audit trail says of a notice that comes to a state."""
    return Act(ACTS[state], "notice", reference, detail)


def move(ids: Collection[UUID], to: State, *, now: datetime, **changes: Any) -> list[Act]:
    """Bring notices to a state, those that may come to it; return what is to be recorded, one act for each that did.

    Runs in the caller's transaction. Compare and swap: of two who try only one sees a notice among its own.
    """
    allowed = rules.sources(rules.NOTICE_MOVES, to.value)
    mine = Notice.objects.select_for_update().filter(pk__in=ids, state__in=allowed).order_by("pk")
    found = list(mine.values_list("pk", "reference", "state"))
    Notice.objects.filter(pk__in=[pk for pk, *_ in found]).update(state=to.value, **changes)
    return [act(reference, to, before=before) for _, reference, before in found]


def move_deliveries(deliveries: Any, to: str, **changes: Any) -> int:
    """Bring deliveries (a query of rows) to a state, those that may come to it; return how many did."""
    allowed = rules.sources(rules.DELIVERY_MOVES, to)
    moved: int = deliveries.filter(state__in=allowed).update(state=to, **changes)
    return moved


def settle(ids: Collection[UUID], *, now: datetime) -> list[Act]:
    """Bring notices that were let go to the state that their deliveries make; return what is to be recorded."""
    states: dict[UUID, list[str]] = {}
    for id_, state in Delivery.objects.filter(notice__in=ids, to_team=False).values_list("notice_id", "state"):
        states.setdefault(id_, []).append(state)
    current = dict(Notice.objects.filter(pk__in=ids).values_list("pk", "state"))
    acts: list[Act] = []
    todo: dict[State, list[UUID]] = {}
    for id_, found in states.items():
        to = State(rules.standing(found))
        if to.value != current[id_]:
            todo.setdefault(to, []).append(id_)
    for to, moved in sorted(todo.items()):
        acts += move(moved, to, now=now)
    # When it first reached somebody: later recipients do not change that.
    Notice.objects.filter(pk__in=ids, sent_at=None, state__in=[State.SENT, State.PARTLY_SENT]).update(sent_at=now)
    return acts
