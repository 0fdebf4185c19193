"""Press on now, because a person says so: the next contact, all of them, the head, another channel, or a letter.

Nothing goes out twice: a press becomes a step of the notice's own plan, which tells only whom that channel has not told
of it, and the worker does it as it does every step.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.notices import escalation
from tocsin.notices.actions import escalating
from tocsin.notices.models import EscalationStep, Notice

WAYS: Final = {
    "next-contact": ("next-contact", "email"),
    "all-contacts": ("all-contacts", "email"),
    "head": ("head", "email"),
    "chat": ("all-contacts", "chat"),
    "letter": ("organization", "letter"),
}
"""How one may press on: whom the step tells, and by which channel."""
APART: Final = timedelta(days=1)
"""The same way is not pressed twice within this time."""
GRACE: Final = timedelta(hours=1)


class BadWay(Exception):
    """There is no such way to press on."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What pressing on an organization comes to."""

    organization_id: str
    notice: Notice | None
    because: str = ""
    """Why nothing is done, in one word: not-told, answered, resolved, silenced, withdrawn, pressed-today, too-many-steps."""


@transaction.atomic
def press(
    *, organizations: Collection[str], kinds: Collection[str], way: str, actor: Viewer, now: datetime, dry_run: bool = False
) -> list[Pressed]:  # fmt: skip
    """Press on each of these organizations about the last notice that told them of such kinds. Raise BadWay, NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if way not in WAYS:
        raise BadWay(way)
    latest = _latest(organizations, kinds)
    needless = escalating.over(list(latest.values()), now=now)
    steps: dict[UUID, list[EscalationStep]] = {}
    for step in EscalationStep.objects.filter(notice__in=list(latest.values())).order_by("number"):
        steps.setdefault(step.notice_id, []).append(step)
    found: list[Pressed] = []
    made: list[EscalationStep] = []
    sooner: list[EscalationStep] = []
    acts: list[Act] = []
    for organization in sorted(set(organizations)):
        notice = latest.get(organization)
        because = (
            "not-told" if notice is None else needless.get(notice.pk) or _tried(steps.get(notice.pk, []), way, now)
        )
        found.append(Pressed(organization, notice, because))
        if notice is None or because or dry_run:
            continue
        step, new = _step(notice, steps.get(notice.pk, []), way, actor, now)
        (made if new else sooner).append(step)
        acts.append(Act("notice-pressed", "notice", notice.reference, {"way": way, "step": step.number}))
    EscalationStep.objects.bulk_create(made)
    EscalationStep.objects.bulk_update(sooner, ["due_at", "late_after", "pressed_by", "pressed_at"])
    audit.record_all(actor=actor, acts=acts, now=now)
    return found


def _latest(organizations: Collection[str], kinds: Collection[str]) -> dict[str, Notice]:
    """Return of each organization the last notice that went out and spoke of one of these kinds."""
    wanted = set(kinds)
    rows = Notice.objects.filter(organization__in=list(organizations), state__in=escalating.WENT_OUT, emergency=None)
    found: dict[str, Notice] = {}
    for row in rows.only("organization_id", "reference", "state", "parts", "created_at").order_by("pk"):
        if wanted & {part["kind"] for part in row.parts}:
            found[row.organization_id] = row
    return found


def _tried(steps: Sequence[EscalationStep], way: str, now: datetime) -> str:
    if any((s.whom, s.channel) == WAYS[way] and s.pressed_at and s.pressed_at > now - APART for s in steps):
        return "pressed-today"
    return "too-many-steps" if len(steps) >= 2 * escalation.MOST_STEPS else ""


def _step(
    notice: Notice, steps: Sequence[EscalationStep], way: str, actor: Viewer, now: datetime
) -> tuple[EscalationStep, bool]:
    """Return the step that does it, and whether it is a new one: one that is planned comes sooner."""
    whom, channel = WAYS[way]
    planned = (s for s in steps if s.state == EscalationStep.State.PENDING and (s.whom, s.channel) == (whom, channel))
    step = next(planned, None)
    new = step is None
    if step is None:
        number = 1 + max((s.number for s in steps), default=0)
        step = EscalationStep(notice=notice, number=number, whom=whom, channel=channel)
    step.due_at, step.late_after = now, now + GRACE
    step.pressed_by, step.pressed_at = actor.email, now
    return step, new
