"""One weakness, everybody it concerns: who is last, and what can be done about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tocsin.base.audit.models import AuditEntry as Entry
from tocsin.base.tenancy import NotAllowed, Role, Viewer
from tocsin.campaigns import actions, queries, rules
from tocsin.campaigns.actions import Wanted
from tocsin.campaigns.models import Campaign
from tocsin.constituency.models import Contact, Fact, Organization
from tocsin.constituency.queries import Selection
from tocsin.findings.models import Finding, Owner, Sensor
from tocsin.notices import actions as notices
from tocsin.notices.models import EscalationStep, Notice
from tocsin.notices.tests import cast
from tocsin.project.work import campaigns as work
from tocsin.project.work import followup

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)  # a Monday, 09:00 there
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READER = Viewer(3, "xem@team.example", Role.READER)
LAN = cast.LAN


@pytest.fixture(autouse=True)
def told(tmp_path: Path, settings: object) -> None:
    """Five organizations with the same weakness: all were told but the last; one answers, one is done."""
    settings.TOCSIN_HOME, settings.TOCSIN_EMAIL_URL = tmp_path, ""  # type: ignore[attr-defined]
    cast.organizations("a", "b", "c", "d", now=NOW)
    cast.contact("a", "lead@a.example", roles=["head"])
    cast.organizations("e", contacts=False, now=NOW)
    rows = [(name, "open-rdp", f"203.0.113.{n}", "high") for n, name in enumerate("abcde", start=1)]
    cast.found(*rows, ("a", "open-rdp", "203.0.113.9", "medium"), ("b", "open-smb", "203.0.113.2", "high"), at=NOW)
    notices.run(now=NOW)
    _answer("b", "fixing", until=date(2026, 12, 20))
    _answer("c", "fixed")
    Finding.objects.filter(organization="d").update(sensor=Sensor.GONE, verified_at=NOW + HOUR)


def _answer(organization: str, word: str, **more: object) -> None:
    notice = Notice.objects.get(organization=organization)
    notices.answer(
        notice=notice, word=word, by=f"security@{organization}.example", means="link", now=NOW + HOUR, **more
    )  # type: ignore[arg-type]


def _campaign(**more: object) -> Campaign:
    wanted = Wanted("Máy tính từ xa mở", "Open remote desktop", ["open-rdp"], **more)  # type: ignore[arg-type]
    return actions.open_campaign(wanted=wanted, actor=LAN, now=NOW)


def _states(campaign: Campaign, now: datetime = NOW + 2 * HOUR) -> list[tuple[str, str]]:
    return [(one.organization_id, one.counts.state) for one in queries.standings(LAN, campaign, now)]


def test_each_organization_stands_where_its_least_finding_stands_and_the_last_ones_come_first() -> None:
    campaign = _campaign()
    standings = queries.standings(LAN, campaign, NOW + 2 * HOUR)
    assert _states(campaign) == [
        ("a", "silent"),
        ("e", "not-told"),
        ("b", "fixing"),
        ("c", "says-fixed"),
        ("d", "verified"),
    ]
    assert [one.counts.total for one in standings] == [2, 1, 1, 1, 1], "the other kind of b is not in it"
    tally = rules.tally(standings)
    assert (tally.n, tally.n_findings, tally.told, tally.overdue, tally.done) == (5, 6, 4, 0, 1)
    assert tally.findings == {"silent": 2, "not-told": 1, "acknowledged": 0, "fixing": 1, "says-fixed": 1, "set-aside": 0, "verified": 1}  # fmt: skip
    # Every finding is at exactly one state, whatever its owner and the sensors say.
    for owner in Owner.values:
        for sensor in Sensor.values:
            Finding.objects.filter(organization="b").update(owner=owner, sensor=sensor)
            (b,) = queries.standings(LAN, campaign, NOW, only=["b"])
            assert sum(b.counts.by_state) == 1, (owner, sensor)

    later = queries.standings(LAN, campaign, NOW + 30 * DAY)
    assert later[0].organization_id == "a" and later[0].counts.overdue == 2, "overdue comes before all else"


def test_the_list_counts_all_that_run_at_once_as_the_page_of_each_does(signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.ANALYST)
    Organization.objects.filter(pk__in="abc").update(sector="health")
    Organization.objects.filter(pk="b").update(parent="a", criticality="critical", essential=True)
    # What has ended is not asked any more, and what is below it still is below.
    Organization.objects.filter(pk="c").update(parent="b")
    Organization.objects.filter(pk="d").update(parent="c", valid_to=date(2020, 1, 1))
    Organization.objects.filter(pk="e").update(parent="d")
    Fact.objects.create(organization_id="c", label="x", by="x", at=NOW)
    Fact.objects.create(organization_id="e", label="y", by="x", at=NOW)
    Finding.objects.filter(organization="b", kind="open-smb").update(kind="vulnerable-cve-2026-1234")
    selections = [
        Selection(organizations=("a", "d")), Selection(below="b"), Selection(sectors=("health",), criticalities=("critical",)),
        Selection(essential=True), Selection(facts=("x", "y")), Selection(organizations=("a",), sectors=("health",), facts=("x",)),
        Selection(sectors=("energy",)),
    ]  # fmt: skip
    made = [_campaign(selection=one) for one in selections]

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/campaigns/").status_code == 200
        return len(seen)

    few = asked()
    made += [_campaign(), _campaign(severity="high"), _campaign(severity="critical")]
    made += [_campaign(selection=one) for one in selections]
    wanted = Wanted("x", "x", ["cve-2026-1234", "open-rdp"])
    made.append(actions.open_campaign(wanted=wanted, actor=LAN, now=NOW))
    for later in (NOW + 2 * HOUR, NOW + 90 * DAY):
        for some in (made, made[:7]):
            told = queries.tallies(LAN, some, later)
            assert told == {row.pk: rules.tally(queries.standings(LAN, row, later)) for row in some}
    assert [told[row.pk].n for row in made[:7]] == [1, 3, 1, 1, 2, 2, 0]
    assert asked() <= few + 1, "the kinds that name a CVE are asked for once"


def test_a_campaign_narrows_by_gravity_organization_and_cve() -> None:
    assert [one.counts.total for one in queries.standings(LAN, _campaign(severity="high"), NOW, only=["a"])] == [1]
    some = _campaign(selection=Selection(organizations=("a", "c")))
    assert [name for name, _ in _states(some)] == ["a", "c"]
    Finding.objects.filter(organization="c").update(kind="vulnerable-cve-2026-1234")
    wanted = Wanted("x", "x", ["cve-2026-1234"])
    cve = actions.open_campaign(wanted=wanted, actor=LAN, now=NOW)
    assert queries.kinds(LAN, cve) == ["vulnerable-cve-2026-1234"]
    assert [name for name, _ in _states(cve)] == ["c"]
    with pytest.raises(actions.BadCampaign, match="weaknesses"):
        actions.open_campaign(wanted=Wanted("x", "x", [" "]), actor=LAN, now=NOW)
    with pytest.raises(NotAllowed):
        actions.open_campaign(wanted=wanted, actor=READER, now=NOW)


def test_pressing_tells_somebody_further_once_and_says_why_it_leaves_others_out() -> None:
    campaign, now = _campaign(), NOW + 2 * HOUR
    everybody = [*"abcde", "x"]
    seen = actions.press(campaign=campaign, organizations=everybody, way="head", actor=LAN, now=now, dry_run=True)
    assert {one.organization_id: one.because for one in seen} == {
        "a": "", "b": "answered", "c": "answered", "d": "resolved", "e": "not-told",
    }  # fmt: skip
    assert not EscalationStep.objects.exclude(pressed_at=None).exists(), "a dry run does nothing"

    pressed = {"campaign": campaign, "organizations": everybody, "way": "head", "actor": LAN}
    actions.press(**pressed, now=now)  # type: ignore[arg-type]
    followup.run(at=now)
    sent = Notice.objects.get(organization="a").deliveries.filter(state="handed-over")
    assert sorted(sent.values_list("recipient", flat=True)) == ["lead@a.example", "security@a.example"]
    again = actions.press(**pressed, now=now + HOUR)  # type: ignore[arg-type]
    assert {one.because for one in again if one.organization_id == "a"} == {"pressed-today"}
    followup.run(at=now + HOUR)
    assert sent.count() == 2
    assert Entry.objects.filter(action="notice-pressed", actor_email=LAN.email).count() == 1
    with pytest.raises(notices.BadWay):
        actions.press(campaign=campaign, organizations=["a"], way="pigeon", actor=LAN, now=now)

    actions.press(campaign=campaign, organizations=["a"], way="letter", actor=LAN, now=now + HOUR)
    followup.run(at=now + HOUR)
    assert Notice.objects.get(organization="a").deliveries.get(channel="letter").state == "by-hand"


def test_a_call_is_noted_and_a_promise_is_an_answer() -> None:
    campaign, a = _campaign(), Organization.objects.get(pk="a")
    call = {"campaign": campaign, "organization": a, "to": "An +84 24 5550 0001", "actor": LAN, "now": NOW + 2 * HOUR}
    actions.note_call(**call, result="no-answer")  # type: ignore[arg-type]
    assert dict(_states(campaign))["a"] == "silent"
    with pytest.raises(actions.BadCall):
        actions.note_call(**call, result="promised")  # type: ignore[arg-type]
    with pytest.raises(actions.BadCall):
        actions.note_call(**call, result="promised", promised_on=date(2026, 11, 29))  # type: ignore[arg-type]
    actions.note_call(**call, result="promised", promised_on=date(2026, 12, 4))  # type: ignore[arg-type]
    assert dict(_states(campaign))["a"] == "fixing"
    finding = Finding.objects.filter(organization="a").first()
    assert finding is not None and finding.fixing_until is not None
    assert timezone.localdate(finding.fixing_until) == date(2026, 12, 4)
    assert queries.last_calls(LAN, campaign, ["a"])["a"].result == "promised"
    actions.close(campaign=campaign, because="xong", actor=LAN, now=NOW + DAY)
    campaign.refresh_from_db()
    with pytest.raises(actions.Closed):
        actions.note_call(**call | {"campaign": campaign}, result="reached")  # type: ignore[arg-type]
    with pytest.raises(actions.Closed):
        actions.press(campaign=campaign, organizations=["a"], way="head", actor=LAN, now=NOW + DAY)


def test_the_pages_lead_from_the_figure_to_the_last_one_and_the_telephone(signed_in: Callable[..., Client]) -> None:
    Contact.objects.filter(organization="a").update(phone="+84 24 5550 0001")
    client = signed_in(Role.ANALYST)
    form = {"title_vi": "Máy tính từ xa", "title_en": "Remote desktop", "weaknesses": "open-rdp\n", "severity": "info"}
    where = client.post("/campaigns/new/", form)["location"]
    page = client.get(f"{where}?state=silent").content.decode()
    assert "Đơn vị a" in page and "Đơn vị b" not in page
    looked = client.post(f"{where}press/", {"id": ["a", "b"], "way": "head"}).content.decode()
    assert "Đơn vị b" in looked and not EscalationStep.objects.exclude(pressed_at=None).exists()
    assert client.post(f"{where}press/", {"id": ["a"], "way": "head", "confirmed": "1"})["location"] == where
    assert EscalationStep.objects.exclude(pressed_at=None).count() == 1
    listed = client.get(f"{where}calls/").content.decode()
    assert "tel:+842455500001" in listed and "Đơn vị d" not in listed
    noted = client.post(f"{where}calls/a/", {"to": "An", "result": "reached", "note": "x"})
    assert noted["location"] == f"{where}calls/"
    assert client.get(f"{where}calls/x/").status_code == 404
    rows = b"".join(client.get(f"{where}file/csv/").streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(rows) == 6 and rows[1].startswith("a,")
    client.post(f"{where}close/", {"because": "xong"})
    assert Campaign.objects.get().closed_because == "xong"
    assert "đã kết thúc" in client.get("/campaigns/").content.decode(), "and its row has no figures to lead to"
    assert signed_in(Role.READER).post(f"{where}press/", {"id": ["a"], "way": "head"}).status_code == 404


def test_the_command_opens_shows_and_closes() -> None:
    made = work.open_campaign(
        title_vi="x", title_en="x", weaknesses=["open-rdp"], severity="info", due_on=None, selection={}
    )
    assert made["organizations"]["silent"] == 1
    assert next(one["organization"] for one in work.show(made["id"])["standings"]) == "a"
    assert work.close(made["id"], "xong")["closed_at"] is not None
    with pytest.raises(work.Refused):
        work.close(made["id"], "")
    with pytest.raises(LookupError):
        work.show("1")
    assert not queries.campaigns(Viewer(9, "x@a.example", Role.CONTACT, frozenset({"a"}))).exists()


def test_what_a_person_puts_in_or_leaves_out_goes_before_the_rule_and_nothing_counts_twice(
    signed_in: Callable[..., Client],
) -> None:
    campaign, now = _campaign(selection=Selection(organizations=("a", "c"))), NOW + 2 * HOUR
    choose = {"campaign": campaign, "because": "họ nhờ", "actor": LAN, "now": now}
    smb = Finding.objects.get(kind="open-smb")
    actions.choose(**choose, included=True, organizations=["a", "e"], findings=[smb.pk])  # type: ignore[arg-type]
    counted = {one.organization_id: one.counts.total for one in queries.standings(LAN, campaign, now)}
    assert counted == {"a": 2, "b": 1, "c": 1, "e": 1}, "b with the one of another kind alone; a not twice"
    pressed = actions.press(campaign=campaign, organizations=["b"], way="head", actor=LAN, now=now, dry_run=True)
    assert [one.because for one in pressed] == ["answered"]
    mild = Finding.objects.get(organization="a", severity="medium")
    actions.choose(**choose, included=False, organizations=["c", "b"], findings=[mild.pk])  # type: ignore[arg-type]
    counted = {one.organization_id: one.counts.total for one in queries.standings(LAN, campaign, now)}
    assert counted == {"a": 1, "b": 1, "e": 1}, "a finding goes before its organization"
    # The list of campaigns counts the same, each by its own choices.
    rule = _campaign(severity="high")
    actions.choose(**choose | {"campaign": rule}, included=False, organizations=["a"])  # type: ignore[arg-type]
    told = queries.tallies(LAN, [campaign, rule, _campaign()], now)
    for row in (campaign, rule):
        assert told[row.pk] == rules.tally(queries.standings(LAN, row, now))
    assert sorted(one.n_findings for one in told.values()) == [3, 4, 6]
    assert Entry.objects.filter(action="campaign-chosen", actor_email=LAN.email).count() == 3
    with pytest.raises(actions.BadChoice, match="because"):
        actions.choose(**choose | {"because": " "}, included=True, organizations=["a"])  # type: ignore[arg-type]
    with pytest.raises(actions.BadChoice, match="there is no x"):
        actions.choose(**choose, included=True, organizations=["x"])  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        actions.choose(**choose | {"actor": READER}, included=True, organizations=["a"])  # type: ignore[arg-type]

    client, where = signed_in(Role.ANALYST), f"/campaigns/{campaign.pk}/"
    told = {"id": "c", "choice": "by-rule", "because": "lại theo quy tắc"}
    assert client.post(f"{where}choose/", told)["location"] == where
    shown = client.get(where).content.decode()
    assert "Đơn vị c" in shown and smb.asset in shown and "họ nhờ" in shown
    assert work.choose(str(campaign.pk), "out", "x", ["e"], [])["organizations"]["not-told"] == 0
    actions.close(campaign=campaign, because="", actor=LAN, now=now)
    with pytest.raises(work.Refused):
        work.choose(str(campaign.pk), "out", "x", ["a"], [])
