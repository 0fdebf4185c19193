"""Passkeys in a real browser, with the authenticator that Chromium brings for tests."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, BrowserContext, Page

from tocsin.accounts import actions as accounts
from tocsin.accounts.models import User
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, Role

pytestmark = pytest.mark.django_db(transaction=True)


def with_authenticator(context: BrowserContext) -> Page:
    """Open a page on a device that keeps passkeys and asks for a finger, which is always given."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def test_a_passkey_is_added_signs_in_alone_and_is_the_second_step(browser: Browser, live_server: object) -> None:
    here = str(live_server.url)  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    user = accounts.add_user(email="lan@team.example", role=Role.ANALYST, actor=SYSTEM, now=now, language="en")
    page = with_authenticator(browser.new_context(locale="en-US"))
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)

    page.goto(f"{here}/sign-in/{accounts.make_link(user=user, now=now)}/")
    page.click("main button")
    page.goto(f"{here}/account/passkeys/")
    page.fill("input[name=name]", "Lan's phone")
    page.click("main form button")
    page.wait_for_url("**/account/codes/")
    assert page.locator(".codes li").count() == 10
    key = Authenticator.objects.get(user=user, type="webauthn")
    assert key.data["name"] == "Lan's phone"

    page.click("header form.out button")
    page.wait_for_url("**/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{here}/")
    page.click("header form.out button")
    page.wait_for_url("**/sign-in/")

    page.goto(f"{here}/sign-in/{accounts.make_link(user=User.objects.get(), now=now)}/")
    page.click("main button")
    page.wait_for_url("**/sign-in/second-step/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{here}/")
    assert [entry.detail["means"] for entry in AuditEntry.objects.filter(action="signed-in").order_by("id")] == [
        ["link"],
        ["mfa"],
        ["link", "mfa"],
    ]
    assert refused == []
