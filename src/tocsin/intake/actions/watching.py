"""Watch over collecting: pause it when the pipeline is behind or the disk is low, raise and close alarms."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum

from tocsin.core import sizes
from tocsin.intake.models import Alarm, AlarmKind, Arrival, Feed, Heartbeat, ReportSchema
from tocsin.intake.rules import collecting as rules

log = logging.getLogger(__name__)
EVIDENCE = "evidence"
"""Why an arrival is set aside that is no report, but shows where one came from."""
READ = "read"
"""It was no report, and whoever it was for has read it."""
PAUSES = (AlarmKind.BEHIND, AlarmKind.DISK)


def mark_read(*, arrivals: Sequence[UUID]) -> None:
    """Note, inside the caller's transaction, that these arrivals were read by whoever they were for."""
    Arrival.objects.filter(pk__in=arrivals, set_aside=EVIDENCE).update(set_aside=READ)


def pressure() -> rules.Pressure:
    """Return what waits to be processed, and what is free where it is kept."""
    waiting = Arrival.objects.filter(batch=None, set_aside="").aggregate(n=Count("pk"), size=Sum("size"))
    free = shutil.disk_usage(Path(settings.TOCSIN_HOME)).free
    return rules.Pressure(waiting["n"], waiting["size"] or 0, free)


def is_paused(*, now: datetime) -> bool:
    """Look whether collecting pauses; what changed is said in the log and by an alarm."""
    open_ = _open()
    due = _pauses(open_)
    for kind in PAUSES:
        _set(open_, None, kind, due.get(kind), now)
    return bool(due)


Open = dict[tuple[str, UUID | None], Alarm]


def _open() -> Open:
    return {(alarm.kind, alarm.feed_id): alarm for alarm in Alarm.objects.filter(closed_at=None)}


def _pauses(open_: Open) -> dict[str, rules.Due]:
    seen, reserve = pressure(), settings.TOCSIN_DISK_RESERVE
    behind, low = rules.paused(
        seen,
        pending_limit=settings.TOCSIN_PENDING_LIMIT,
        reserve=reserve,
        behind=(AlarmKind.BEHIND, None) in open_,
        low=(AlarmKind.DISK, None) in open_,
    )
    due = {}
    if behind:
        said = f"{seen.n_pending} / {sizes.written(seen.pending_bytes)}"
        due[AlarmKind.BEHIND.value] = rules.Due(AlarmKind.BEHIND, detail=said)
    if low:
        said = f"{sizes.written(seen.free_bytes)} < {sizes.written(reserve)}"
        due[AlarmKind.DISK.value] = rules.Due(AlarmKind.DISK, detail=said)
    return due


def look(*, now: datetime) -> None:
    """Open and close every alarm by what is known now."""
    open_ = _open()
    due = _pauses(open_)
    n_aside = Arrival.objects.filter(batch=None).exclude(set_aside__in=["", EVIDENCE, READ]).count()
    if n_aside:
        due[AlarmKind.SET_ASIDE.value] = rules.Due(AlarmKind.SET_ASIDE, detail=str(n_aside))
    if (lost := ReportSchema.objects.exclude(reason="").order_by("pk").first()) is not None:
        due[AlarmKind.SCHEMA.value] = rules.Due(AlarmKind.SCHEMA, lost.reason, lost.detail)
    for kind in (*PAUSES, AlarmKind.SET_ASIDE, AlarmKind.SCHEMA):
        _set(open_, None, kind, due.get(kind), now)
    for feed in Feed.objects.all():
        deserved = {each.kind: each for each in rules.alarms(_facts(feed), now)}
        for kind in (AlarmKind.FAILING, AlarmKind.SILENT, AlarmKind.STALE):
            _set(open_, feed, kind, deserved.get(kind), now)


def _facts(feed: Feed) -> rules.FeedFacts:
    return rules.FeedFacts(
        enabled=feed.enabled, n_failures=feed.n_failures, reason=feed.reason, detail=feed.detail,
        expected_since=feed.expected_since, last_arrival_at=feed.last_arrival_at, newest_event_at=feed.newest_event_at,
        source_changed_at=feed.source_changed_at, silent_after=feed.silent_after, stale_after=feed.stale_after,
    )  # fmt: skip


def _set(open_: Open, feed: Feed | None, kind: AlarmKind, due: rules.Due | None, now: datetime) -> None:
    """Open an alarm, keep it up to date, or close it; most often nothing has changed."""
    alarm = open_.get((kind, feed.pk if feed else None))
    about = f"{kind.value} {feed.code if feed else ''}".strip()
    if due is None:
        if alarm and Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(closed_at=now):
            log.warning("over: %s", about)
        return
    said: dict[str, Any] = {"reason": due.reason, "detail": due.detail, "since": due.since}
    if alarm is None:
        defaults = {"opened_at": now, **said}
        with transaction.atomic():
            _, new = Alarm.objects.get_or_create(kind=kind.value, feed=feed, closed_at=None, defaults=defaults)
        if new:
            log.warning("alarm: %s %s %s", about, due.reason, due.detail)
    elif (alarm.reason, alarm.detail, alarm.since) != (due.reason, due.detail, due.since):
        Alarm.objects.filter(pk=alarm.pk).update(**said)


def keep(*, kind: AlarmKind, due: rules.Due | None, now: datetime) -> None:
    """Open an alarm of the installation that somebody above has reason for, keep it up to date, or close it."""
    _set(_open(), None, kind, due, now)


def beat(*, name: str, now: datetime) -> None:
    """Say that a process is well."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
