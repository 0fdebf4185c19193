"""What time alone brings: days that pass without an answer, steps that were missed, plans that come to their end."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from tocsin.findings.models import Sensor
from tocsin.intake.actions import watching
from tocsin.intake.models import AlarmKind
from tocsin.intake.rules.collecting import Due
from tocsin.notices.models import Answer, Deadline, EscalationStep, Notice, NoticeFinding
from tocsin.notices.rules import Reason

PORTION = 2_000
COUNTED = 1_000
"""Beyond it the number does not matter any more."""


def unanswered(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Narrow notices to those that nobody answered, of which something is still there."""
    lines = NoticeFinding.objects.filter(notice=OuterRef("pk"), finding__moved_at=None).exclude(what="gone")
    heard = Q(finding__heard_at__gte=F("notice__created_at"))
    there = lines.exclude(finding__sensor=Sensor.GONE).exclude(heard)
    return rows.filter(~Exists(Answer.objects.filter(notice=OuterRef("pk"))), Exists(there) | Q(parts=[]))


def expire(*, now: datetime) -> int:
    """Write down of every notice whose day has passed what had come of it; return how many nobody had answered."""
    missed = 0
    asked = Notice.objects.filter(deadline="", sent_at__isnull=False, due_at__lte=now)
    while ids := list(asked.order_by("due_at").values_list("pk", flat=True)[:PORTION]):
        with transaction.atomic():
            mine = Notice.objects.filter(pk__in=ids, deadline="")
            missed += unanswered(mine.exclude(reason=Reason.ALL_RESOLVED)).update(deadline=Deadline.MISSED)
            mine.update(deadline=Deadline.KEPT)
    return missed


def look(*, now: datetime) -> None:
    """Open and close the alarms about warnings by what is known now."""
    late = EscalationStep.objects.filter(
        Q(state=EscalationStep.State.MISSED, noted_at=None) | Q(state=EscalationStep.State.PENDING, late_after__lt=now)
    )
    watching.keep(kind=AlarmKind.ESCALATION, due=_due(AlarmKind.ESCALATION, late), now=now)
    ended = at_the_end()
    watching.keep(kind=AlarmKind.UNANSWERED, due=_due(AlarmKind.UNANSWERED, ended), now=now)


def at_the_end() -> QuerySet[Notice]:
    """Return the notices whose day passed without an answer and whose plan has nobody left: a person must act."""
    pending = EscalationStep.objects.filter(notice=OuterRef("pk"), state=EscalationStep.State.PENDING)
    return unanswered(Notice.objects.filter(~Exists(pending), deadline=Deadline.MISSED))


def _due(kind: AlarmKind, rows: QuerySet[EscalationStep] | QuerySet[Notice]) -> Due | None:
    n = rows.order_by()[: COUNTED + 1].count()
    if not n:
        return None
    since = rows.order_by().aggregate(at=Min("due_at"))["at"] if n <= COUNTED else None
    return Due(kind, detail=str(n) if n <= COUNTED else f"> {COUNTED}", since=since)
