"""Feeds: set up, visited, watched over; and what the worker does round after round."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as findings
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
from tocsin.intake.actions import feeds, schemas, watching
from tocsin.intake.models import Feed
from tocsin.project.work import now

AlreadyCollecting = intake.AlreadyCollecting
BadFeed, NotCollectable, StillPending = feeds.BadFeed, feeds.NotCollectable, feeds.StillPending
FeedValues = feeds.FeedValues
WORKER = "worker"
NOT_STORED = (OSError, DatabaseError)
"""What a full disk or an absent database raises: nobody's fault, and gone by itself."""


class NoSuchFeed(LookupError):
    """There is no feed with this code."""


def find(code: str) -> Feed:
    """Return a feed by its code. Raise NoSuchFeed."""
    feed = arrived.feeds(SYSTEM).filter(code=code).first()
    if feed is None:
        raise NoSuchFeed(code)
    return feed


def add(values: feeds.FeedValues) -> Feed:
    """Add a feed. Raise BadFeed."""
    return feeds.add(values=values, actor=SYSTEM, now=now())


def change(code: str, change_: Callable[[feeds.FeedValues], feeds.FeedValues]) -> Feed:
    """Change what is said of a feed. Raise NoSuchFeed, BadFeed."""
    feed = find(code)
    return feeds.change(feed=feed, values=change_(feeds.values_of(feed)), actor=SYSTEM, now=now())


def enable(code: str, *, on: bool) -> None:
    """Switch a feed on or off. Raise NoSuchFeed."""
    feeds.enable(feed=find(code), actor=SYSTEM, now=now(), on=on)


def remove(code: str) -> None:
    """Remove a feed; what came by it stays. Raise NoSuchFeed, StillPending."""
    feeds.remove(feed=find(code), actor=SYSTEM, now=now())


def visit(code: str) -> dict[str, Any]:
    """Visit a feed's source now, and process what came. Raise NoSuchFeed, NotCollectable, AlreadyCollecting."""
    feed = find(code)
    if feed.way == "push":
        raise NotCollectable(code)
    intake.give_back()
    row = intake.collect(feed_id=feed.pk, clock=_clock, asked=True)
    return {
        "code": code, "state": row.state, "reason": row.reason or None, "detail": row.detail or None,
        "arrivals": row.n_arrivals, "new": row.n_new, "bytes": row.bytes,
    }  # fmt: skip


def process_all() -> dict[str, int]:
    """Process everything that waits; return the figures of all batches together."""
    figures = dict.fromkeys(("rows", "events", "duplicates", "rejects", "attributed", "unattributed", "findings"), 0)
    while (folded := intake.process_next(now=now(), fold=findings.fold)) is not None:
        for name in figures:
            figures[name] += getattr(folded.summary, name)
    return figures


def shown(feed: Feed) -> dict[str, Any]:
    """Return a feed as commands print it; its secret only as there or not."""
    said = feeds.values_of(feed)
    durations = ("interval", "window", "silent_after", "stale_after")
    instants = ("due_at", "checked_at", "last_arrival_at", "newest_event_at", "source_changed_at")
    plain = [n for n in feeds.PLAIN if n not in {*durations, "code"}]
    return {
        "code": feed.code,
        "enabled": feed.enabled,
        **{name: getattr(said, name) for name in plain},
        "link_hosts": list(said.link_hosts),
        "has_secret": bool(feed.secret),
        **{name: None if (d := getattr(said, name)) is None else d.total_seconds() for name in durations},
        **{name: None if (at := getattr(feed, name)) is None else at.isoformat() for name in instants},
        "failures": feed.n_failures,
        "reason": feed.reason or None,
        "detail": feed.detail or None,
        "alarms": [alarm.kind for alarm in arrived.alarms(SYSTEM) if alarm.feed_id == feed.pk],
    }


def list_all() -> list[dict[str, Any]]:
    """Return the feeds as commands print them."""
    return [shown(feed) for feed in arrived.feeds(SYSTEM)]


# What the worker does.


def begin() -> None:
    """Take over from processes of this machine that died, and get ready."""
    intake.give_back()
    intake.get_ready(now())


def due() -> list[UUID]:
    """Return the feeds to visit now."""
    return arrived.feeds_due(SYSTEM, now())


def collect(feed_id: UUID, stop: Callable[[], bool]) -> None:
    """Visit a feed that is due."""
    intake.collect(feed_id=feed_id, clock=_clock, stop=stop)


def process_next() -> bool:
    """Process one batch of what waits; return whether there was any."""
    return intake.process_next(now=now(), fold=findings.fold) is not None


def is_paused() -> bool:
    """Tell whether collecting pauses."""
    return watching.is_paused(now=now())


def look() -> None:
    """Open and close alarms, and say that the worker is well."""
    watching.look(now=now())
    watching.beat(name=WORKER, now=now())


def refresh_schemas() -> None:
    """Fetch the published schemas that are due."""
    schemas.refresh(now=now())


def _clock() -> datetime:
    return datetime.now(UTC)
