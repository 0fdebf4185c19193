"""Feeds: who may set them up, what they may say, and that their secret stays one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tocsin.base import sealed
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.intake.actions import feeds, taking
from tocsin.intake.models import Feed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
DROP = feeds.FeedValues(code="drop", way="http", address="https://lists.example/drop.txt", name="Lists")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TOCSIN_HOME = tmp_path
    settings.TOCSIN_ALLOWED_FOLDERS = (tmp_path / "inbox",)


def test_a_feed_that_is_added_is_due_at_once() -> None:
    feed = feeds.add(values=DROP, actor=SYSTEM, now=NOW)
    assert (feed.due_at, feed.created_by, feed.enabled) == (NOW, "system", True)
    assert feeds.values_of(Feed.objects.get()) == DROP


def test_a_secret_is_sealed_and_nowhere_to_be_read() -> None:
    feed = feeds.add(values=replace(DROP, user="u", secret="quả bí mật"), actor=SYSTEM, now=NOW)
    assert sealed.opened(feed.secret) == "quả bí mật"
    assert feeds.values_of(feed).secret is None
    feeds.change(feed=feed, values=replace(DROP, name="Other"), actor=SYSTEM, now=NOW)
    assert sealed.opened(Feed.objects.get().secret) == "quả bí mật"
    feeds.change(feed=feed, values=replace(DROP, secret="mới"), actor=SYSTEM, now=NOW)
    assert sealed.opened(Feed.objects.get().secret) == "mới"
    assert "mật" not in str(list(AuditEntry.objects.values())) + str(list(Feed.objects.values()))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "Đường dẫn"}, "code"),
        ({"code": ""}, "code"),
        ({"way": "carrier-pigeon"}, "way"),
        ({"address": "gopher://lists.example/"}, "address"),
        ({"address": "https://u:p@lists.example/"}, "address"),
        ({"address": ""}, "address"),
        ({"way": "push"}, "address"),
        ({"way": "folder", "address": "/etc"}, "address"),
        ({"way": "imap", "address": "imaps://mail.example/"}, "user"),
        ({"way": "imap", "address": "pop3://mail.example/", "user": "u"}, "address"),
        ({"interval": timedelta(seconds=1)}, "interval"),
        ({"window": timedelta(days=-1)}, "window"),
        ({"silent_after": timedelta(0)}, "silent_after"),
        ({"format": "nonsense"}, "format"),
        ({"format": "mapped"}, "mapping"),
        ({"format": "mapped", "mapping": {"columns": {}}}, "mapping"),
        ({"classification_type": "nonsense"}, "classification_type"),
        ({"severity": "awful"}, "severity"),
        ({"tlp": "TLP:PURPLE"}, "tlp"),
        ({"accuracy": 101.0}, "accuracy"),
    ],
)
def test_what_a_feed_cannot_be_is_said_by_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(feeds.BadFeed) as why:
        feeds.add(values=replace(DROP, **wrong), actor=SYSTEM, now=NOW)
    assert field in why.value.problems
    assert not Feed.objects.exists()


def test_a_code_is_one_feeds_alone() -> None:
    one = feeds.add(values=DROP, actor=SYSTEM, now=NOW)
    with pytest.raises(feeds.BadFeed, match="code"):
        feeds.add(values=DROP, actor=SYSTEM, now=NOW)
    feeds.change(feed=one, values=replace(DROP, name="Same code, other name"), actor=SYSTEM, now=NOW)


def test_another_address_begins_anew_and_another_name_does_not() -> None:
    feed = feeds.add(values=DROP, actor=SYSTEM, now=NOW)
    feed.memory = {"etag": "1"}
    feed.save()
    feeds.change(feed=feed, values=replace(DROP, name="Other"), actor=SYSTEM, now=NOW)
    assert Feed.objects.get().memory == {"etag": "1"}
    feeds.change(feed=feed, values=replace(DROP, address="https://lists.example/b"), actor=SYSTEM, now=NOW)
    assert Feed.objects.get().memory == {}


def test_a_feed_is_switched_off_and_on() -> None:
    feed = feeds.add(values=DROP, actor=SYSTEM, now=NOW)
    feeds.enable(feed=feed, actor=SYSTEM, now=NOW, on=False)
    assert (Feed.objects.get().enabled, Feed.objects.get().due_at) == (False, None)
    with pytest.raises(feeds.NotCollectable):
        feeds.ask(feed=feed, actor=SYSTEM, now=NOW)
    later = NOW + timedelta(days=9)
    feeds.enable(feed=feed, actor=SYSTEM, now=later)
    assert (Feed.objects.get().due_at, Feed.objects.get().expected_since) == (later, later)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "feed-added", "feed-disabled", "feed-enabled",
    ]  # fmt: skip


@pytest.mark.parametrize("role", [Role.ANALYST, Role.APPROVER, Role.READER, Role.CONTACT])
def test_only_administrators_set_feeds_up(role: Role) -> None:
    feed = feeds.add(values=DROP, actor=SYSTEM, now=NOW)
    somebody = Viewer(7, "lan@team.example", role)
    for act in (
        lambda: feeds.add(values=replace(DROP, code="b"), actor=somebody, now=NOW),
        lambda: feeds.change(feed=feed, values=DROP, actor=somebody, now=NOW),
        lambda: feeds.enable(feed=feed, actor=somebody, now=NOW, on=False),
        lambda: feeds.remove(feed=feed, actor=somebody, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    if role in {Role.READER, Role.CONTACT}:
        with pytest.raises(NotAllowed):
            feeds.ask(feed=feed, actor=somebody, now=NOW)
    else:
        feeds.ask(feed=feed, actor=somebody, now=NOW + timedelta(hours=1))
        assert Feed.objects.get().due_at == NOW + timedelta(hours=1)


def test_a_feed_whose_arrivals_wait_is_not_removed() -> None:
    feed = feeds.add(values=DROP, actor=SYSTEM, now=NOW)
    arrival = taking.take(content=b"192.0.2.1\n", name="drop.txt", now=NOW, feed=feed)
    with pytest.raises(feeds.StillPending):
        feeds.remove(feed=feed, actor=SYSTEM, now=NOW)
    type(arrival).objects.update(set_aside="evidence")
    feeds.remove(feed=feed, actor=SYSTEM, now=NOW)
    arrival.refresh_from_db()
    assert (Feed.objects.exists(), arrival.feed_id) == (False, None)
