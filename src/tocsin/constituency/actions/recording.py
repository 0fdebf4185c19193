"""What every change of the constituency leaves behind: audit entries with before and after, and holding changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import Viewer
from tocsin.constituency.models import HoldingsChange
from tocsin.constituency.rules import holdings
from tocsin.constituency.rules.difference import ATTRIBUTES, Change, ItemChange
from tocsin.core import constituency as plain


def record(changes: Iterable[Change], *, actor: Viewer, now: datetime, origin: dict[str, Any] | None = None) -> None:
    """Write an audit entry for each organization, and a row for each value whose holder changed.

    `origin` says where the change came from: a file and its checksum, the day of an import.
    """
    moved: list[HoldingsChange] = []
    acts: list[audit.Act] = []
    for change in changes:
        action = {"new": "organization-added", "closed": "organization-closed"}.get(change.what, "organization-changed")
        detail = {
            "fields": _fields(change.before, change.after),
            "items": [_item(item) for item in change.items],
            **(origin or {}),
        }
        acts.append(audit.Act(action, "organization", change.organization, detail))
        moved += [
            HoldingsChange(organization_id=change.organization, at=now, by=actor.email, what=action, **shift._asdict())
            for shift in holdings.shifts(change.before, change.after)
        ]
    HoldingsChange.objects.bulk_create(moved, batch_size=1000)
    audit.record_all(actor=actor, acts=acts, now=now)


def note_change(*, actor: Viewer, what: str, now: datetime) -> None:
    """Ask, inside the caller's transaction, that everything be attributed again: `what` says why."""
    HoldingsChange.objects.create(at=now, by=actor.email, what=what[:300])


def forget_changes(*, seen: Sequence[int]) -> None:
    """Remove, inside the caller's transaction, these changes: what they touch was attributed again."""
    for start in range(0, len(seen), 500):  # one by one, for a change may commit after a later one
        HoldingsChange.objects.filter(pk__in=seen[start : start + 500]).delete()


def record_ignored(
    changes: Sequence[ItemChange],
    *,
    before: Iterable[plain.Ignored],
    after: Iterable[plain.Ignored],
    actor: Viewer,
    now: datetime,
    origin: dict[str, Any] | None = None,
) -> None:
    """Write one audit entry for the changes of the ignore list, and a row for each value they are about."""
    if not changes:
        return
    values = {
        holdings.value_of(item) for change in changes for item in (change.before, change.after) if item is not None
    }
    HoldingsChange.objects.bulk_create(
        HoldingsChange(at=now, by=actor.email, what="ignore-list-changed", **shift._asdict())
        for shift in holdings.ignore_shifts(
            tuple(rule for rule in before if rule.value in values),
            tuple(rule for rule in after if rule.value in values),
        )
    )
    audit.record(
        actor=actor,
        action="ignore-list-changed",
        object_kind="ignore-list",
        object_id="all",
        now=now,
        detail={"items": [_item(item) for item in changes], **(origin or {})},
    )


def _fields(before: plain.Organization | None, after: plain.Organization) -> dict[str, list[Any]]:
    """Return the fields that differ, each with the value before and after."""
    old = before or plain.Organization(after.id)
    return {
        name: [_text(getattr(old, name)), _text(getattr(after, name))]
        for name in ATTRIBUTES
        if getattr(old, name) != getattr(after, name)
    }


def _item(change: ItemChange) -> dict[str, Any]:
    return {
        "what": change.what,
        "kind": change.kind,
        "value": change.value,
        "before": _row(change.before),
        "after": _row(change.after),
    }


def _row(item: holdings.Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    pairs = ((part.name, getattr(item, part.name)) for part in fields(item))
    return {name: _text(value) for name, value in pairs if value not in {None, "", ()}}


def _text(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value if isinstance(value, bool | int | None) else str(value)
