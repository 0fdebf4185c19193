"""Escalation plans, working time and duty, as administrators set them on their pages and the team reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tocsin.base.tenancy import SYSTEM, Role
from tocsin.notices import queries
from tocsin.notices.models import CalendarDay, DutyOfficer, EscalationPlan, WorkCalendar
from tocsin.notices.tests import cast

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[..., Client]
ENGLISH = {"Accept-Language": "en"}


def _text(client: Client, url: str) -> str:
    response = client.get(url, headers=ENGLISH)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_plan_is_written_on_its_page_and_holds(signed_in: SignedIn) -> None:
    client, reader = signed_in(Role.ADMINISTRATOR), signed_in(Role.READER)
    assert 'name="step-1-after" value="4"' in _text(client, "/escalations/plans/new/?severity=critical")
    given = {
        "organization": "", "severity": "high", "grace_minutes": "30", "note": "Agreed in the meeting", "in_working_time": "on",
        "step-1-after": "2", "step-1-unit": "working-hours", "step-1-whom": "all-contacts", "step-1-channel": "email",
        "step-2-after": "", "step-2-unit": "hours", "step-2-whom": "head", "step-2-channel": "email",
        "step-3-after": "3", "step-3-unit": "working-days", "step-3-whom": "organization", "step-3-channel": "letter",
    }  # fmt: skip
    for name in range(4, 13):
        given |= {f"step-{name}-unit": "hours", f"step-{name}-whom": "head", f"step-{name}-channel": "email"}
    wrong = client.post("/escalations/plans/new/", given | {"step-1-channel": "letter"}, headers=ENGLISH)
    assert wrong.status_code == 400
    assert "A letter goes to the organization itself" in wrong.content.decode()
    assert not EscalationPlan.objects.exists()
    assert client.post("/escalations/plans/new/", given).status_code == 302
    plan = queries.following(SYSTEM).plan("", "high")
    assert [(one.after, one.unit, one.whom, one.channel) for one in plan.steps] == [
        (2, "working-hours", "all-contacts", "email"),
        (3, "working-days", "organization", "letter"),
    ]
    assert plan.grace == timedelta(minutes=30)
    shown = _text(reader, "/escalations/plans/")
    assert "after 2 working hours" in shown
    assert "Agreed in the meeting" in shown
    assert "New plan" not in shown
    row = EscalationPlan.objects.get()
    assert reader.get(f"/escalations/plans/{row.pk}/").status_code == 404
    assert reader.post(f"/escalations/plans/{row.pk}/removal/").status_code == 404
    client.post(f"/escalations/plans/{row.pk}/removal/")
    assert len(queries.following(SYSTEM).plan("", "high").steps) == 4


def test_the_calendar_names_tet_and_takes_days_and_hours(signed_in: SignedIn) -> None:
    cast.organizations("so-y-te", now=datetime.now(UTC))
    client = signed_in(Role.ADMINISTRATOR)
    assert "Tết Nguyên Đán" in client.get("/calendar/", headers={"Accept-Language": "vi"}).content.decode()
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    given = {"name": "Storm", "first_on": f"{day:%Y-%m-%d}", "last_on": f"{day:%Y-%m-%d}", "organization": ""}
    early = client.post("/calendar/", given | {"last_on": "2020-01-01"}, headers=ENGLISH)
    assert early.status_code == 400
    assert "not before the first" in early.content.decode()
    client.post("/calendar/", given)
    assert "Storm" in _text(client, "/calendar/")
    assert not queries.following(SYSTEM).general.works_on(day)
    client.post(f"/calendar/days/{CalendarDay.objects.get().pk}/removal/")
    assert "Storm" not in _text(client, "/calendar/")
    week = {
        "organization": "so-y-te", "country": "vn", "zone": "Asia/Ho_Chi_Minh", "workdays": ["0", "5"], "opens": "07:30", "closes": "16:30",
        "quiet_from": "21:00", "quiet_until": "06:00", "quiet_for": ["low"],
    }  # fmt: skip
    half = client.post("/calendar/week/", week | {"quiet_until": "", "zone": "Nowhere/At_All"}, headers=ENGLISH)
    assert half.status_code == 400
    assert "no such time zone" in half.content.decode()
    client.post("/calendar/week/", week)
    row = WorkCalendar.objects.get()
    own = queries.following(SYSTEM).calendar("so-y-te")
    assert (own.workdays, f"{own.opens:%H:%M}", own.quiet_for) == ((0, 5), "07:30", ("low",))
    assert "07:30" in _text(client, f"/calendar/weeks/{row.pk}/")
    assert "07:30–16:30" in _text(client, "/calendar/")
    client.post(f"/calendar/weeks/{row.pk}/removal/")
    assert not WorkCalendar.objects.exists()


def test_the_page_of_duty_says_when_nobody_is(signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    assert "Nobody is on duty now" in _text(client, "/duty/")
    ends = datetime.now(UTC) + timedelta(days=7)
    given = {
        "name": "Lan",
        "email": "lan@team.example",
        "language": "vi",
        "begins_at": "",
        "ends_at": f"{ends:%Y-%m-%dT%H:%M}",
    }
    early = client.post("/duty/", given | {"begins_at": "2030-01-01T08:00"}, headers=ENGLISH)
    assert "It ends after it begins." in early.content.decode()
    client.post("/duty/", given)
    shown = _text(client, "/duty/")
    assert "Nobody is on duty now" not in shown
    assert "lan@team.example" in shown
    assert "Nobody is on duty, until" in shown
    client.post("/duty/", given | {"ends_at": ""})
    assert "Somebody is on duty at every hour" in _text(client, "/duty/")
    for row in DutyOfficer.objects.all():
        client.post(f"/duty/{row.pk}/removal/")
    assert "Nobody is on duty now" in _text(client, "/duty/")
