"""In a real browser: people do what they come for, and every page is looked at in both languages, both themes, wide and narrow."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Literal

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from playwright.sync_api import Browser, ConsoleMessage
from pytest_django.live_server_helper import LiveServer

from tocsin.accounts import actions as accounts
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.notices import links
from tocsin.notices import queries as noticed
from tocsin.surveys import links as surveyed_links
from tocsin.surveys import queries as surveyed

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
    delivery = noticed.deliveries(SYSTEM).filter(language="vi")[0]
    path = "/answer/" + links.link(delivery.pk, delivery.notice.created_at).split("/answer/")[1]
    page = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}{path}")  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("button[value=seen]")
    assert "đã được ghi nhận" in page.inner_text("main")
    assert delivery.notice.answers.get().answer == "seen"


WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return "";
  const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > wide + 1);
  return out.slice(-3).map((e) => e.outerHTML.slice(0, 160)).join(" … ");
}"""


class Walk:
    """Walks pages with one browser, and notes whatever is wrong with any of them."""

    def __init__(self, browser: Browser, server: str, language: str, session: str = "", closely: str = "") -> None:
        locale = {"vi": "vi-VN", "en": "en-GB"}[language]
        self.context = browser.new_context(locale=locale, viewport=WIDE, color_scheme="light", reduced_motion="reduce")
        if session:
            self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server}])
        self.page = self.context.new_page()
        self.page.add_init_script(AXE)
        self.server, self.language, self.closely = server, language, closely
        self.wrong: list[str] = []
        self.at, self.refusal = "", 0
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.at}: {error}"))

    def _said(self, message: ConsoleMessage) -> None:
        refused = self.refusal and f"status of {self.refusal}" in message.text
        if message.type == "error" and not refused:
            self.wrong.append(f"{self.at}: {message.text}")

    def look(self, address: str, status: int = 200) -> None:
        """Look at a page wide in one theme and narrow in the other; the other language looks the other way round."""
        self.at, self.refusal = address, status if status != 200 else 0
        self.page.set_viewport_size(WIDE)
        response = self.page.goto(self.server + address)
        if response is None or response.status != status:
            self.wrong.append(f"{address}: answered {response and response.status}")
            return
        if self.page.get_attribute("html", "lang") != self.language:
            self.wrong.append(f"{address}: speaks {self.page.get_attribute('html', 'lang')}")
        for size, name in ((WIDE, "wide"), (NARROW, "narrow")):
            # Both languages, both widths and both themes, in half of the walks that all of their pairs would take.
            theme: Literal["light", "dark"] = "light" if (self.language == "vi") == (name == "wide") else "dark"
            self.page.emulate_media(color_scheme=theme)
            self.page.set_viewport_size(size)
            self.page.evaluate(DRAWN)  # what a page does about its new size, it does before the next frame
            if overflow := self.page.evaluate(OVERFLOW):
                self.wrong.append(f"{address} {name}: wider than the screen: {overflow}")
            if self.closely in ("", name):
                self._check(f"{address} {name} {theme}", {"runOnly": WCAG})

    def _check(self, where: str, options: dict[str, object]) -> None:
        found = self.page.evaluate("(options) => axe.run(options)", {**options, "resultTypes": ["violations"]})
        for violation in found["violations"]:
            nodes = "; ".join(f"{node['target'][0]} {node['html'][:140]}" for node in violation["nodes"][:3])
            self.wrong.append(f"{where}: {violation['id']}: {violation['help']}: {nodes}")

    def end(self) -> None:
        """Close the browser's context and say what was wrong."""
        self.context.close()
        assert self.wrong == [], "\n".join(self.wrong)


def _strangers() -> ModuleType:
    """The test that knows an address of every route."""
    spec = importlib.util.spec_from_file_location("strangers", Path(__file__).with_name("test_strangers.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _pages(strangers: ModuleType, organization: str) -> dict[str, str]:
    found = strangers._addresses(organization)
    return {
        name: address
        for name, address in found.items()
        if name not in strangers.POSTED | {"message-html", "rejected-rows"} and not name.endswith("-file")
    }


def _session(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_accessible_and_fits_in_both_themes(
    town: None, browser: Browser, live_server: LiveServer, signed_in: Callable[..., Client], language: str
) -> None:
    walk = Walk(browser, live_server.url, language, _session(signed_in(Role.ADMINISTRATOR)))
    for address in _pages(_strangers(), "so-khoa-hoc").values():
        walk.look(address)
    walk.look("/findings/?severity=critical&step=overdue&name=khong-co")
    walk.look("/search/?q=198.51.100.")
    walk.look("/nothing-here/", status=404)
    walk.end()


def _without_objects(client: Client) -> list[str]:
    """Return the addresses that name no object and answer a GET with a page."""
    routes = [str(pattern.pattern) for pattern in get_resolver().url_patterns]
    plain = ["/" + route for route in routes if "<" not in route and not route.startswith(("api/", "metrics"))]
    answers = {address: client.get(address) for address in plain}
    return [
        a for a, found in answers.items() if found.status_code == 200 and found["Content-Type"].startswith("text/html")
    ]


def test_every_page_is_accessible_with_nothing_on_it(
    browser: Browser, live_server: LiveServer, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    # Empty pages differ from full ones in a sentence or two: axe sees them narrow, in the dark.
    walk = Walk(browser, live_server.url, "vi", _session(client), closely="narrow")
    for address in _without_objects(client):
        walk.look(address)
    walk.end()


def test_a_contact_and_a_stranger_get_accessible_pages(
    town: None, browser: Browser, live_server: LiveServer, signed_in: Callable[..., Client]
) -> None:
    own = _pages(_strangers(), "bv-da-khoa-tinh")
    walk = Walk(browser, live_server.url, "vi", _session(signed_in(Role.CONTACT, "bv-da-khoa-tinh")))
    for name in (
        "portal",
        "portal-finding",
        "portal-history",
        "portal-organization",
        "questions",
        "question",
        "standing",
        "findings",
        "finding",
        "evidence",
        "notices",
        "notice",
        "organizations",
        "search",
    ):
        walk.look(own[name])
    walk.end()
    delivery = noticed.deliveries(SYSTEM).filter(language="vi")[0]
    walk = Walk(browser, live_server.url, "vi")
    walk.look("/answer/" + links.link(delivery.pk, delivery.notice.created_at).split("/answer/")[1])
    asked = surveyed.mails(SYSTEM)[0]
    walk.look("/questions/" + surveyed_links.token(asked.pk, asked.created_at) + "/")
    walk.look("/sign-in/")
    walk.look("/kinds/")
    walk.end()
