"""The pages about what comes in: what became of every row, how the feeds do, and setting them up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page

from tocsin.accounts import actions as accounts
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.findings import actions as findings
from tocsin.intake import actions as intake
from tocsin.intake import queries
from tocsin.intake.actions import feeds, reading, watching
from tocsin.intake.models import Arrival, Feed, Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[..., Client]
LIST = "198.51.100.7\n198.51.100.8\nthis is nothing\n"


@pytest.fixture
def inbox(town: None, settings: Any) -> Path:
    """A folder that feeds may look into, of an installation with some past."""
    folder = settings.TOCSIN_HOME / "inbox"
    folder.mkdir()
    settings.TOCSIN_ALLOWED_FOLDERS = (folder,)
    settings.TOCSIN_DISK_RESERVE = 0
    return folder


def _feed(inbox: Path, **more: Any) -> Feed:
    values = feeds.FeedValues(
        code="lists",
        way="folder",
        name="Danh sách",
        address=str(inbox),
        interval=timedelta(minutes=5),
        format="plainlist",
    )
    return feeds.add(values=replace(values, **more), actor=SYSTEM, now=datetime.now(UTC))


def _work() -> None:
    """Do what the worker does."""
    now = datetime.now(UTC)
    for feed_id in queries.feeds_due(SYSTEM, now):
        intake.collect(feed_id=feed_id, clock=lambda: datetime.now(UTC) + timedelta(seconds=10))
    while intake.process_next(now=now, fold=findings.fold) is not None:
        pass
    watching.look(now=now)


def _text(client: Client, url: str, language: str = "en") -> str:
    response = client.get(url, headers={"Accept-Language": language})
    assert response.status_code == 200
    return response.content.decode()


def test_a_batch_says_what_became_of_every_row(inbox: Path, signed_in: SignedIn) -> None:
    (inbox / "list.txt").write_text(LIST)
    _feed(inbox)
    _work()
    client = signed_in(Role.READER)
    page = _text(client, "/intake/?feed=lists")
    batch = queries.batches_of(SYSTEM, feed="lists").get()
    assert f"/intake/batches/{batch.pk}/" in page
    assert "2026-11-20-scan_rdp-mau.csv" not in page  # of no feed
    page = _text(client, f"/intake/batches/{batch.pk}/")
    assert "3 = 2 events + 0 duplicates + 1 rejects" in page
    assert "this is nothing" in page
    assert "row 3" in page
    assert Arrival.objects.get(name="list.txt").sha256 in page
    assert f"/intake/batches/{batch.pk}/" in _text(client, "/intake/?reason=no-asset")
    assert f"/intake/batches/{batch.pk}/" not in _text(client, "/intake/?reason=bad-time")


def test_what_fails_is_said_on_the_front_page_and_closes_by_itself(inbox: Path, signed_in: SignedIn) -> None:
    feed = _feed(inbox, silent_after=timedelta(hours=1))
    client = signed_in(Role.ANALYST)
    assert "Alarms" not in _text(client, "/")
    inbox.rmdir()
    now = datetime.now(UTC)
    for n in range(2):
        intake.collect(feed_id=feed.pk, clock=lambda n=n: now + timedelta(minutes=2 * n), asked=True)  # type: ignore[misc]
    Feed.objects.update(expected_since=now - timedelta(days=1))
    watching.look(now=now)
    front = _text(client, "/")
    assert "Cannot be collected" in front
    assert "There is no such folder." in front
    assert "Silent: nothing came" in front
    assert "Không lấy được tin" in _text(client, "/", "vi")
    page = _text(client, "/feeds/lists/")
    assert "It failed 2 times in a row" in page
    contact = signed_in(Role.CONTACT, "bv-da-khoa-tinh")
    assert "Alarms" not in _text(contact, "/portal/")
    inbox.mkdir()
    (inbox / "list.txt").write_text(LIST)
    intake.collect(feed_id=feed.pk, clock=lambda: now + timedelta(minutes=9), asked=True)
    watching.look(now=now + timedelta(minutes=9))
    assert "Alarms" not in _text(client, "/")


def test_a_worker_that_fell_silent_is_said(inbox: Path, signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    watching.beat(name="worker", now=datetime.now(UTC))
    assert "The worker does not run" not in _text(client, "/")
    Heartbeat.objects.update(at=datetime.now(UTC) - timedelta(minutes=5))
    assert "The worker does not run" in _text(client, "/")


def test_an_arrival_that_was_set_aside_is_processed_again_by_who_may(inbox: Path, signed_in: SignedIn) -> None:
    told = reading.told(format_name="plainlist")
    arrival = intake.take(content=LIST.encode(), name="odd.txt", now=datetime.now(UTC), told=told)
    Arrival.objects.filter(pk=arrival.pk).update(set_aside="cannot-be-processed", detail="ValueError: odd")
    reader = signed_in(Role.READER)
    assert "ValueError: odd" in _text(reader, "/intake/")
    reader.post(f"/intake/arrivals/{arrival.pk}/retry/")
    assert Arrival.objects.get(pk=arrival.pk).set_aside
    signed_in(Role.ANALYST).post(f"/intake/arrivals/{arrival.pk}/retry/")
    _work()
    assert Arrival.objects.get(pk=arrival.pk).batch_id


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST, Role.APPROVER])
def test_only_administrators_set_feeds_up(inbox: Path, signed_in: SignedIn, role: Role) -> None:
    _feed(inbox)
    client = signed_in(role)
    assert "Switch off" not in _text(client, "/feeds/lists/")
    for url in ("/feeds/new/", "/feeds/lists/change/"):
        assert client.get(url).status_code == 404
        assert client.post(url, {"code": "x"}).status_code == 404
    for act in ("disable", "remove"):
        client.post("/feeds/lists/act/", {"act": act})
    assert Feed.objects.get().enabled
    client.post("/feeds/lists/act/", {"act": "collect"})
    assert (Feed.objects.get().due_at <= datetime.now(UTC)) is True


def test_the_lists_cost_the_same_however_much_came_in(
    inbox: Path, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(Role.ANALYST)
    for n in range(12):
        _feed(inbox, code=f"f{n}")
        intake.take(
            content=f"198.51.100.{n}\n".encode(),
            name=f"{n}.txt",
            now=datetime.now(UTC),
            told={"format": "plainlist", "n": n},
        )
    _work()
    for url in ("/intake/", "/feeds/"):
        with django_assert_max_num_queries(16):
            client.get(url)


def _settled(folder: Path, name: str, content: str) -> None:
    """Put a file whose writing ended a while ago."""
    (folder / name).write_text(content)
    past = time.time() - 60
    os.utime(folder / name, (past, past))


def test_an_administrator_sets_a_feed_up_and_sees_what_it_brings(
    inbox: Path, browser: Browser, live_server: Any
) -> None:
    page = _entered(browser, live_server, Role.ADMINISTRATOR, viewport={"width": 1280, "height": 900})
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/feeds/")
    page.click("text=Thêm nguồn tin")
    page.fill("[name=code]", "Thử")
    page.select_option("[name=way]", "folder")
    page.fill("[name=address]", "/etc")
    page.click("button.main")
    said = page.inner_text("main")
    assert "Chỉ dùng chữ thường không dấu" in said
    assert "Thư mục không nằm trong số các thư mục hệ thống được phép đọc" in said
    page.fill("[name=code]", "thu")
    page.fill("[name=address]", str(inbox))
    page.fill("[name=secret]", "quả bí mật")
    page.fill("[name=silent_after]", "2d")
    page.select_option("[name=format]", "plainlist")
    page.click("button.main")
    page.wait_for_url("**/feeds/thu/")
    assert "quả bí mật" not in page.content()
    _settled(inbox, "list.txt", LIST)
    _work()
    page.reload()
    assert "xong" in page.inner_text("main")
    page.click("text=Sửa")
    assert page.input_value("[name=secret]") == ""
    assert page.input_value("[name=silent_after]") == "2d"
    page.fill("[name=name]", "Nguồn thử")
    page.click("button.main")
    page.wait_for_url("**/feeds/thu/")
    assert page.inner_text("h1") == "Nguồn thử"
    page.click("button[value=disable]")
    page.wait_for_selector("button[value=enable]")
    page.click("summary")
    page.click("button[value=remove]")
    page.wait_for_url("**/feeds/")
    assert not Feed.objects.exists()
    assert Arrival.objects.get(name="list.txt").batch_id
    assert refused == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_wide_and_narrow(inbox: Path, browser: Browser, live_server: Any, scheme: str) -> None:
    (inbox / "list.txt").write_text(LIST)
    _feed(inbox)
    _work()
    _feed(inbox, code="web", way="http", address="https://lists.example/a", format="", tlp="TLP:AMBER", severity="high")
    Feed.objects.filter(code="web").update(n_failures=3, reason="too-slow", detail="lists.example sent nothing")
    watching.look(now=datetime.now(UTC))
    batch = queries.batches_of(SYSTEM, feed="lists").get().pk
    page = _entered(
        browser, live_server, Role.ADMINISTRATOR, viewport={"width": 360, "height": 740}, color_scheme=scheme
    )
    for url in ("/intake/", f"/intake/batches/{batch}/", "/feeds/", "/feeds/web/", "/feeds/new/", "/feeds/web/change/"):
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{live_server.url}{url}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, url
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
            assert found.violations_count == 0, f"{url} at {width}: {found.generate_report()}"


def _entered(browser: Browser, live_server: Any, role: Role, **more: Any) -> Page:
    now = datetime.now(UTC)
    user = accounts.add_user(email="admin@team.example", role=role, actor=SYSTEM, now=now)
    page = browser.new_context(locale="vi-VN", bypass_csp=True, **more).new_page()
    page.goto(f"{live_server.url}/sign-in/{accounts.make_link(user=user, now=now)}/")
    page.click("main button")
    return page
