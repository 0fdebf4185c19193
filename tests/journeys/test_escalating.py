"""A month of silence, lived in seconds: who is told when, what ends it, and what the clock cannot do."""

from __future__ import annotations

import email
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tocsin.base.audit.models import AuditEntry as Entry
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Contact
from tocsin.core import constituency as plain
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, Owner
from tocsin.intake.models import Alarm
from tocsin.notices import actions, escalation, queries, watch
from tocsin.notices.models import Deadline, Delivery, DutyOfficer, EscalationStep, Notice
from tocsin.notices.tests import cast
from tocsin.project.work import followup

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 30, 2, tzinfo=UTC)  # 09:00 there
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAN = Viewer(1, "lan@team.example", Role.ANALYST)
READER = Viewer(3, "xem@team.example", Role.READER)


@pytest.fixture(autouse=True)
def organization(tmp_path: Path, settings: object) -> Iterator[None]:
    """Make an organization with three people, and a duty officer of the team."""
    settings.TOCSIN_HOME, settings.TOCSIN_EMAIL_URL = tmp_path, ""  # type: ignore[attr-defined]
    people = (
        plain.Contact("An", "an@a.example", ("security",)),
        plain.Contact("Giám đốc", "head@a.example", ("head",), phone="+84 24 5550 0001"),
        plain.Contact("Bình", "binh@a.example", ("technical",)),
    )
    made = plain.Organization(id="a", name_vi="Đơn vị a", name_en="Organization a", language="vi", contacts=people)
    constituency.import_all(organizations=[made], ignored=[], actor=SYSTEM, now=MONDAY)
    DutyOfficer.objects.create(name="Trực", email="truc@team.example", language="en")
    return


def _warn(severity: str = "critical", asset: str = "203.0.113.7", at: datetime = MONDAY) -> Notice:
    cast.found(("a", "open-rdp", asset, severity), at=at)
    actions.run(now=at)
    return Notice.objects.latest("id")


def _told(notice: Notice) -> list[tuple[str, str]]:
    rows = notice.deliveries.filter(state="handed-over").order_by("handed_over_at", "pk")
    return [(row.handed_over_at.strftime("%d %H"), row.recipient) for row in rows if row.handed_over_at]


def _line(client: Client, notice: Notice) -> list[str]:
    page = client.get(f"/notices/{notice.pk}/", headers={"Accept-Language": "vi"}).content.decode()
    line = page.partition('id="timeline"')[2].partition("</ol>")[0]
    return [re.sub(r"<[^>]+>", "", said) for said in re.findall(r"<p>(.*?)</p>", line)]


def _states(notice: Notice) -> list[tuple[str, str]]:
    return [(step.whom, step.state) for step in notice.steps.order_by("number")]


def test_the_gravest_goes_round_the_clock_from_person_to_person_up_to_the_team() -> None:
    notice = _warn()
    counted = [followup.run(at=MONDAY + n * HOUR)["escalated"] for n in range(1, 80)]
    assert _told(notice) == [
        ("30 02", "an@a.example"),
        ("30 06", "binh@a.example"),
        ("30 14", "head@a.example"),
        ("01 02", "truc@team.example"),
    ]
    assert notice.deliveries.get(channel="letter").state == "by-hand", "it waits for a person to carry it"
    assert "1 công văn chờ in, ký và chuyển" in [need.says for need in watch.needs(LAN, MONDAY)]
    assert [n for n, done in enumerate(counted, start=1) if done] == [4, 12, 24, 72]
    assert _states(notice) == [
        ("next-contact", "done"),
        ("all-contacts", "done"),
        ("duty-officer", "done"),
        ("head", "nobody"),  # who leads it was told with all the others
        ("organization", "done"),
    ]
    notice.refresh_from_db()
    assert notice.state == "sent"
    assert Entry.objects.filter(action="notice-escalated").count() == 5


def test_what_is_not_gravest_waits_for_working_time() -> None:
    friday = MONDAY + 4 * DAY + 9 * HOUR  # 18:00 there, a Friday
    notice = _warn("high", at=friday)
    due = [step.due_at for step in notice.steps.order_by("number")]
    monday = datetime(2026, 12, 7, 1, tzinfo=UTC)
    assert due == [monday + n * DAY for n in (1, 2, 3, 7)]
    assert followup.run(at=monday + DAY - HOUR)["escalated"] == 0
    assert followup.run(at=monday + DAY)["escalated"] == 1


