"""Working time: checked against days counted one by one, over years, in zones whose clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.notices.hours import Calendar, Extra, UnknownCountry, days_off, named_days_off, uncovered

VIETNAM = Calendar()
ZONES = ("Asia/Ho_Chi_Minh", "Europe/Vienna", "America/New_York", "UTC")
seconds = some.integers(
    int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2031, 1, 1, tzinfo=UTC).timestamp())
)
moments = seconds.map(lambda second: datetime.fromtimestamp(second, UTC))
calendars = some.builds(
    Calendar,
    country=some.sampled_from(["VN", "AT", "US", ""]),
    zone=some.sampled_from(ZONES),
    workdays=some.lists(some.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
    opens=some.sampled_from([time(0), time(7, 30), time(8)]),
    closes=some.sampled_from([time(12), time(17), time(23, 30)]),
    quiet_from=some.sampled_from([time(20), time(22, 15), time(1)]),
    quiet_until=some.sampled_from([time(6), time(7, 30)]),
)


def test_tet_is_not_worked_whenever_the_moon_puts_it() -> None:
    for new_year in (date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26), date(2030, 2, 2)):
        assert not any(VIETNAM.works_on(new_year + timedelta(days=day)) for day in range(-1, 4))
    assert VIETNAM.works_on(date(2026, 8, 22)), "a Saturday that is worked for 31 August"
    assert not VIETNAM.works_on(date(2026, 8, 31))
    assert named_days_off("VN", "", 2026, "vi")[date(2026, 2, 17)] == "Tết Nguyên Đán"


def test_a_step_after_two_working_days_skips_tet() -> None:
    friday = datetime(2026, 2, 13, 3, tzinfo=UTC)  # 10:00 there
    assert VIETNAM.later(friday, 2, "working-days") == datetime(2026, 2, 24, 3, tzinfo=UTC)
    assert VIETNAM.later(friday, 9, "working-hours") == datetime(2026, 2, 23, 3, tzinfo=UTC)
    assert VIETNAM.later(friday, 2, "days") == friday + timedelta(days=2)


def test_an_extra_day_is_stronger_than_the_law_and_the_later_row_than_the_earlier() -> None:
    flood = Extra(date(2026, 11, 2), date(2026, 11, 6), works=False, name="Nghỉ do bão")
    one = Extra(date(2026, 11, 4), date(2026, 11, 4), works=True, name="Làm bù")
    calendar = Calendar(extra=(flood, one))
    assert [calendar.works_on(date(2026, 11, day)) for day in (2, 3, 4, 5, 6, 9)] == [False, False, True, False, False, True]  # fmt: skip
    assert Calendar(extra=(Extra(date(2026, 2, 17), date(2026, 2, 17), works=True),)).works_on(date(2026, 2, 17))


def test_a_country_that_nobody_knows_is_named() -> None:
    with pytest.raises(UnknownCountry):
        days_off("ZZ", "", 2026)


@given(calendars, moments)
def test_open_at_is_the_first_working_minute(calendar: Calendar, at: datetime) -> None:
    found = calendar.open_at(at)
    assert found >= at
    there = calendar.local(found)
    assert calendar.works_on(there.date())
    assert calendar.opens <= there.time() < calendar.closes or there.fold
    if found > at:
        before = calendar.local(found - timedelta(minutes=1))
        assert not (calendar.works_on(before.date()) and calendar.opens <= before.time() < calendar.closes)
    assert calendar.open_at(found) == found


@given(calendars, moments)
def test_nothing_is_heard_in_quiet_hours(calendar: Calendar, at: datetime) -> None:
    found = calendar.audible_at(at)
    there = calendar.local(found).time()
    begins, ends = calendar.quiet_from, calendar.quiet_until
    quiet = begins <= there < ends if begins < ends else there >= begins or there < ends
    assert at <= found <= at + timedelta(hours=26)
    assert not quiet


@given(calendars, moments)
def test_nobody_is_woken_and_no_warning_waits_for_ever(calendar: Calendar, at: datetime) -> None:
    found = calendar.heard_at(at)
    there = calendar.local(found)
    assert at <= found < at + timedelta(days=40)
    assert calendar.audible_at(found) == found
    assert calendar.works_on(there.date())
    assert calendar.heard_at(found) == found, "once it is time it stays so"


@given(calendars, moments, some.integers(0, 30))
def test_working_days_are_counted_one_by_one(calendar: Calendar, at: datetime, days: int) -> None:
    begin, end = calendar.open_at(at), calendar.later(at, days, "working-days")
    zone = ZoneInfo(calendar.zone)
    day, counted = begin.astimezone(zone).date(), 0
    while day < end.astimezone(zone).date():
        day += timedelta(days=1)
        counted += calendar.works_on(day)
    assert counted == days


@given(calendars, moments, some.integers(0, 60))
def test_working_hours_only_pass_while_it_is_worked(calendar: Calendar, at: datetime, hours: int) -> None:
    end = calendar.later(at, hours, "working-hours")
    begin, worked = calendar.open_at(at), timedelta()
    zone = ZoneInfo(calendar.zone)
    day = begin.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        if calendar.works_on(day):
            opens = datetime.combine(day, calendar.opens, tzinfo=zone).astimezone(UTC)
            closes = datetime.combine(day, calendar.closes, tzinfo=zone).astimezone(UTC)
            worked += max(timedelta(), min(closes, end) - max(opens, begin))
        day += timedelta(days=1)
    assert worked == timedelta(hours=hours)


def test_what_nobody_covers_is_found_between_and_around_spans() -> None:
    day = [datetime(2027, 3, n, tzinfo=UTC) for n in range(1, 11)]
    assert uncovered([], day[0], day[9]) == [(day[0], day[9])]
    assert uncovered([(None, None)], day[0], day[9]) == []
    spans = [(day[4], day[6]), (None, day[2]), (day[5], day[7]), (day[8], None)]
    assert uncovered(spans, day[1], day[9]) == [(day[2], day[4]), (day[7], day[8])]
