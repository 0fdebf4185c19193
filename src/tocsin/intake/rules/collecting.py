"""When a feed is collected next, when collecting pauses, and what deserves an alarm: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

AGAIN_FIRST: Final = timedelta(minutes=1)
AGAIN_AT_MOST: Final = timedelta(hours=1)
FAILING_AFTER: Final = 2
"""Failures in a row that make an alarm: one alone is often the network's."""
PENDING_AT_MOST: Final = 10_000
"""Arrivals that may wait before collecting pauses."""
RELIEVED: Final = 0.5
"""Collecting goes on once this share of the limit is left: not to pause and go on at every file."""
BATCH_AT_MOST: Final = (1000, 100, 10)
"""Arrivals of one batch, by how often they were tried before; then one alone, so that one bad file stops no other."""
BATCH_BYTES: Final = 1 << 30
ATTEMPTS: Final = 4
"""Failures after which an arrival is set aside."""
DEATHS: Final = 25
"""Attempts that ended without a word (the process died) after which an arrival is set aside."""


def next_due(*, interval: timedelta, n_failures: int, now: datetime) -> datetime:
    """Return when a feed is collected next: by its interval, or sooner and ever later while it fails."""
    if not n_failures:
        return now + interval
    doublings: int = 2 ** min(n_failures - 1, 10)
    again = AGAIN_FIRST * doublings
    return now + min(again, max(AGAIN_AT_MOST, interval))


@dataclass(frozen=True, slots=True)
class Pressure:
    """What waits to be processed, and what is free on the disk. Bytes."""

    n_pending: int
    pending_bytes: int
    free_bytes: int


def paused(pressure: Pressure, *, pending_limit: int, reserve: int, behind: bool, low: bool) -> tuple[bool, bool]:
    """Tell whether collecting pauses because the pipeline is behind, and because the disk is low.

    `behind` and `low` say whether it does already: it goes on only when there is room again.
    """
    share = RELIEVED if behind else 1.0
    is_behind = pressure.pending_bytes > pending_limit * share or pressure.n_pending > PENDING_AT_MOST * share
    is_low = pressure.free_bytes < reserve * (1.25 if low else 1.0)
    return is_behind, is_low


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What is known of a feed when its alarms are decided."""

    enabled: bool
    n_failures: int
    reason: str
    detail: str
    expected_since: datetime
    last_arrival_at: datetime | None
    newest_event_at: datetime | None
    source_changed_at: datetime | None
    silent_after: timedelta | None
    stale_after: timedelta | None


@dataclass(frozen=True, slots=True)
class Due:
    """An alarm that should be open."""

    kind: str
    reason: str = ""
    detail: str = ""
    since: datetime | None = None


def alarms(feed: FeedFacts, now: datetime) -> list[Due]:
    """Return the alarms that a feed deserves now. One that is switched off deserves none."""
    if not feed.enabled:
        return []
    found = []
    if feed.n_failures >= FAILING_AFTER:
        found.append(Due("feed-failing", feed.reason, feed.detail))
    last = max(filter(None, (feed.last_arrival_at, feed.expected_since)))
    if feed.silent_after is not None and now - last > feed.silent_after:
        found.append(Due("feed-silent", since=last))
    # A server may make the same old file anew every night: where events have times of their own, those count.
    newest = feed.newest_event_at or feed.source_changed_at
    if feed.stale_after is not None and newest is not None and now - newest > feed.stale_after:
        found.append(Due("feed-stale", since=newest))
    return found


def group(n_attempts: int) -> int:
    """Return how many arrivals tried so often may share a batch."""
    return BATCH_AT_MOST[n_attempts] if n_attempts < len(BATCH_AT_MOST) else 1


def hopeless(*, n_attempts: int, failed: bool) -> bool:
    """Tell whether an arrival is to be set aside: it failed often, or its process died very often."""
    return n_attempts >= (ATTEMPTS if failed else DEATHS)