def test_any_answer_ends_it_and_the_page_of_the_notice_tells_all_of_it_in_order(
    signed_in: Callable[..., Client], program: Callable[..., Client]
) -> None:
    notice = _warn()
    followup.run(at=MONDAY + 5 * HOUR)
    reader = signed_in(Role.READER)
    before = _line(reader, notice)
    assert [word for word in before if "Bước" in word] == [
        "Bước 1: đã báo đầu mối tiếp theo qua thư điện tử",
        "Bước 2: sẽ báo tất cả đầu mối qua thư điện tử, nếu chưa ai trả lời",
        "Bước 3: sẽ báo cán bộ trực của đội qua thư điện tử, nếu chưa ai trả lời",
        "Bước 4: sẽ báo người đứng đầu tổ chức qua thư điện tử, nếu chưa ai trả lời",
        "Bước 5: sẽ báo chính tổ chức đó bằng công văn, nếu chưa ai trả lời",
    ]
    assert before[1] == "Đã gửi qua thư điện tử tới an@a.example"
    actions.answer(notice=notice, word="seen", by="an@a.example", means="link", now=MONDAY + 6 * HOUR)
    after = _line(reader, notice)
    answered = next(place for place, said in enumerate(after) if said.startswith("an@a.example trả lời: "))
    due = ["Hạn khắc phục"] if datetime.now(UTC) < notice.due_at else []
    assert (
        after[answered + 1 :]
        == [
            f"Bước {n} không còn cần nữa: {whom}"
            for n, whom in (
                (2, "tất cả đầu mối, qua thư điện tử"),
                (3, "cán bộ trực của đội, qua thư điện tử"),
                (4, "người đứng đầu tổ chức, qua thư điện tử"),
                (5, "chính tổ chức đó, bằng công văn"),
            )
        ]
        + due
    )
    # A program of the team is told the same.
    url = f"/api/v1/notices/{notice.pk}/timeline"
    told = program("notices:read").get(url, headers={"Accept-Language": "vi"}).json()
    assert [one["says"] for one in told] == after
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)
    sent = [one["delivery"] for one in told if one["delivery"] is not None]
    assert sorted(sent) == sorted(str(pk) for pk in notice.deliveries.values_list("pk", flat=True))
    assert [one["tone"] for one in told[-4:]] == (["", "", "", "next"] if due else [""] * 4)
    assert [step.because for step in notice.steps.filter(state="cancelled")] == ["answered"] * 4
    assert followup.run(at=MONDAY + 9 * DAY)["escalated"] == 0 or Notice.objects.count() > 1
    assert not Delivery.objects.filter(notice=notice, to_team=True).exists()


def test_a_word_about_every_finding_by_other_means_ends_it_too() -> None:
    notice = _warn()
    ids = list(Finding.objects.values_list("pk", flat=True))
    findings.hear_owner(ids=ids, word=Owner.FIXING, by="portal", note="", now=MONDAY + HOUR)
    assert followup.run(at=MONDAY + 5 * HOUR)["escalated"] == 0
    assert EscalationStep.objects.get(notice=notice, number=1).because == "answered"
    gone = _warn(asset="203.0.113.8", at=MONDAY + 6 * HOUR)
    Finding.objects.filter(asset="203.0.113.8").update(sensor="gone")
    assert followup.run(at=MONDAY + 11 * HOUR)["escalated"] == 0
    assert EscalationStep.objects.get(notice=gone, number=1).because == "resolved"


def test_after_a_week_down_everything_missed_is_done_once_marked_and_alarms_until_somebody_notes_it(
    signed_in: Callable[..., Client],
) -> None:
    notice = _warn()
    back = MONDAY + 7 * DAY
    actions.look(now=back)
    assert Alarm.objects.get(closed_at=None).kind == "escalations-missed", "overdue before anything is done"
    found = followup.run(at=back)
    assert (found["escalated"], found["missed"]) == (4, 4)
    assert _states(notice)[:3] == [("next-contact", "missed"), ("all-contacts", "missed"), ("duty-officer", "missed")]
    assert len({d.recipient for d in notice.deliveries.filter(to_team=False, channel="email")}) == 3
    again = followup.run(at=back + HOUR / 60)
    assert (again["escalated"], again["missed"]) == (0, 0)
    missed = list(EscalationStep.objects.filter(state="missed").values_list("pk", flat=True))
    with pytest.raises(NotAllowed):
        actions.note(steps=missed, actor=READER, now=back)
    reader, lan = signed_in(Role.READER), signed_in(Role.ANALYST)
    assert notice.reference in reader.get("/escalations/").content.decode()
    assert reader.post("/escalations/").status_code == 404
    assert lan.post("/escalations/", {"id": [*missed, "x"]}).status_code == 302
    with pytest.raises(actions.NothingMissed):
        actions.note(steps=missed, actor=LAN, now=back)
    actions.look(now=back)
    assert not Alarm.objects.filter(kind="escalations-missed", closed_at=None).exists()


def test_a_day_that_passes_without_an_answer_is_written_down_once_and_the_end_of_a_plan_alarms() -> None:
    silent = _warn()
    assert [followup.run(at=MONDAY + n * DAY)["expired"] for n in (1, 2, 3)] == [0, 1, 0]
    silent.refresh_from_db()
    assert silent.deadline == Deadline.MISSED
    assert followup.run(at=MONDAY + 4 * DAY)["alarms"] >= 1
    assert Alarm.objects.filter(kind="warnings-unanswered", closed_at=None).count() == 1
    for notice in Notice.objects.all():
        actions.answer(notice=notice, word="seen", by="an@a.example", means="link", now=MONDAY + 4 * DAY)
    actions.look(now=MONDAY + 4 * DAY)
    assert not Alarm.objects.filter(kind="warnings-unanswered", closed_at=None).exists()


