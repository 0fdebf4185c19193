"""Collect: visit a feed's source, keep what came, and remember how it went.

A visit is claimed by compare-and-swap and holds a lease that it renews while bytes come; a process that
died is noticed when the lease has run out. What was kept before a crash is an arrival already, and comes
again at most as the same bytes.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q

from tocsin.base import sealed
from tocsin.collectors.failures import NotCollected, NotComplete
from tocsin.collectors.way import Found, Place, Stream
from tocsin.collectors.ways import WAYS
from tocsin.intake.actions import watching
from tocsin.intake.actions.connecting import guard, limits
from tocsin.intake.actions.taking import keep
from tocsin.intake.models import Collection, CollectionState, Feed, Way
from tocsin.intake.rules import collecting as rules

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)
BEAT = 20.0
"""Seconds after which a visit renews its lease and writes down how far it came."""
KEPT = timedelta(days=90)
"""How long the record of a visit is kept."""

Clock = Callable[[], datetime]


class AlreadyCollecting(Exception):
    """Somebody else collects the feed at this moment."""


class _Stopped(Exception):
    """Told to stop."""


@dataclass(slots=True)
class _Visit:
    """How far a visit came."""

    feed: Feed
    row: Collection
    memory: dict[str, Any]
    clock: Clock
    stop: Callable[[], bool]
    changed_at: datetime | None = None
    failures: list[tuple[str, str]] = field(default_factory=list)
    beaten: float = field(default_factory=time.monotonic)
    minded: float = -1.0

    def beat(self) -> None:
        """Renew the lease now and then. Raise _Stopped when told to stop."""
        if self.stop():
            raise _Stopped
        if time.monotonic() - self.beaten >= BEAT:
            self.beaten = time.monotonic()
            rows = Feed.objects.filter(pk=self.feed.pk, changed_at=self.feed.changed_at)
            if not rows.update(claimed_until=self.clock() + LEASE, memory=self.memory):
                raise _Stopped  # changed meanwhile: begin anew with what it is now
            done = {"n_arrivals": self.row.n_arrivals, "n_new": self.row.n_new, "bytes": self.row.bytes}
            Collection.objects.filter(pk=self.row.pk).update(**done)

    def mind_pressure(self) -> None:
        """Look whether there is room for more, at most once a second. Raise _Stopped when there is not."""
        if time.monotonic() - self.minded >= 1.0:
            if watching.is_paused(now=self.clock()):
                raise _Stopped
            self.minded = time.monotonic()


@dataclass(slots=True)
class _Beating:
    """A stream that keeps the lease of its visit alive."""

    stream: Stream
    visit: _Visit

    def read(self, size: int = -1, /) -> bytes:
        self.visit.beat()
        return self.stream.read(size)


def collect(
    *, feed_id: UUID, clock: Clock, stop: Callable[[], bool] = lambda: False, asked: bool = False
) -> Collection:
    """Visit a feed that is due, or one that was asked for, and keep what came. Raise AlreadyCollecting, Feed.DoesNotExist.

    What goes wrong at the source is said by the returned row; only the database's own failures raise.
    """
    row = _claim(feed_id, clock(), asked=asked)
    feed = Feed.objects.get(pk=feed_id)
    visit = _Visit(feed, row, dict(feed.memory), clock, stop)
    state = CollectionState.DONE
    try:
        _take(visit)
    except _Stopped:
        state = CollectionState.STOPPED
    except NotCollected as failure:
        visit.failures.append((failure.reason, failure.detail))
    except sealed.NotOurs as failure:
        visit.failures.append(("secret-not-ours", str(failure)))
    except OSError as failure:
        reason = "disk-full" if failure.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} else "not-stored"
        visit.failures.append((reason, failure.strerror or str(failure)))
    except DatabaseError:
        raise
    except Exception as failure:
        log.exception("collecting %s failed in a way nobody thought of", feed.code)
        visit.failures.append(("unexpected", type(failure).__name__))
    if visit.failures and state == CollectionState.DONE:
        state = CollectionState.FAILED
    return _finish(visit, state)


@transaction.atomic
def _claim(feed_id: UUID, now: datetime, *, asked: bool) -> Collection:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    rows = Feed.objects.filter(free, pk=feed_id).exclude(way=Way.PUSH)
    if not asked:
        rows = rows.filter(enabled=True, due_at__lte=now)
    if not rows.update(claimed_until=now + LEASE, claimed_by=f"{socket.gethostname()} {os.getpid()}"):
        raise AlreadyCollecting(str(feed_id))
    running = Collection.objects.filter(feed_id=feed_id, state=CollectionState.RUNNING)
    running.update(state=CollectionState.LOST, finished_at=now, reason="process-died")
    return Collection.objects.create(feed_id=feed_id, started_at=now, state=CollectionState.RUNNING.value)


def give_back() -> None:
    """Free the feeds that a process of this machine collected when it died: not to wait for its leases to run out."""
    host = socket.gethostname()
    for pk, holder in Feed.objects.exclude(claimed_until=None).values_list("pk", "claimed_by"):
        place, _, number = holder.rpartition(" ")
        if place == host and number.isdigit() and not _lives(int(number)):
            Feed.objects.filter(pk=pk, claimed_by=holder).update(claimed_until=None)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _take(visit: _Visit) -> None:
    feed = visit.feed
    place = Place(
        feed.address, guard(), feed.user, sealed.opened(feed.secret), tuple(feed.link_hosts), feed.move_to, limits()
    )
    with closing(WAYS[feed.way].collect(place, visit.memory, visit.clock())) as coming:
        for found in coming:
            visit.beat()
            visit.mind_pressure()
            try:
                _keep(visit, found)
            except NotComplete:
                continue
            except NotCollected as failure:
                visit.failures.append((failure.reason, f"{found.name}: {failure.detail}"))


def _keep(visit: _Visit, found: Found) -> None:
    arrival = keep(
        name=found.name,
        content=_Beating(found.content, visit),
        now=visit.clock(),
        feed=visit.feed,
        set_aside="" if found.is_report else watching.EVIDENCE,
    )
    found.kept = True
    visit.row.n_arrivals += 1
    visit.row.n_new += arrival.times_received == 1
    visit.row.bytes += arrival.size
    if found.changed_at is not None:
        visit.changed_at = max(found.changed_at, visit.changed_at or found.changed_at)


@transaction.atomic
def _finish(visit: _Visit, state: CollectionState) -> Collection:
    """Write down how it went. A visit without news leaves no row, only when the source was last well."""
    now, row = visit.clock(), visit.row
    reason, detail = visit.failures[0] if visit.failures else ("", "")
    before = visit.feed
    written: dict[str, Any] = {"claimed_until": None}
    if row.n_arrivals:
        written["last_arrival_at"] = now
    if visit.changed_at and (before.source_changed_at is None or visit.changed_at > before.source_changed_at):
        written["source_changed_at"] = visit.changed_at
    Feed.objects.filter(pk=before.pk).update(**written)
    # Changed meanwhile: what this visit learned is about another address, and the change made it due already.
    same = Feed.objects.filter(pk=before.pk, changed_at=before.changed_at)
    same.update(memory=visit.memory)
    if state == CollectionState.DONE:
        same.update(n_failures=0, reason="", detail="", checked_at=now)
    elif state == CollectionState.FAILED:
        same.update(n_failures=before.n_failures + 1, reason=reason, detail=detail[:2000])
    if state != CollectionState.STOPPED:
        failures = before.n_failures + 1 if state == CollectionState.FAILED else 0
        due = rules.next_due(interval=before.interval, n_failures=failures, now=now)
        same.filter(enabled=True, due_at__lte=row.started_at).update(due_at=due)
    row.finished_at, row.state, row.reason, row.detail = now, state.value, reason, detail[:2000]
    if state == CollectionState.DONE and not row.n_arrivals:
        Collection.objects.filter(pk=row.pk).delete()
    else:
        row.save()
    Collection.objects.filter(feed=before, started_at__lt=now - KEPT).delete()
    return row
