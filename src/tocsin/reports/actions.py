"""Freeze figures."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.reports import queries
from tocsin.reports.models import Snapshot


class PeriodNotOver(ValueError):
    """The period's last day is not over: figures that are frozen must not grow any more."""


class AlreadyFrozen(ValueError):
    """The period was frozen before; a correction names what it corrects, and why."""


@transaction.atomic
def freeze(
    *, begins_on: date, ends_on: date, actor: Viewer, now: datetime, corrects: UUID | None = None, reason: str = ""
) -> Snapshot:
    """Take the figures of a period and keep them. Raise PeriodNotOver, AlreadyFrozen, NotAllowed, ValueError."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if ends_on < begins_on:
        raise ValueError("the period ends before it begins")
    figures = queries.loop(actor, begins_on=begins_on, ends_on=ends_on, now=now)
    if datetime.fromisoformat(figures["as_of"]) >= now:
        raise PeriodNotOver(f"{ends_on} is not over")
    earlier = Snapshot.objects.filter(begins_on=begins_on, ends_on=ends_on).order_by("-id").first()
    if earlier is not None and (earlier.pk != corrects or not reason.strip()):
        raise AlreadyFrozen(f"{earlier.pk} holds this period; to correct it, name it and say why")
    if corrects is not None and earlier is None:
        raise ValueError("there is nothing to correct")
    made = Snapshot.objects.create(
        begins_on=begins_on, ends_on=ends_on, as_of=datetime.fromisoformat(figures["as_of"]), taken_at=now, taken_by=actor.email,
        figures=figures, sha256=checksum(figures), corrects=earlier, reason=reason.strip(),
    )  # fmt: skip
    audit.record(
        actor=actor, action="figures-frozen", object_kind="snapshot", object_id=str(made.pk), now=now,
        detail={"begins_on": begins_on, "ends_on": ends_on, "sha256": made.sha256, "corrects": corrects},
    )  # fmt: skip
    return made


def checksum(figures: dict[str, Any]) -> str:
    """Return the SHA-256 of figures: the same wherever they are read from."""
    text = json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
