"""Collecting a feed: what came is kept once, how it went is said, a crash is made good."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection as database

from tocsin.base.tenancy import SYSTEM
from tocsin.batches import run as batches
from tocsin.collectors import guard
from tocsin.collectors.tests import web
from tocsin.intake import actions as intake
from tocsin.intake import queries
from tocsin.intake.actions import feeds, reading, schemas, watching
from tocsin.intake.actions.processing import retry
from tocsin.intake.models import Alarm, Arrival, Batch, Collection, Feed, Unattributed
from tocsin.lake import durable

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
LIST = b"# a list\n198.51.100.7\n198.51.100.8\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.TOCSIN_HOME = tmp_path / "home"
    settings.TOCSIN_HOME.mkdir()
    settings.TOCSIN_ALLOWED_NETWORKS = guard.networks(["127.0.0.0/8", "::1/128"])
    settings.TOCSIN_ALLOWED_FOLDERS = (tmp_path / "inbox",)
    settings.TOCSIN_DISK_RESERVE = 0
    (tmp_path / "inbox").mkdir()
    return tmp_path


@pytest.fixture
def http() -> Iterator[web.Web]:
    with web.serving() as server:
        yield server


def _no_fold(**_: object) -> None:
    """Stand where findings are folded, a floor above."""


def _feed(http: web.Web, **more: Any) -> Feed:
    values = feeds.FeedValues(
        **{"code": "list", "way": "http", "address": http.url("/list.txt"), "provider": "Lists", **more}
    )
    return feeds.add(values=values, actor=SYSTEM, now=NOW)


def _collect(feed: Feed, at: datetime = NOW, **more: Any) -> Collection:
    return intake.collect(feed_id=feed.pk, clock=lambda: at, **more)


def _process_all(at: datetime = NOW) -> int:
    n = 0
    while intake.process_next(now=at, fold=_no_fold) is not None:
        n += 1
    return n


def test_what_came_becomes_events_of_the_feed(http: web.Web, home: Path) -> None:
    http.gives("/list.txt", LIST, Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT")
    feed = _feed(http, name="A list", accuracy=70.0, tlp="TLP:GREEN", classification_type="scanner", severity="medium")
    row = _collect(feed)
    assert (row.state, row.n_arrivals, row.n_new, row.bytes) == ("done", 1, 1, len(LIST))
    arrival = Arrival.objects.get()
    assert (arrival.name, arrival.feed_id, arrival.batch_id) == ("list.txt", feed.pk, None)
    assert (home / "home" / "raw" / arrival.sha256[:2] / arrival.sha256).read_bytes() == LIST
    assert _process_all() == 1
    (file,) = queries.event_files(SYSTEM)
    events = pl.read_parquet(home / "home" / file.path)
    said = events.select(
        "feed_code", "feed_name", "feed_provider", "feed_accuracy", "tlp", "classification_type", "severity"
    ).unique()
    assert said.rows() == [("list", "A list", "Lists", 70.0, "TLP:GREEN", "scanner", "medium")]
    feed.refresh_from_db()
    assert (feed.checked_at, feed.last_arrival_at, feed.due_at) == (NOW, NOW, NOW + timedelta(hours=1))
    assert feed.source_changed_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert Batch.objects.get().feed_id == feed.pk


def test_the_same_bytes_again_are_not_processed_again(http: web.Web) -> None:
    http.gives("/list.txt", LIST)
    feed = _feed(http)
    _collect(feed)
    _process_all()
    row = _collect(feed, NOW + timedelta(hours=1))
    assert (row.n_arrivals, row.n_new) == (1, 0)
    assert (_process_all(), Arrival.objects.get().times_received) == (0, 2)


def test_a_visit_without_news_leaves_no_row(http: web.Web) -> None:
    http.gives("/list.txt", LIST, ETag='"1"')
    feed = _feed(http)
    _collect(feed)
    http.says("/list.txt", b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
    later = NOW + timedelta(hours=1)
    _collect(feed, later)
    feed.refresh_from_db()
    assert (Collection.objects.count(), feed.checked_at, feed.last_arrival_at) == (1, later, NOW)


def test_a_failing_feed_says_why_and_is_tried_ever_later_until_it_is_well(http: web.Web) -> None:
    feed = _feed(http)
    at, waits = NOW, []
    for _ in range(3):
        row = _collect(feed, at)
        assert (row.state, row.reason) == ("failed", "bad-status")
        feed.refresh_from_db()
        waits.append(feed.due_at - at)  # type: ignore[operator]
        watching.look(now=at)
        at = feed.due_at  # type: ignore[assignment]
    assert waits == [timedelta(minutes=n) for n in (1, 2, 4)]
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.reason, alarm.feed_id, alarm.closed_at) == ("feed-failing", "bad-status", feed.pk, None)
    http.gives("/list.txt", LIST)
    _collect(feed, at)
    watching.look(now=at)
    feed.refresh_from_db()
    alarm.refresh_from_db()
    assert (feed.n_failures, feed.reason, alarm.closed_at) == (0, "", at)


def test_a_feed_is_visited_by_one_at_a_time_until_its_lease_runs_out(http: web.Web) -> None:
    http.gives("/list.txt", LIST)
    feed = _feed(http)
    Feed.objects.update(claimed_until=NOW + timedelta(minutes=2))
    Collection.objects.create(feed=feed, started_at=NOW)
    with pytest.raises(intake.AlreadyCollecting):
        _collect(feed, asked=True)
    later = NOW + timedelta(minutes=3)
    assert _collect(feed, later).state == "done"
    assert list(Collection.objects.order_by("started_at").values_list("state", "reason")) == [
        ("lost", "process-died"),
        ("done", ""),
    ]


def test_a_feed_that_is_not_due_is_left_alone_unless_asked_for(http: web.Web) -> None:
    http.gives("/list.txt", LIST)
    feed = _feed(http)
    _collect(feed)
    with pytest.raises(intake.AlreadyCollecting):
        _collect(feed, NOW + timedelta(minutes=1))
    assert _collect(feed, NOW + timedelta(minutes=1), asked=True).state == "done"
    assert queries.feeds_due(SYSTEM, NOW + timedelta(minutes=59)) == []
    assert queries.feeds_due(SYSTEM, NOW + timedelta(hours=2)) == [feed.pk]


def test_a_feed_changed_during_the_visit_is_visited_anew(http: web.Web) -> None:
    feed = _feed(http)
    other = replace(feeds.values_of(feed), address=http.url("/other.txt"))
    body = f'HTTP/1.1 200 OK\r\nETag: "old"\r\nContent-Length: {len(LIST)}\r\n\r\n'.encode() + LIST
    changed: list[Feed] = []

    def answer(connection: Any, _: str) -> None:
        changed.append(feed)
        Feed.objects.update(memory={}, address=other.address, changed_at=NOW + timedelta(seconds=1))
        connection.sendall(body)

    def threaded(connection: Any, text: str) -> None:
        try:
            answer(connection, text)
        finally:
            database.close()

    http.routes["/list.txt"] = threaded
    _collect(feed)
    feed.refresh_from_db()
    assert (feed.memory, feed.due_at, feed.claimed_until) == ({}, NOW, None)


def test_when_the_pipeline_is_behind_collecting_pauses_says_so_and_goes_on(
    http: web.Web, settings: Any, caplog: Any
) -> None:
    http.gives("/list.txt", LIST)
    feed = _feed(http)
    settings.TOCSIN_PENDING_LIMIT = 10
    intake.take(content=b"198.51.100.9\n", name="waiting.txt", now=NOW)
    row = _collect(feed)
    assert (row.state, row.n_arrivals) == ("stopped", 0)
    (alarm,) = queries.alarms(SYSTEM)
    assert (alarm.kind, alarm.detail) == ("collecting-paused-behind", "1 / 13 B")
    _process_all()
    assert not watching.is_paused(now=NOW)
    assert _collect(feed).n_new == 1
    assert not queries.alarms(SYSTEM).exists()
    said = [record.message for record in caplog.records]
    assert said == ["alarm: collecting-paused-behind  1 / 13 B", "over: collecting-paused-behind"]


def test_when_the_disk_is_low_collecting_pauses(http: web.Web, settings: Any) -> None:
    http.gives("/list.txt", LIST)
    settings.TOCSIN_DISK_RESERVE = 1 << 60
    feed = _feed(http)
    assert _collect(feed).state == "stopped"
    assert queries.alarms(SYSTEM).get().kind == "collecting-paused-disk"
    settings.TOCSIN_DISK_RESERVE = 0
    assert _collect(feed).state == "done"


def test_a_full_disk_is_named_breaks_nothing_and_is_made_good(
    http: web.Web, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    http.gives("/list.txt", LIST)
    feed = _feed(http)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(durable, "_sync", full)
        row = _collect(feed)
    assert (row.state, row.reason) == ("failed", "disk-full")
    assert not Arrival.objects.exists()
    assert [path for path in (home / "home" / "raw").rglob("*") if path.is_file()] == []
    assert _collect(feed, NOW + timedelta(minutes=1)).state == "done"
    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
        patched.setattr(durable, "_sync", full)
        intake.process_next(now=NOW, fold=_no_fold)
    assert (Arrival.objects.get().n_attempts, Batch.objects.count()) == (0, 0)
    assert _process_all() == 1


def test_told_to_stop_a_visit_ends_and_its_feed_stays_due(http: web.Web) -> None:
    http.gives("/list.txt", LIST)
    feed = _feed(http)
    assert _collect(feed, stop=lambda: True).state == "stopped"
    assert queries.feeds_due(SYSTEM, NOW) == [feed.pk]


def test_a_bad_arrival_stops_no_other_and_is_set_aside_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = batches.run

    class Panic(BaseException):
        """What a library below raises that is no Exception."""

    def run(given: Any, **more: Any) -> Any:
        if any(one.name == "bad.txt" for one in given):
            raise Panic("it cannot be")
        return real(given, **more)

    monkeypatch.setattr(batches, "run", run)
    names = ["a.txt", "bad.txt", "c.txt"]
    for number, name in enumerate(names):
        intake.take(content=f"198.51.100.{number}\n".encode(), name=name, now=NOW + timedelta(seconds=number))
    assert _process_all() < 20
    aside = queries.set_aside(SYSTEM).get()
    assert (aside.name, aside.set_aside, aside.detail) == ("bad.txt", "cannot-be-processed", "Panic: it cannot be")
    assert set(Arrival.objects.exclude(batch=None).values_list("name", flat=True)) == {"a.txt", "c.txt"}
    watching.look(now=NOW)
    assert [alarm.kind for alarm in queries.alarms(SYSTEM)] == ["arrivals-set-aside"]
    monkeypatch.undo()
    retry(arrival=aside, actor=SYSTEM, now=NOW)
    _process_all()
    watching.look(now=NOW)
    assert not queries.alarms(SYSTEM).exists()


def test_what_a_command_brought_is_the_workers_once_its_time_has_passed() -> None:
    intake.keep(name="x.txt", content=io.BytesIO(LIST), now=NOW, claim=True)
    assert intake.process_next(now=NOW, fold=_no_fold) is None
    assert intake.process_next(now=NOW + timedelta(minutes=6), fold=_no_fold) is not None
    assert Arrival.objects.get().batch_id is not None


def test_what_its_bringer_said_of_an_arrival_goes_with_it(home: Path) -> None:
    mapping = {"columns": {"who": "source_ip"}, "constants": {"classification_type": "scanner"}}
    told = reading.told(format_name="mapped", mapping=mapping)
    intake.take(content=b"who\n198.51.100.7\n", name="x.csv", now=NOW, told=told)
    assert _process_all() == 1
    assert [(file["format"], file["events"]) for file in Batch.objects.get().files] == [("mapped", 1)]


SCHEMA = (
    b'{"_meta": {}, "scan_new": {"file_name": "scan_new", "constant_fields": {"classification.identifier": "open-new",'
    b' "classification.type": "vulnerable-system"}, "required_fields": [["time.source", "timestamp", "add_UTC_to_timestamp"],'
    b' ["source.ip", "ip", "validate_ip"]], "optional_fields": [["extra.", "flavour", "validate_to_none"]]}}'
)
REPORT = b'"timestamp","ip","flavour"\n"2026-11-20 01:02:03","198.51.100.7","sour"\n'


def test_the_published_schema_is_fetched_kept_and_used(http: web.Web, settings: Any) -> None:
    http.gives("/schema", SCHEMA, ETag='"s1"')
    settings.TOCSIN_SHADOWSERVER_SCHEMA = http.url("/schema")
    (row,) = schemas.refresh(now=NOW)
    assert (row.reason, row.n_reports) == ("", 1)
    told = reading.told(format_name="shadowserver")
    intake.take(content=REPORT, name="2026-11-20-scan_new-x.csv", now=NOW, told=told)
    _process_all()
    assert Unattributed.objects.get().kind == "open-new"
    assert schemas.refresh(now=NOW + timedelta(hours=1)) == []
    http.says("/schema", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    (row,) = schemas.refresh(now=NOW + timedelta(days=2))
    assert (row.reason, http.headers()["if-none-match"]) == ("", '"s1"')


def test_a_schema_that_went_bad_does_not_replace_a_good_one(http: web.Web, settings: Any) -> None:
    http.gives("/schema", SCHEMA)
    settings.TOCSIN_SHADOWSERVER_SCHEMA = http.url("/schema")
    schemas.refresh(now=NOW)
    good = schemas.in_use("")
    for body in (b"<html>", b"[]", b'{"a": 1}', b"\xff", b'{"a": {"required_fields": [1]}}'):
        http.gives("/schema", body)
        (row,) = schemas.refresh(now=NOW + timedelta(days=2))
        assert row.reason == "no-schema"
        assert schemas.in_use("") == good
        row.checked_at = NOW
        row.save()
    watching.look(now=NOW)
    assert queries.alarms(SYSTEM).get().kind == "schema-not-fetched"


def test_a_schema_file_that_changes_is_read_again(home: Path) -> None:
    path = home / "inbox" / "schema.json"
    path.write_bytes(SCHEMA)
    feeds.add(values=feeds.FeedValues(code="mails", way="push", schema=str(path)), actor=SYSTEM, now=NOW)
    schemas.refresh(now=NOW)
    first = schemas.in_use(str(path))
    assert schemas.refresh(now=NOW) == []
    path.write_bytes(SCHEMA.replace(b"open-new", b"open-newer"))
    assert len(schemas.refresh(now=NOW)) == 1
    assert schemas.in_use(str(path)) not in {None, first}
    elsewhere = home / "elsewhere.json"
    elsewhere.write_bytes(SCHEMA)
    Feed.objects.update(schema=str(elsewhere))
    (row,) = schemas.refresh(now=NOW)
    assert row.reason == "refused-folder"
