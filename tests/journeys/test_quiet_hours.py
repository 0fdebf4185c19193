"""Quiet hours, days off, and Tết: what waits, until when, and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django.utils import translation

from tocsin.base.tenancy import Role, Viewer
from tocsin.findings.models import Finding
from tocsin.notices import actions
from tocsin.notices.actions import following
from tocsin.notices.models import DecisionLog, Notice
from tocsin.notices.tests import cast
from tocsin.notices.views.finding import _ahead
from tocsin.project.work import followup

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Viewer(9, "ada@team.example", Role.ADMINISTRATOR)
FRIDAY_NIGHT = datetime(2026, 11, 27, 15, tzinfo=UTC)  # 22:00 there
MONDAY = datetime(2026, 11, 30, 0, tzinfo=UTC)  # 07:00 there
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = following.Week(quiet_from=time(20), quiet_until=time(7), opens=time(7))


@pytest.fixture(autouse=True)
def organizations(tmp_path: Path, settings: object) -> Iterator[None]:
    """Two organizations; the first one wants to be left in peace at night."""
    settings.TOCSIN_HOME, settings.TOCSIN_EMAIL_URL = tmp_path, ""  # type: ignore[attr-defined]
    cast.organizations("a", "b", now=FRIDAY_NIGHT - DAY)
    following.set_calendar(organization_id="a", week=WEEK, actor=ADA, now=FRIDAY_NIGHT - DAY)
    return


def _sent() -> list[tuple[str, str]]:
    return sorted((row.organization_id, row.severity) for row in Notice.objects.filter(sent_at__isnull=False))


def _log(organization: str = "a", kind: str = "open-rdp") -> DecisionLog:
    return DecisionLog.objects.get(organization=organization, kind=kind)


def test_a_warning_waits_for_the_end_of_quiet_hours_and_the_gravest_does_not() -> None:
    cast.found(
        ("a", "open-rdp", "203.0.113.1", "high"),
        ("a", "mirai", "203.0.113.2", "critical"),
        ("b", "open-rdp", "203.0.113.3", "high"),
        at=FRIDAY_NIGHT,
    )
    assert actions.run(now=FRIDAY_NIGHT)["reasons"]["waits-for-hours"] == 1
    assert _sent() == [("a", "critical"), ("b", "high")]
    assert (_log().reason, _log().rests, _log().next_at) == ("waits-for-hours", "waits-for-hours", MONDAY)
    waiting = Finding.objects.get(kind="open-rdp", organization="a")
    with translation.override("en"):
        ahead = [(one.at, one.says) for one in _ahead(ADA, waiting, [], FRIDAY_NIGHT)]
    assert ahead == [(MONDAY, "Quiet hours or days off are over there; if it is still seen, its owner is told.")]
    for hours in range(1, 57):
        followup.run(at=FRIDAY_NIGHT + hours * HOUR)
    assert _sent() == [("a", "critical"), ("b", "high")], "a weekend is no time to write"
    followup.run(at=MONDAY)
    assert _sent() == [("a", "critical"), ("a", "high"), ("b", "high")]
    followup.run(at=MONDAY + HOUR)
    assert len(_sent()) == 3, "once"


def test_days_off_are_waited_for_and_what_turns_grave_meanwhile_goes_at_once() -> None:
    following.add_days(organization_id="", first_on=MONDAY.date(), last_on=MONDAY.date() + 2 * DAY, works=False, name="Bão", actor=ADA, now=FRIDAY_NIGHT)  # fmt: skip
    cast.found(("a", "open-rdp", "203.0.113.1", "medium"), at=FRIDAY_NIGHT)
    actions.run(now=FRIDAY_NIGHT)
    assert _log().next_at == MONDAY + 3 * DAY
    cast.found(("a", "open-rdp", "203.0.113.1", "critical"), at=FRIDAY_NIGHT + HOUR)
    actions.run(now=FRIDAY_NIGHT + HOUR)
    assert _sent() == [("a", "critical")]


def test_taking_quiet_hours_back_lets_what_waits_go() -> None:
    cast.found(("a", "open-rdp", "203.0.113.1", "high"), at=FRIDAY_NIGHT)
    actions.run(now=FRIDAY_NIGHT)
    following.set_calendar(organization_id="a", week=following.Week(), actor=ADA, now=FRIDAY_NIGHT + HOUR)
    actions.run(now=FRIDAY_NIGHT + HOUR)
    assert _sent() == [("a", "high")]


def test_the_clock_may_jump_and_the_system_be_down_for_a_week() -> None:
    cast.found(("a", "open-rdp", "203.0.113.1", "high"), at=FRIDAY_NIGHT)
    for at in (FRIDAY_NIGHT, FRIDAY_NIGHT + DAY, FRIDAY_NIGHT - DAY, FRIDAY_NIGHT):
        followup.run(at=at)
    assert (_sent(), _log().next_at) == ([], MONDAY)
    followup.run(at=MONDAY + 7 * DAY)
    assert _sent() == [("a", "high")]
    followup.run(at=MONDAY + 6 * DAY)
    assert _sent() == [("a", "high")]


def test_what_has_nobody_to_go_to_does_not_vanish_at_night() -> None:
    cast.organizations("c", contacts=False, now=FRIDAY_NIGHT - DAY)
    cast.found(("c", "open-rdp", "203.0.113.9", "high"), at=FRIDAY_NIGHT - 8 * HOUR)
    actions.run(now=FRIDAY_NIGHT - 8 * HOUR)
    following.set_calendar(organization_id="c", week=WEEK, actor=ADA, now=FRIDAY_NIGHT - HOUR)
    cast.found(("c", "open-rdp", "203.0.113.8", "high"), at=FRIDAY_NIGHT)
    actions.run(now=FRIDAY_NIGHT)
    assert [row.state for row in Notice.objects.filter(organization="c")] == ["no-contact"]


def test_a_calendar_that_silences_the_gravest_is_refused() -> None:
    with pytest.raises(following.BadCalendar, match="never waits"):
        following.set_calendar(
            organization_id="a", week=following.Week(quiet_for=["critical"]), actor=ADA, now=FRIDAY_NIGHT
        )