def test_a_reminder_goes_on_with_the_plan_there_is_and_begins_another_when_an_answer_ended_it() -> None:
    _warn("high")
    for day in range(1, 40):
        followup.run(at=MONDAY + day * DAY + 3 * HOUR)
    reminders = Notice.objects.filter(reason="reminder-due").order_by("id")
    assert reminders.count() > 2
    assert not EscalationStep.objects.filter(notice__in=reminders).exists()
    last = reminders.last()
    assert last is not None
    actions.answer(notice=last, word="seen", by="an@a.example", means="link", now=MONDAY + 40 * DAY)
    for day in range(41, 60):
        followup.run(at=MONDAY + day * DAY + 3 * HOUR)
    later = Notice.objects.filter(reason="reminder-due", created_at__gt=MONDAY + 40 * DAY).order_by("id")
    assert [notice.steps.exists() for notice in later][:1] == [True]


def test_a_notice_that_reached_nobody_asks_the_next_at_once() -> None:
    cast.found(("a", "open-rdp", "203.0.113.7", "high"), at=MONDAY)
    actions.decide(now=MONDAY)
    Delivery.objects.update(recipient="not an address")
    actions.deliver(now=MONDAY)
    notice = Notice.objects.get()
    assert notice.deliveries.get(state="failed").recipient == "not an address"
    followup.run(at=MONDAY + HOUR / 60)
    notice.refresh_from_db()
    assert (notice.state, notice.deliveries.get(state="handed-over").recipient) == ("partly-sent", "an@a.example")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.integers(-36, 60), min_size=1, max_size=12))
def test_however_the_clock_jumps_every_step_is_done_once(hours: list[int]) -> None:
    EscalationStep.objects.all().delete()
    Notice.objects.all().delete()
    Finding.objects.all().delete()
    notice = _warn()
    due = escalation.instants(escalation.shipped()["critical"], MONDAY, queries.following(SYSTEM).calendar("a"))
    at = latest = MONDAY
    ended = 0
    for jump in hours:
        at += timedelta(hours=jump)
        latest = max(latest, at)
        outcome = actions.escalate(now=at)
        ended += outcome.done + outcome.nobody
    assert ended == sum(instant <= latest for instant in due)
    rows = EscalationStep.objects.filter(notice=notice).order_by("number")
    assert [row.due_at for row in rows] == due
    assert [row.state != "pending" for row in rows] == [instant <= latest for instant in due]
    told = list(Delivery.objects.filter(notice=notice, to_team=False).values_list("recipient", flat=True))
    assert len(told) == len(set(told))


def test_a_notice_with_nobody_to_tell_comes_to_the_duty_officer_at_once_and_once() -> None:
    cast.organizations("b", "c", contacts=False, now=MONDAY)
    cast.found(("b", "open-rdp", "203.0.113.8", "medium"), ("c", "open-rdp", "203.0.113.9", "high"), at=MONDAY)
    actions.run(now=MONDAY)
    for minute in (1, 2, 60, 3000, 60):
        followup.run(at=MONDAY + timedelta(minutes=minute))
    unreached = Notice.objects.filter(state="no-contact")
    told = Delivery.objects.filter(notice__in=unreached)
    assert [(row.to_team, row.recipient, row.state) for row in told] == [(True, "truc@team.example", "handed-over")]
    words = _words(told.get())
    assert "has no contact who could be told" in words
    assert "So it stands with 2 warnings now" in words
    steps = EscalationStep.objects.filter(notice__in=unreached)
    assert [(step.number, step.state, step.n_told) for step in steps] == [(0, "done", 1)] * 2
    with translation.override("en"):
        says = [need.says for need in watch.needs(LAN, MONDAY)]
    assert says.count("2 notices have nobody to go to") == 1
    cast.contact("b", "moi@b.example")
    followup.run(at=MONDAY + 3 * DAY)
    reached = Notice.objects.get(organization="b", state="sent")
    assert reached.steps.filter(number=1, state="pending").exists(), "now its plan begins"


def _words(delivery: Delivery) -> str:
    message = email.message_from_bytes(zlib.decompress(delivery.message.content), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_whose_contacts_have_all_gone_is_said_to_the_duty_officer_before_the_plan_comes_to_it() -> None:
    notice = _warn()
    Contact.objects.all().delete()
    followup.run(at=MONDAY + 4 * HOUR)
    assert Delivery.objects.get(notice=notice, to_team=True).step.number == 1
    followup.run(at=MONDAY + 5 * HOUR)
    assert Delivery.objects.filter(notice=notice, to_team=True).count() == 1
