"""The first axis: what sensors do not see any more is verified by looks that took place; what comes back is reopened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import actions as constituency
from tocsin.core.constituency import Contact, Network, Organization
from tocsin.findings import actions as findings
from tocsin.findings.models import Episode, Finding, FindingChange, News
from tocsin.intake import actions as intake
from tocsin.intake.actions import reading
from tocsin.project.work import findings as shown

pytestmark = pytest.mark.django_db(transaction=True)
DAY_ONE = datetime(2026, 11, 1, 6, tzinfo=UTC)
HEADING = "timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,sector,rdp_protocol"
Feed = Callable[..., None]


@pytest.fixture
def report(tmp_path: Path, settings: object) -> Feed:
    """Let the daily scan of a day arrive: the last numbers of the addresses that it reports, at 03:00."""
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    contact = Contact(name="Bàn an ninh", email="anninh@soyte.example", roles=("security",))
    town = Organization(
        id="so-y-te", name_vi="Sở Y tế", name_en="Health", networks=(Network("203.0.113.0/24"),), contacts=(contact,)
    )
    constituency.import_all(organizations=[town], ignored=[], actor=SYSTEM, now=DAY_ONE)

    def arrive(day: int, hosts: Sequence[int], *, name: str = "scan_rdp", window: timedelta | None = None) -> None:
        at = DAY_ONE + timedelta(days=day - 1)
        rows = [f"{at:%Y-%m-%d} 03:00:00,high,203.0.113.{host},tcp,3389,,rdp,64500,ZZ,MAU,MAU,0,,RDP" for host in hosts]
        _take("\n".join([HEADING, *rows, ""]), f"{at:%Y-%m-%d}-{name}-mau.csv", at, window)

    return arrive


def _take(text: str, name: str, at: datetime, window: timedelta | None = None) -> None:
    told = reading.told(window=window) if window else None
    arrival = intake.take(content=text.encode(), name=name, now=at, told=told)
    intake.process(arrivals=[arrival], now=at, fold=findings.fold)


def _verify(day: int) -> findings.Verified:
    return findings.verify(now=DAY_ONE + timedelta(days=day - 1, hours=1))


def _state(host: int = 7) -> str:
    return Finding.objects.get(asset=f"203.0.113.{host}").sensor


def test_three_scans_that_do_not_show_it_verify_the_fix(report: Feed) -> None:
    report(1, [7, 8])
    assert _verify(1) == findings.Verified(0, 0)
    report(2, [8])
    assert (_verify(2), _state()) == (findings.Verified(1, 0), "not-seen-since")
    report(3, [8])
    assert (_verify(3), _state()) == (findings.Verified(0, 0), "not-seen-since")
    report(4, [])
    News.objects.all().delete()
    assert (_verify(4), _state(), _state(8)) == (findings.Verified(1, 1), "gone", "not-seen-since")
    finding = Finding.objects.get(asset="203.0.113.7")
    assert (finding.verified_by, finding.owner) == ("3-looks-of-a-scan", "silent")
    assert finding.verified_at == DAY_ONE + timedelta(days=3, hours=1)
    assert [(c.before, c.after, c.by) for c in finding.changes.filter(what="sensor").order_by("at")] == [
        ("seen", "not-seen-since", "3-looks-of-a-scan"),
        ("not-seen-since", "gone", "3-looks-of-a-scan"),
    ]
    assert [(news.organization_id, news.kind) for news in News.objects.all()] == [("so-y-te", "open-rdp")]


def test_a_silent_feed_and_another_feed_prove_nothing(report: Feed) -> None:
    report(1, [7])
    for day in (2, 3, 4, 5):
        report(day, [], name="scan_smb")
        _verify(day)
    assert _state() == "seen"


def test_three_files_of_one_day_are_one_look(report: Feed) -> None:
    report(1, [7])
    for hosts in ([8], [9], [10]):
        report(2, hosts)
    _verify(2)
    assert _state() == "not-seen-since"


def test_a_repeat_within_the_window_is_seen_though_it_is_dropped(report: Feed) -> None:
    window = timedelta(days=5)
    for day in range(1, 6):
        report(day, [7], window=window)
        _verify(day)
        assert (Finding.objects.get().count, _state()) == (1, "seen")


def test_weighing_the_same_looks_again_changes_nothing(report: Feed) -> None:
    for day in (1, 2, 3, 4):
        report(day, [7] if day == 1 else [])
    assert _verify(4) == findings.Verified(0, 1)
    changes = FindingChange.objects.count()
    assert _verify(5) == findings.Verified(0, 0)
    assert FindingChange.objects.count() == changes


def test_what_comes_back_is_reopened_with_its_history(report: Feed) -> None:
    for day in (1, 2, 3, 4):
        report(day, [7] if day == 1 else [])
    _verify(4)
    warned = DAY_ONE + timedelta(hours=3)
    Finding.objects.update(owner="says-fixed", warned_at=warned, due_at=warned, answered_at=warned, heard_at=warned)
    report(9, [7])
    finding = Finding.objects.get()
    assert (finding.sensor, finding.n_reopened, finding.owner) == ("back", 1, "silent")
    assert finding.reopened_at == DAY_ONE + timedelta(days=8)
    assert (finding.warned_at, finding.due_at, finding.answered_at, finding.verified_at) == (None, None, None, None)
    episode = Episode.objects.get()
    assert (episode.number, episode.warned_at, episode.owner) == (1, warned, "says-fixed")
    assert (episode.opened_at, episode.verified_at) == (
        DAY_ONE - timedelta(hours=3), DAY_ONE + timedelta(days=3, hours=1),
    )  # fmt: skip
    assert finding.changes.filter(what="sensor").latest("pk").after == "back"
    for day in (10, 11, 12):
        report(day, [])
    _verify(12)
    assert _state() == "gone"
    report(13, [7])
    assert list(Episode.objects.values_list("number", flat=True)) == [1, 2]
    told = shown.show(finding.pk)
    assert told is not None
    assert [c["after"] for c in told["sensors"]["history"] if c["what"] == "sensor"] == ["gone", "back", "gone", "back"]
    assert [e["owner"] for e in told["episodes"]] == ["says-fixed", "silent"]


def test_what_was_missed_once_and_seen_again_was_there_all_along(report: Feed) -> None:
    report(1, [7])
    report(2, [])
    _verify(2)
    report(3, [7])
    finding = Finding.objects.get()
    assert (finding.sensor, finding.n_reopened) == ("seen", 0)
    assert not Episode.objects.exists()


def test_what_a_complete_list_names_no_more_is_gone_after_two_looks(report: Feed) -> None:
    def listed(day: int, *hosts: int) -> None:
        text = "# a list\n" + "".join(f"203.0.113.{host}\n" for host in hosts)
        _take(text, f"list-{day}.txt", DAY_ONE + timedelta(days=day - 1))

    listed(1, 7, 8)
    listed(2, 7, 8, 9)
    _verify(2)
    assert _state() == "seen"
    listed(3, 8)
    _verify(3)
    assert (_state(7), _state(8)) == ("not-seen-since", "seen")
    listed(4, 8)
    _verify(4)
    assert (_state(7), _state(8), _state(9)) == ("gone", "seen", "gone")


def test_an_unreadable_report_is_no_look(report: Feed) -> None:
    report(1, [7])
    for day in (2, 3, 4):
        at = DAY_ONE + timedelta(days=day - 1)
        _take(f"{HEADING}\nno time,high,203.0.113.9,tcp,3389\n", f"{at:%Y-%m-%d}-scan_rdp-mau.csv", at)
        _verify(day)
    assert _state() == "seen"
