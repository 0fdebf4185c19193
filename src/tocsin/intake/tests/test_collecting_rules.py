"""When a feed is collected next, when collecting pauses, what deserves an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.intake.rules import collecting as rules

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WELL = rules.FeedFacts(
    enabled=True, n_failures=0, reason="", detail="", expected_since=NOW - 30 * DAY, last_arrival_at=NOW - HOUR,
    newest_event_at=NOW - HOUR, source_changed_at=NOW - HOUR, silent_after=DAY, stale_after=DAY,
)  # fmt: skip
GIB = 1 << 30


def _kinds(feed: rules.FeedFacts) -> list[str]:
    return [due.kind for due in rules.alarms(feed, NOW)]


def test_a_feed_that_does_well_is_due_after_its_interval() -> None:
    assert rules.next_due(interval=HOUR, n_failures=0, now=NOW) == NOW + HOUR


def test_a_failing_feed_is_tried_soon_and_then_ever_later() -> None:
    waits = [rules.next_due(interval=HOUR, n_failures=n, now=NOW) - NOW for n in range(1, 9)]
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits[-1] == HOUR


@given(st.timedeltas(timedelta(seconds=5), timedelta(days=31)), st.integers(1, 10_000))
def test_no_failing_feed_waits_longer_than_an_hour_or_its_interval(interval: timedelta, n_failures: int) -> None:
    due = rules.next_due(interval=interval, n_failures=n_failures, now=NOW)
    assert NOW < due <= NOW + max(HOUR, interval)


def test_collecting_pauses_at_the_limit_and_goes_on_well_below_it() -> None:
    def behind(pending: int, *, already: bool) -> bool:
        seen = rules.Pressure(10, pending, 100 * GIB)
        return rules.paused(seen, pending_limit=8 * GIB, reserve=GIB, behind=already, low=False)[0]

    assert [behind(n * GIB, already=False) for n in (7, 8, 9)] == [False, False, True]
    assert [behind(n * GIB, already=True) for n in (7, 4, 3)] == [True, False, False]


def test_very_many_small_arrivals_are_too_much_too() -> None:
    seen = rules.Pressure(rules.PENDING_AT_MOST + 1, 5, 100 * GIB)
    assert rules.paused(seen, pending_limit=8 * GIB, reserve=GIB, behind=False, low=False) == (True, False)


def test_a_low_disk_pauses_until_there_is_a_quarter_more_than_the_reserve() -> None:
    def low(free: float, *, already: bool) -> bool:
        seen = rules.Pressure(0, 0, int(free * GIB))
        return rules.paused(seen, pending_limit=GIB, reserve=GIB, behind=False, low=already)[1]

    assert (low(1.1, already=False), low(0.9, already=False)) == (False, True)
    assert (low(1.1, already=True), low(1.3, already=True)) == (True, False)


def test_a_feed_that_does_well_has_no_alarm() -> None:
    assert _kinds(WELL) == []


def test_one_failure_is_no_alarm_and_two_are() -> None:
    assert _kinds(replace(WELL, n_failures=1, reason="too-slow")) == []
    (due,) = rules.alarms(replace(WELL, n_failures=2, reason="too-slow", detail="host"), NOW)
    assert (due.kind, due.reason, due.detail) == ("feed-failing", "too-slow", "host")


def test_a_silent_feed_is_one_that_nothing_came_from_for_too_long() -> None:
    assert _kinds(replace(WELL, last_arrival_at=NOW - 2 * DAY)) == ["feed-silent"]
    assert _kinds(replace(WELL, last_arrival_at=NOW - 2 * DAY, silent_after=None)) == []


def test_a_new_feed_has_time_to_bring_something() -> None:
    assert _kinds(replace(WELL, last_arrival_at=None, expected_since=NOW - HOUR)) == []
    assert _kinds(replace(WELL, last_arrival_at=None, expected_since=NOW - 2 * DAY)) == ["feed-silent"]
    assert _kinds(replace(WELL, last_arrival_at=NOW - 9 * DAY, expected_since=NOW - HOUR)) == []


def test_old_content_is_stale_however_new_the_file_is() -> None:
    assert _kinds(replace(WELL, newest_event_at=NOW - 3 * DAY)) == ["feed-stale"]
    assert _kinds(replace(WELL, newest_event_at=None, source_changed_at=NOW - 3 * DAY)) == ["feed-stale"]
    assert _kinds(replace(WELL, newest_event_at=None, source_changed_at=None)) == []


def test_a_feed_that_is_switched_off_has_no_alarm() -> None:
    assert _kinds(replace(WELL, enabled=False, n_failures=9, last_arrival_at=None, newest_event_at=NOW - 9 * DAY)) == []


def test_a_bad_arrival_is_tried_in_ever_smaller_company_and_then_set_aside() -> None:
    sizes = [rules.group(n) for n in range(rules.DEATHS)]
    assert sizes[:4] == [1000, 100, 10, 1]
    assert set(sizes[3:]) == {1}
    assert [rules.hopeless(n_attempts=n, failed=True) for n in (3, 4)] == [False, True]
    assert [rules.hopeless(n_attempts=n, failed=False) for n in (4, 24, 25)] == [False, False, True]
