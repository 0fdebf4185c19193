"""After holdings change, what came in before belongs to whom it belonged to at its time: as if it had come in today."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.batches import run as batches
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import HoldingsChange, IgnoreRule, Organization
from tocsin.core import constituency as plain
from tocsin.findings import actions as findings
from tocsin.findings import queries as found
from tocsin.findings.models import Finding, FindingChange
from tocsin.intake import actions as intake
from tocsin.intake import queries
from tocsin.intake.models import (
    Arrival,
    Batch,
    EventFile,
    HoldingsSnapshot,
    RejectCount,
    Segment,
    Unattributed,
    UnattributedGroup,
)
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.pipeline import registry
from tocsin.pipeline.duplicates import Memory

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.TOCSIN_HOME = tmp_path
    settings.TOCSIN_EMAIL_URL = ""
    return tmp_path


def _events(*rows: dict[str, Any]) -> bytes:
    kind = {"classification.type": "vulnerable-system", "classification.identifier": "open-rdp"}
    return json.dumps([{**kind, "feed.name": "f", **row} for row in rows]).encode()


def _seen(address: str, day: int = 0, **columns: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 20, 5, tzinfo=UTC) + timedelta(days=day)
    return {"source.ip": address, "time.source": at.isoformat(), **columns}


def _add(*rows: dict[str, Any], name: str = "a.json") -> intake.Folded:
    arrival = intake.take(content=_events(*rows), name=name, now=NOW)
    return intake.process(arrivals=[arrival], now=NOW, fold=findings.fold)


def _hold(*organizations: plain.Organization, ignored: tuple[plain.Ignored, ...] = ()) -> None:
    """Make these the constituency. What is left out of an organization is gone, as if it had never been held."""
    constituency.import_all(
        organizations=organizations, ignored=ignored, actor=SYSTEM, now=NOW, as_of=date(1990, 1, 1), complete=False
    )


def _one(*cidrs: str, id_: str = "one", **more: Any) -> plain.Organization:
    return plain.Organization(id_, id_, id_, networks=tuple(plain.Network(cidr) for cidr in cidrs), **more)


def _again(**named: Any) -> intake.Reattributed:
    return intake.reattribute(now=NOW, refold=findings.refold, actor=SYSTEM, **named)


def _state(home: Path) -> dict[str, Any]:
    """Return everything that attribution decides, comparable between two installations."""
    files = [home / file.path for file in EventFile.objects.all()]
    columns = ["event_id", "organization", "because", "related"]
    events = pl.concat([pl.read_parquet(file, columns=columns) for file in files]) if files else None
    return {
        "events": sorted(map(str, events.rows())) if events is not None else [],
        "findings": sorted(
            (f.organization_id, f.asset, f.kind, f.severity, f.first_seen, f.last_seen, f.count)
            for f in found.findings(SYSTEM)
        ),
        "unattributed": sorted(
            Unattributed.objects.values_list("asset", "kind", "place", "n_events", "first_seen", "last_seen")
        ),
        "groups": sorted(UnattributedGroup.objects.values_list("value", "how", "n_events", "first_seen", "last_seen")),
    }


def _on_disk(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.glob("batches/*/events/*")}


def test_what_nobody_held_goes_to_whom_it_is_given_from_the_day_on(home: Path) -> None:
    _add(_seen("192.0.2.7"), _seen("192.0.2.7", 1), _seen("192.0.2.9", 2), _seen("198.51.100.1"))
    _hold(plain.Organization("one", "1", "1", networks=(plain.Network("192.0.2.0/24", DAY + timedelta(days=1)),)))
    done = _again()
    assert (done.events, done.files) == (2, 1)
    assert done.moves.rows() == [(None, "one", 2)]
    rows = {f.asset: f for f in found.findings(SYSTEM)}
    assert rows.keys() == {"192.0.2.7", "192.0.2.9"}
    assert rows["192.0.2.7"].count == 1
    assert rows["192.0.2.7"].because == "network 192.0.2.0/24"
    assert {u.asset: u.n_events for u in queries.unattributed(SYSTEM)} == {"192.0.2.7": 1, "198.51.100.1": 1}
    assert {g.value: g.n_events for g in queries.groups(SYSTEM)} == {"192.0.2.0/24": 1, "198.51.100.0/24": 1}
    assert done.batch is not None
    assert (done.batch.kind, done.batch.changed, done.batch.attributed) == ("reattribution", 2, 2)
    assert done.batch.rows == done.batch.events + done.batch.duplicates + done.batch.rejects == 0


def test_an_event_exists_once_and_the_old_file_is_gone(home: Path) -> None:
    _add(*[_seen("192.0.2.7", n) for n in range(30)])
    _add(*[_seen("198.51.100.7", n) for n in range(10)], name="b.json")
    before = {file.path for file in queries.event_files(SYSTEM)}
    _hold(_one("192.0.2.0/24"))
    _again()
    after = {file.path for file in queries.event_files(SYSTEM)}
    assert len(before & after) == 1
    assert _on_disk(home) == after
    ids = [event for path in after for event in pl.read_parquet(home / path)["event_id"]]
    assert len(ids) == len(set(ids)) == 40


def test_doing_it_again_changes_nothing(home: Path) -> None:
    _add(_seen("192.0.2.7"))
    _hold(_one("192.0.2.0/24"))
    assert intake.pending()
    _again()
    assert not intake.pending()
    state, n, disk = _state(home), Batch.objects.count(), _on_disk(home)
    done = _again()
    assert (done.events, done.batch) == (0, None)
    assert (_state(home), Batch.objects.count(), _on_disk(home)) == (state, n, disk)


def test_a_dry_run_says_what_would_come_of_it_and_does_nothing(home: Path) -> None:
    _add(_seen("192.0.2.7"), _seen("192.0.2.7", 1))
    _hold(_one("192.0.2.0/24"))
    state, disk = _state(home), _on_disk(home)
    done = _again(dry_run=True)
    assert done.findings.select("organization", "asset", "count").rows() == [("one", "192.0.2.7", 2)]
    assert done.events == 2
    assert (_state(home), _on_disk(home), intake.pending()) == (state, disk, True)


def test_a_range_that_is_closed_leaves_what_came_before_where_it_is(home: Path) -> None:
    _hold(_one("192.0.2.0/24"))
    _add(*[_seen("192.0.2.7", day) for day in range(4)])
    closed = plain.Network("192.0.2.0/24", None, DAY + timedelta(days=1))
    _hold(
        plain.Organization("one", "1", "1", networks=(closed,)),
        plain.Organization("two", "2", "2", networks=(plain.Network("192.0.2.0/25", DAY + timedelta(days=2)),)),
    )
    done = _again()
    assert done.moves.rows() == [("one", "two", 2)]
    rows = {f.organization_id: f for f in found.findings(SYSTEM)}
    assert {name: (f.count, f.first_seen.day, f.last_seen.day) for name, f in rows.items()} == {
        "one": (2, 20, 21),
        "two": (2, 22, 23),
    }
    assert list(rows["one"].changes.values_list("what", "before", "after"))[-1] == ("recounted", "4", "2")


def test_what_is_ignored_leaves_its_owner_and_the_queue(home: Path) -> None:
    _hold(_one("192.0.2.0/24"))
    _add(_seen("192.0.2.7"), _seen("192.0.2.8"), _seen("198.51.100.7", **{"source.asn": 64500}))
    _hold(ignored=(plain.Ignored("192.0.2.7/32", "own scanner"), plain.Ignored("AS64500", "sinkhole")))
    _again()
    assert [f.asset for f in found.findings(SYSTEM)] == ["192.0.2.8"]
    assert not queries.unattributed(SYSTEM).exists()
    assert not queries.groups(SYSTEM).exists()


def test_a_finding_that_moved_leaves_the_former_owner_but_a_notice_keeps_it(home: Path) -> None:
    contact = (plain.Contact("desk", "desk@one.example", ("security",)),)
    _hold(_one("192.0.2.0/24", contacts=contact))
    _add(_seen("192.0.2.7"))
    notices.run(now=NOW)
    told = noticed.notices(SYSTEM).get()
    _hold(_one(contacts=contact), _one("192.0.2.0/24", id_="two"))
    _again()
    assert [f.organization_id for f in found.findings(SYSTEM)] == ["two"]
    assert [line.finding.organization_id for line in told.lines.all()] == ["one"]
    assert found.findings(SYSTEM, moved=True).filter(organization_id="one").get().moved_at == NOW
    run = notices.run(now=NOW + timedelta(days=30))
    assert {notice.organization_id for notice in noticed.notices(SYSTEM)} == {"one", "two"}
    assert run["decided"] == 1


def test_a_notice_that_has_not_gone_out_tells_nobody_of_what_is_not_theirs(home: Path, settings: Any) -> None:
    contact = (plain.Contact("desk", "desk@one.example", ("security",)),)
    _hold(_one("192.0.2.0/24", contacts=contact))
    _add(_seen("192.0.2.7"), _seen("192.0.2.200"))
    settings.TOCSIN_EMAIL_URL = "smtp://127.0.0.1:1"
    notices.run(now=NOW)
    _hold(_one("192.0.2.0/25", contacts=contact))
    _again()
    settings.TOCSIN_EMAIL_URL = ""
    notices.run(now=NOW + timedelta(days=1))
    (letter,) = (home / "outbox").iterdir()
    text = message_from_bytes(letter.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "192.0.2.7" in text
    assert "192.0.2.200" not in text


def test_a_notice_that_has_nothing_left_to_tell_is_withdrawn(home: Path, settings: Any) -> None:
    _hold(_one("192.0.2.0/24", contacts=(plain.Contact("desk", "desk@one.example", ("security",)),)))
    _add(_seen("192.0.2.7"))
    settings.TOCSIN_EMAIL_URL = "smtp://127.0.0.1:1"
    notices.run(now=NOW)
    _hold(_one("198.51.100.0/24"))
    _again()
    settings.TOCSIN_EMAIL_URL = ""
    notices.run(now=NOW + timedelta(days=1))
    assert noticed.notices(SYSTEM).get().state == "withdrawn"
    assert list(home.glob("outbox/*")) == []


def test_a_finding_that_comes_back_begins_anew(home: Path) -> None:
    contact = (plain.Contact("desk", "desk@one.example", ("security",)),)
    _hold(_one("192.0.2.0/24", contacts=contact))
    _add(_seen("192.0.2.7"), _seen("192.0.2.7", 1))
    notices.run(now=NOW)
    first = found.findings(SYSTEM).get()
    _hold(_one(contacts=contact), _one("192.0.2.0/24", id_="two"))
    _again()
    _hold(_one("192.0.2.0/30", contacts=contact), _one("192.0.2.0/29", id_="two"))
    _again()
    assert not found.findings(SYSTEM, organization="one").exists()
    _hold(_one("192.0.2.6/31", contacts=contact))
    _add(_seen("192.0.2.7", 5), name="later.json")
    back = found.findings(SYSTEM, organization="one").get()
    assert (back.pk, back.count, back.first_seen.day, back.moved_at) == (first.pk, 1, 25, None)
    assert FindingChange.objects.filter(finding=back).order_by("-pk").values_list("what", flat=True)[0] == "returned"
    _again()
    back.refresh_from_db()
    assert (back.count, back.first_seen.day, back.last_seen.day) == (3, 20, 25)


def test_since_looks_at_later_events_only_and_leaves_the_rest_for_another_time(home: Path) -> None:
    _add(_seen("192.0.2.7"), _seen("192.0.2.7", 3))
    _hold(_one("192.0.2.0/24"))
    done = _again(since=datetime(2026, 11, 22, tzinfo=UTC))
    assert (done.events, intake.pending()) == (1, True)
    assert found.findings(SYSTEM).get().count == 1
    assert _again().events == 1
    assert found.findings(SYSTEM).get().count == 2


def test_a_refold_that_fails_leaves_no_trace_and_can_be_repeated(home: Path) -> None:
    _add(_seen("192.0.2.7"))
    _hold(_one("192.0.2.0/24"))
    state, files = _state(home), {file.path for file in queries.event_files(SYSTEM)}

    def fail(**_: object) -> None:
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        intake.reattribute(now=NOW, refold=fail, actor=SYSTEM)
    assert _state(home) == state
    assert {file.path for file in queries.event_files(SYSTEM)} == files
    _again()
    assert _on_disk(home) == {file.path for file in queries.event_files(SYSTEM)}
    assert found.findings(SYSTEM).get().count == 1


def test_a_reader_may_not_reattribute() -> None:
    with pytest.raises(NotAllowed):
        intake.reattribute(now=NOW, refold=findings.refold, actor=Viewer(1, "r@team.example", Role.READER))


ORGANIZATIONS = ("one", "two", "three")
NETWORKS = (
    "192.0.2.0/24",
    "192.0.2.0/28",
    "192.0.2.8/32",
    "192.0.0.0/16",
    "128.0.0.0/2",
    "2001:db8::/32",
    "2001:db8:0:1::/64",
    "10.1.0.0/16",
)
NAMES = ("unit.example", "www.unit.example", "example", "xn--n-mnh.example")
ADDRESSES = ("192.0.2.8", "192.0.2.77", "192.0.9.9", "2001:db8::5", "2001:db8:0:1::5", "10.1.2.3", "::ffff:192.0.2.8")
HOSTS = ("www.unit.example", "UNIT.example.", "other.example", "nơ.example", "stranger.test")
URLS = (
    "http://www.unit.example/a",
    "http://[2001:db8::5]/a",
    "http://192.0.2.8/x",
    "https://nơ.example/",
    "http://[::ffff:192.0.2.8]/",
)
days = st.none() | st.integers(-3, 6).map(lambda n: DAY + timedelta(days=n))


@st.composite
def constituencies(draw: st.DrawFn) -> tuple[list[plain.Organization], list[plain.Ignored]]:
    def dated(values: tuple[str, ...], kind: Any) -> Any:
        return st.lists(
            st.builds(kind, st.sampled_from(values), days, days).filter(_in_order), max_size=3, unique_by=lambda h: h
        ).map(tuple)

    organizations = [
        plain.Organization(
            name,
            name,
            name,
            networks=draw(dated(NETWORKS, plain.Network)),
            domains=draw(dated(NAMES, plain.Domain)),
            asns=draw(
                st.lists(
                    st.builds(plain.AutonomousSystem, st.sampled_from((64500, 64501)), days, days).filter(_in_order),
                    max_size=1,
                ).map(tuple)
            ),
        )
        for name in ORGANIZATIONS
    ]
    ignored = draw(
        st.lists(
            st.builds(plain.Ignored, st.sampled_from(("192.0.2.8/32", "other.example", "AS64501")), st.just("sensor"), days, days).filter(_in_order),
            max_size=2,
            unique_by=lambda rule: rule.value,
        )
    )  # fmt: skip
    return organizations, ignored


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[list[plain.Organization], list[plain.Ignored]]]:
    """A constituency, and what it becomes: something else altogether, or the same with one thing more or less."""
    found = [draw(constituencies())]
    for _ in range(draw(st.integers(1, 3))):
        organizations, ignored = found[-1]
        if draw(st.booleans()):
            found.append(draw(constituencies()))
            continue
        place = draw(st.integers(0, len(organizations) - 1))
        item = draw(
            st.builds(plain.Network, st.sampled_from(NETWORKS), days)
            | st.builds(plain.Domain, st.sampled_from(NAMES), days)
        )
        name = "networks" if isinstance(item, plain.Network) else "domains"
        held = getattr(organizations[place], name)
        changed = replace(organizations[place], **{name: held[1:] if held and draw(st.booleans()) else (*held, item)})
        found.append(([*organizations[:place], changed, *organizations[place + 1 :]], ignored))
    return found


def _in_order(item: Any) -> bool:
    return item.valid_from is None or item.valid_to is None or item.valid_from <= item.valid_to


@st.composite
def observations(draw: st.DrawFn) -> dict[str, Any]:
    row: dict[str, Any] = {
        "time.source": (datetime(2026, 11, 20, 5, tzinfo=UTC) + timedelta(days=draw(st.integers(-4, 8)))).isoformat()
    }
    side = draw(st.sampled_from(("source", "source", "source", "destination")))
    for field, values in ((f"{side}.ip", ADDRESSES), (f"{side}.fqdn", HOSTS), (f"{side}.url", URLS)):
        if draw(st.booleans()):
            row[field] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        row["source.asn"] = draw(st.sampled_from((64500, 64501, 64502)))
    if draw(st.integers(0, 9)) == 0:
        row["source.network"] = draw(st.sampled_from(("192.0.2.0/26", "2001:db8::/48")))
    row["classification.identifier"] = draw(st.sampled_from(("open-rdp", "open-smb")))
    return row


def _replace(held: tuple[list[plain.Organization], list[plain.Ignored]]) -> None:
    """Make the constituency this and nothing else, row by row, with the row that every change leaves."""
    organizations, ignored = held
    for value in organizations:
        row = Organization.objects.filter(pk=value.id).first() or constituency.importing.organization_row(value)
        row.save()
        for name in ("networks", "domains", "autonomoussystems"):
            getattr(row, name).all().delete()
        for item in (*value.networks, *value.domains, *value.asns):
            constituency.importing.item_row(item, value.id).save()
    IgnoreRule.objects.all().delete()
    for rule in ignored:
        constituency.importing.item_row(rule, None).save()
    constituency.note_change(actor=SYSTEM, what="test", now=NOW)


@pytest.fixture
def emptied(home: Path) -> Iterator[None]:
    yield
    shutil.rmtree(home, ignore_errors=True)


@settings(
    max_examples=12 if connection.vendor == "sqlite" else 6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    days_of_reports=st.lists(st.lists(observations(), min_size=1, max_size=8), min_size=1, max_size=3),
    history=histories(),
)
def test_reattributing_equals_attributing_from_scratch(
    home: Path,
    days_of_reports: list[list[dict[str, Any]]],
    history: list[tuple[list[plain.Organization], list[plain.Ignored]]],
) -> None:
    django_settings.TOCSIN_HOME = Path(tempfile.mkdtemp(dir=home))
    here = django_settings.TOCSIN_HOME
    for model in (
        FindingChange,
        Finding,
        RejectCount,
        EventFile,
        HoldingsSnapshot,
        Segment,
        Arrival,
        Batch,
        Unattributed,
        UnattributedGroup,
        HoldingsChange,
    ):
        model.objects.all().delete()
    for number, rows in enumerate(days_of_reports):
        _replace(history[number % (len(history) - 1)])
        if number % 2:
            _again()
        _add(*rows, name=f"{number}.json")
    _replace(history[-1])
    _again()
    assert _again().events == 0
    kept = _state(here)
    assert _on_disk(here) == {file.path for file in EventFile.objects.all()}
    assert kept == _from_scratch(here / "scratch", days_of_reports)


def _from_scratch(folder: Path, days_of_reports: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Attribute the same reports by today's holdings, on files alone, and lay the outcome out as `_state` does."""
    given_ = []
    folder.mkdir()
    for number, rows in enumerate(days_of_reports):
        path = folder / f"{number}.json"
        path.write_bytes(_events(*rows))
        given_.append(batches.Given(path, path.name))
    held = registry.build(*constituents.as_values(SYSTEM))
    out = batches.run(given_, registry=held, memory=Memory(0), out=folder / "out", received_at=NOW)
    files = sorted((folder / "out" / "events").glob("*.parquet"))
    columns = ["event_id", "organization", "because", "related"]
    from tocsin.pipeline import places

    nobody = pl.concat([out.unattributed, places.of(out.unattributed["asset"])], how="horizontal")
    groups = nobody.group_by("place", "how").agg(
        pl.col("count").sum(), pl.col("first_seen").min(), pl.col("last_seen").max()
    )
    return {
        "events": sorted(str(row) for file in files for row in pl.read_parquet(file, columns=columns).rows()),
        "findings": sorted(
            out.findings.select("organization", "asset", "kind", "severity", "first_seen", "last_seen", "count").rows()
        ),
        "unattributed": sorted(nobody.select("asset", "kind", "place", "count", "first_seen", "last_seen").rows()),
        "groups": sorted(groups.rows()),
    }
