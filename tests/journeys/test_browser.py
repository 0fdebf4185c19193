"""In a real browser: the demo's analyst looks around, a contact answers on a phone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from tocsin.accounts import actions as accounts
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.notices import links
from tocsin.notices import queries as noticed

pytestmark = pytest.mark.django_db(transaction=True)


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
