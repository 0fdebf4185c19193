"""In a real browser: the demo's analyst looks around, a contact answers on a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tocsin import roster
from tocsin.accounts import actions as accounts
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import actions as constituency
from tocsin.findings import actions as finding_actions
from tocsin.intake import actions as intake
from tocsin.notices import actions as notices
from tocsin.notices import links
from tocsin.notices import queries as noticed

CHROMIUM = os.environ.get("TOCSIN_TEST_CHROMIUM") or shutil.which("chromium")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on this machine; the test command says so"),
]
DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def town(tmp_path: Path, settings: object) -> None:
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = ""  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    read = roster.read(DEMO / "province.yaml")
    constituency.import_all(organizations=read.organizations, ignored=[], actor=SYSTEM, now=now)
    arrivals = [
        intake.take(content=p.read_bytes(), name=p.name, now=now) for p in sorted((DEMO / "reports").glob("*.csv"))
    ]
    intake.process(arrivals=arrivals, now=now, fold=finding_actions.fold)
    notices.run(now=now)


def test_the_analyst_signs_in_and_finds_the_reason_of_a_notice(
    town: None, browser: Browser, live_server: object
) -> None:
    now = datetime.now(UTC)
    user = accounts.add_user(email="lan@team.example", role=Role.ANALYST, actor=SYSTEM, now=now)
    page = browser.new_context(locale="vi-VN", viewport={"width": 1280, "height": 800}).new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/sign-in/{accounts.make_link(user=user, now=now)}/")  # type: ignore[attr-defined]
    page.click("main button")
    assert page.inner_text("h1") == "Vòng cảnh báo"
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url("**/notices/")
    page.click("tbody a")
    assert "cảnh báo lần đầu" in page.inner_text("main")
    assert "dải địa chỉ " in page.inner_text("main")
    assert refused == []


def test_a_contact_answers_on_a_phone_without_an_account(town: None, browser: Browser, live_server: object) -> None:
    delivery = noticed.deliveries(SYSTEM)[0]
    path = "/answer/" + links.link(delivery.pk, delivery.notice.created_at).split("/answer/")[1]
    page = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}{path}")  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("button[value=seen]")
    assert "đã được ghi nhận" in page.inner_text("main")
    assert delivery.notice.answers.get().answer == "seen"
