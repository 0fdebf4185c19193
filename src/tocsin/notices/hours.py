"""When people work: business days, movable holidays, quiet hours, in the time zone of whoever is told. Pure functions.

Instants go in and come out in UTC; days and hours are those of the calendar's own zone, so that a change of
clocks there moves nothing. Holidays come from the `holidays` library (Vietnam's lunar ones among them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

LOOKED_AHEAD: Final = 400
"""Days in which a working day must come; a calendar without any holds nobody up for ever."""
UNITS: Final = ("minutes", "hours", "days", "working-hours", "working-days")


@dataclass(frozen=True, slots=True)
class Extra:
    """Days from one to another that are worked, or not, whatever the week and the law say."""

    first_on: date
    last_on: date
    works: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works. `workdays`: 0 is Monday. Equal quiet hours: there are none."""

    country: str = "VN"
    subdivision: str = ""
    zone: str = "Asia/Ho_Chi_Minh"
    workdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    opens: time = time(8)
    closes: time = time(17)
    quiet_from: time = time(0)
    quiet_until: time = time(0)
    quiet_for: tuple[str, ...] = ()
    """Severities whose first warning waits for the end of quiet hours."""
    extra: tuple[Extra, ...] = ()

    def local(self, at: datetime) -> datetime:
        """Return an instant as the clocks there show it."""
        return at.astimezone(ZoneInfo(self.zone))

    def works_on(self, day: date) -> bool:
        """Return whether a day is worked."""
        for extra in reversed(self.extra):
            if extra.first_on <= day <= extra.last_on:
                return extra.works
        off, on = days_off(self.country, self.subdivision, day.year)
        return day in on or (day.weekday() in self.workdays and day not in off)

    def open_at(self, at: datetime) -> datetime:
        """Return the first instant from `at` on that is in working time."""
        there = self.local(at)
        for ahead in range(LOOKED_AHEAD):
            day = there.date() + timedelta(days=ahead)
            if not self.works_on(day):
                continue
            opens, closes = self._at(day, self.opens), self._at(day, self.closes)
            if at < closes:
                return max(at, opens)
        return at

    def audible_at(self, at: datetime) -> datetime:
        """Return the first instant from `at` on that is outside of quiet hours."""
        if self.quiet_from == self.quiet_until:
            return at
        there = self.local(at).timetz().replace(tzinfo=None)
        begins, ends = self.quiet_from, self.quiet_until
        quiet = begins <= there < ends if begins < ends else there >= begins or there < ends
        if not quiet:
            return at
        day = self.local(at).date()
        over = self._at(day, ends)
        return over if over > at else self._at(day + timedelta(days=1), ends)

    def heard_at(self, at: datetime) -> datetime:
        """Return the first instant from `at` on that is outside of quiet hours and on a working day.

        Where there are no quiet hours somebody may be told at any time: that is `at` itself.
        """
        if self.quiet_from == self.quiet_until:
            return at
        day = self.local(at).date()
        if self.works_on(day):
            found = self.audible_at(at)
            if self.works_on(self.local(found).date()):
                return found
            day = self.local(found).date()
        return self.audible_at(self._at(self._next_working(day), self.opens))

    def next_round(self, at: datetime, hour: int, weekday: int | None = None) -> datetime:
        """Return the first instant from `at` on at which it is this full hour there, on this day of the week or on any.

        Where nobody is to be told then, it is when somebody may be.
        """
        day = self.local(at).date()
        for ahead in range(9):
            there = day + timedelta(days=ahead)
            if weekday not in (None, there.weekday()):
                continue
            found = self._at(there, time(hour))
            if found >= at:
                return self.heard_at(found)
        return at

    def later(self, at: datetime, amount: int, unit: str) -> datetime:
        """Return the instant so much later: clock time, or working time that begins when it is worked next."""
        if unit not in UNITS:
            raise ValueError(f"{unit!r} is none of {', '.join(UNITS)}")
        if unit == "working-days":
            return self._days_later(self.open_at(at), amount)
        if unit == "working-hours":
            return self._hours_later(self.open_at(at), timedelta(hours=amount))
        return at + timedelta(**{unit: amount})

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def _days_later(self, at: datetime, days: int) -> datetime:
        there, day = self.local(at), self.local(at).date()
        for _ in range(days):
            day = self._next_working(day)
        return self._at(day, there.time())

    def _hours_later(self, at: datetime, left: timedelta) -> datetime:
        while True:
            closes = self._at(self.local(at).date(), self.closes)
            if at + left <= closes or closes <= at:
                return at + left
            left -= closes - at
            at = self._at(self._next_working(self.local(at).date()), self.opens)

    def _next_working(self, day: date) -> date:
        for ahead in range(1, LOOKED_AHEAD):
            if self.works_on(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        return day + timedelta(days=1)


ALWAYS: Final = Calendar("", "", "UTC", tuple(range(7)), time(0), time.max)
"""Around the clock, every day."""


class UnknownCountry(Exception):
    """The library knows no holidays of this country or part of one."""


@lru_cache(maxsize=500)
def named_days_off(country: str, subdivision: str, year: int, language: str) -> Mapping[date, str]:
    """Return the public holidays of a year with their names. `country`: ISO 3166-1, empty for none. Raise UnknownCountry."""
    if not country:
        return {}
    import holidays  # it takes a tenth of a second, and most commands need none of it

    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=language)
    except NotImplementedError as error:
        raise UnknownCountry(f"{country} {subdivision}".strip()) from error
    return {day: name for day, name in sorted(found.items()) if day.year == year}


@lru_cache(maxsize=500)
def days_off(country: str, subdivision: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the days of a year that are not worked, and those of a weekend that are worked for them. Raise UnknownCountry."""
    if not country:
        return frozenset(), frozenset()
    import holidays

    off = frozenset(named_days_off(country, subdivision, year, "en_US"))
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    on = {day for day in getattr(found, "weekend_workdays", ()) if day.year == year}
    return off, frozenset(on) - off


def uncovered(
    spans: Sequence[tuple[datetime | None, datetime | None]], since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the stretches of `since` to `until` that no span covers, in order; None is an open end."""
    found: list[tuple[datetime, datetime]] = []
    reached = since
    for begins, ends in sorted((max(begins or since, since), min(ends or until, until)) for begins, ends in spans):
        if begins > reached:
            found.append((reached, min(begins, until)))
        reached = max(reached, ends)
        if reached >= until:
            return found
    return [*found, (reached, until)]
