"""The pages about the API, in a real browser: make a token, use it, end it; read what the API can do."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.base.tenancy import SYSTEM, Role

pytestmark = pytest.mark.django_db(transaction=True)
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def entered(browser: Browser, live_server: Any, **more: Any) -> Page:
    """Sign an administrator in, and return the page."""
    now = datetime.now(UTC)
    user = accounts.add_user(email="admin@team.example", role=Role.ADMINISTRATOR, actor=SYSTEM, now=now)
    page = browser.new_context(bypass_csp=True, **more).new_page()
    page.goto(f"{live_server.url}/sign-in/{accounts.make_link(user=user, now=now)}/")
    page.click("main button")
    page.wait_for_url(f"{live_server.url}/")
    return page


def status(url: str, secret: str) -> int:
    """Call the API, and return the status."""
    try:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {secret}"})
        return int(urllib.request.urlopen(request, timeout=20).status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_an_administrator_makes_a_token_uses_it_and_ends_it(town: None, browser: Browser, live_server: Any) -> None:
    page = entered(browser, live_server, locale="en-GB")
    page.goto(f"{live_server.url}/tokens/")
    form = page.locator("#new")
    form.get_by_label("What it is for").fill("Ticket system")
    form.get_by_label("look at findings").check()
    form.get_by_label("look at what came in").check()
    form.get_by_label("The one organization it sees").fill("bv-da-khoa-tinh")
    form.get_by_role("button", name="Make the token").click()
    expect(page.locator("#new .errorlist")).to_contain_text("may only look at what is its own")
    page.locator("#new").get_by_label("look at what came in").uncheck()
    page.locator("#new").get_by_role("button", name="Make the token").click()
    secret = page.locator("#made pre").first.inner_text().strip()
    assert status(f"{live_server.url}/api/v1/findings", secret) == 200
    page.goto(f"{live_server.url}/tokens/")
    assert secret not in page.content()
    expect(page.locator("main table")).to_contain_text("Ticket system")
    page.get_by_text("Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke for good").click()
    expect(page.locator("main table")).to_contain_text("revoked")
    assert status(f"{live_server.url}/api/v1/findings", secret) == 401
    assert people.tokens(SYSTEM).get().revoked_by == "admin@team.example"


@pytest.mark.parametrize(("language", "width", "scheme"), [("vi-VN", 360, "dark"), ("en-GB", 1280, "light")])
def test_the_pages_of_the_api_are_for_everybody(
    town: None, browser: Browser, live_server: Any, language: str, width: int, scheme: str
) -> None:
    page = entered(browser, live_server, locale=language, viewport={"width": width, "height": 800}, color_scheme=scheme)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    for path in ("/tokens/", "/api/v1/reference"):
        page.goto(live_server.url + path)
        # Of the reference's hundreds of sections, each made by one template, some are enough.
        some = {"exclude": [["main > section.card:nth-of-type(n+25)"]]}
        found = Axe().run(page, context=some, options={**WCAG, "resultTypes": ["violations"]})
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert refused == []
    title = "Bring a report" if language.startswith("en") else "Gửi báo cáo vào"
    expect(page.locator("#bring_report")).to_contain_text(title)
    page.locator("#bring_report").get_by_role("link", name="Taken").click()
    expect(page.locator("#schema-Taken")).to_be_in_viewport()
