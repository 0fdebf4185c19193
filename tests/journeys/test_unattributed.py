"""What nobody holds: whose it may be, what would come of a decision, and what comes of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, Page

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.core import constituency as plain
from tocsin.findings import actions as findings
from tocsin.findings import queries as found
from tocsin.intake import actions as intake
from tocsin.intake import queries
from tocsin.intake.actions import assigning
from tocsin.project.work import intake as work

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
SignedIn = Callable[..., Client]
LINK = 'href="/intake/unattributed/203.0.113.0/24/"'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.TOCSIN_HOME = tmp_path
    settings.TOCSIN_EMAIL_URL = ""
    organizations = [
        plain.Organization(
            "one", "Sở Một", "Department One",
            networks=(plain.Network("203.0.112.0/24"), plain.Network("198.51.100.0/24", None, date(2026, 10, 1))),
            domains=(plain.Domain("www.soyte.example"),),
        ),
        plain.Organization("two", "Sở Hai", "Department Two", asns=(plain.AutonomousSystem(64500, date(2027, 1, 1)),)),
    ]  # fmt: skip
    constituency.import_all(organizations=organizations, ignored=[], actor=SYSTEM, now=NOW)
    rows = [_seen("203.0.113.7"), _seen("203.0.113.7", 1), _seen("203.0.113.9"), _seen("198.51.100.5")]
    rows += [_seen(None, 0, **{"source.fqdn": "mail.soyte.example"}), _seen("192.0.2.1", 0, **{"source.asn": 64500})]
    arrival = intake.take(content=json.dumps(rows).encode(), name="a.json", now=NOW)
    intake.process(arrivals=[arrival], now=NOW, fold=findings.fold)
    return tmp_path


def _seen(address: str | None, day: int = 0, **columns: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 20, 5, tzinfo=UTC) + timedelta(days=day)
    row = {"classification.type": "vulnerable-system", "classification.identifier": "open-rdp", "feed.name": "f"}
    return {**row, "time.source": at.isoformat(), **({"source.ip": address} if address else {}), **columns}


def _again() -> None:
    work.reattribute_changed()


def test_a_place_says_whose_it_may_be_and_why() -> None:
    groups = list(queries.groups(SYSTEM))
    said = queries.suggestions(SYSTEM, groups)
    why = {place: [(s.organization, s.why, s.value) for s in each] for place, each in said.items()}
    assert why == {
        "203.0.113.0/24": [("one", "close", "203.0.112.0/24")],
        "198.51.100.0/24": [("one", "ended", "198.51.100.0/24")],
        "soyte.example": [("one", "sibling", "www.soyte.example")],
        "192.0.2.0/24": [("two", "asn", "AS64500")],
    }


def test_a_preview_tells_what_then_happens() -> None:
    given = {"value": "203.0.113.0/24", "organization": "one", "valid_from": date(2026, 11, 21)}
    preview = assigning.preview_assignment(**given)  # type: ignore[arg-type]
    assert (preview.events, preview.findings.height) == (1, 1)
    assert not found.findings(SYSTEM).exists()
    assigning.assign(**given, actor=SYSTEM, now=NOW)  # type: ignore[arg-type]
    _again()
    finding = found.findings(SYSTEM).get()
    row = preview.findings.row(0, named=True)
    assert (finding.asset, finding.count, finding.first_seen) == (row["asset"], row["count"], row["first_seen"])
    assert queries.groups(SYSTEM).get(value="203.0.113.0/24").n_events == 2


@pytest.mark.parametrize(
    ("value", "meant"),
    [("203.0.113.7", "203.0.113.7/32"), ("2001:DB8::/32", "2001:db8::/32"), ("as64500", "AS64500"), ("Soyte.Example.", "soyte.example")],
)  # fmt: skip
def test_a_value_is_read_as_people_write_it(value: str, meant: str) -> None:
    assert assigning.spelled(assigning.read(value)) == meant


@pytest.mark.parametrize("value", ["", "203.0.113.0/33", "just words", "AS", "-", "203.0.113.9/24"])
def test_what_is_no_value_is_refused(value: str) -> None:
    with pytest.raises(assigning.NoValue):
        assigning.read(value)


def test_nobody_is_no_organization() -> None:
    with pytest.raises(assigning.NoSuchOrganization):
        assigning.assign(value="203.0.113.0/24", organization="nobody", actor=SYSTEM, now=NOW)
    with pytest.raises(assigning.NoSuchOrganization):
        assigning.preview_assignment(value="203.0.113.0/24", organization="nobody")


def test_what_is_dismissed_leaves_the_queue_and_stays_out() -> None:
    assigning.dismiss(value="203.0.0.0/16", reason="another country", actor=SYSTEM, now=NOW)
    assigning.dismiss(value="AS64500", reason="another country", actor=SYSTEM, now=NOW)
    assert {g.value for g in queries.groups(SYSTEM)} == {"198.51.100.0/24", "soyte.example"}
    more = json.dumps([_seen("203.0.77.1"), _seen("192.0.2.200", 0, **{"source.asn": 64500})]).encode()
    intake.process(arrivals=[intake.take(content=more, name="b.json", now=NOW)], now=NOW, fold=findings.fold)
    assert {g.value for g in queries.groups(SYSTEM)} == {"198.51.100.0/24", "soyte.example"}
    assert {g.value for g in queries.groups(SYSTEM, dismissed=True)} == {"203.0.113.0/24", "203.0.77.0/24", "192.0.2.0/24"}  # fmt: skip
    with pytest.raises(assigning.DismissedAlready):
        assigning.dismiss(value="AS64500", reason="again", actor=SYSTEM, now=NOW)
    assigning.restore(dismissal=queries.dismissals(SYSTEM).get(value="203.0.0.0/16"), actor=SYSTEM, now=NOW)
    assert {"203.0.113.0/24", "203.0.77.0/24"} <= {g.value for g in queries.groups(SYSTEM)}


def test_what_is_ignored_leaves_the_queue_and_is_warned_of_by_nobody() -> None:
    assert assigning.preview_ignoring(value="203.0.113.7").events == 2
    assigning.ignore(value="203.0.113.7", reason="own scanner", actor=SYSTEM, now=NOW)
    _again()
    assert {u.asset for u in queries.unattributed(SYSTEM).filter(place="203.0.113.0/24")} == {"203.0.113.9"}


def test_a_reader_decides_nothing() -> None:
    reader = Viewer(1, "r@team.example", Role.READER)
    with pytest.raises(NotAllowed):
        assigning.assign(value="203.0.113.0/24", organization="one", actor=reader, now=NOW)
    with pytest.raises(NotAllowed):
        assigning.ignore(value="203.0.113.0/24", reason="x", actor=reader, now=NOW)
    with pytest.raises(NotAllowed):
        assigning.dismiss(value="203.0.113.0/24", reason="x", actor=reader, now=NOW)


def test_the_duty_analyst_assigns_a_range_after_seeing_what_comes_of_it(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    page = client.get("/intake/unattributed/", headers={"Accept-Language": "en"}).content.decode()
    assert "Department One" in page
    assert "holds 203.0.112.0/24 close by" in page
    place = "/intake/unattributed/203.0.113.0/24/"
    page = client.get(f"{place}?organization=one", headers={"Accept-Language": "en"}).content.decode()
    assert 'value="one"' in page
    given = {"act": "assign", "value": "203.0.113.0/24", "organization": "one", "valid_from": ""}
    page = client.post(place, given, headers={"Accept-Language": "en"}).content.decode()
    assert "203.0.113.9" in page
    assert "findings it would have of them" in page
    assert not constituency_holds("203.0.113.0/24")
    answer = client.post(place, {**given, "confirmed": "1"})
    assert answer["Location"] == "/intake/unattributed/"
    assert constituency_holds("203.0.113.0/24")
    _again()
    assert {f.asset: f.count for f in found.findings(SYSTEM)} == {"203.0.113.7": 2, "203.0.113.9": 1}
    assert LINK not in client.get("/intake/unattributed/").content.decode()


def constituency_holds(cidr: str) -> bool:
    from tocsin.constituency import queries as constituents

    return constituents.networks(SYSTEM).filter(cidr=cidr).exists()


def test_what_is_typed_wrongly_is_said_in_place(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    place = "/intake/unattributed/203.0.113.0/24/"
    english = {"Accept-Language": "en"}
    page = client.post(
        place, {"act": "assign", "value": "words", "organization": "one"}, headers=english
    ).content.decode()
    assert "This is no range, no domain and no AS." in page
    page = client.post(
        place, {"act": "assign", "value": "AS1", "organization": "nobody"}, headers=english
    ).content.decode()
    assert "There is no such organization." in page
    page = client.post(place, {"act": "dismiss", "value": "AS64501", "reason": ""}, headers=english).content.decode()
    assert "This field is required." in page
    given = {"act": "assign", "value": "203.0.112.0/24", "organization": "one", "confirmed": "1"}
    assert "on some of these days already" in client.post(place, given, headers=english).content.decode()


def test_the_page_dismisses_ignores_and_restores(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    place = "/intake/unattributed/203.0.113.0/24/"
    client.post(place, {"act": "dismiss", "value": "203.0.113.0/24", "reason": "not ours"})
    assert LINK not in client.get("/intake/unattributed/").content.decode()
    assert "not ours" in client.get("/intake/unattributed/?show=dismissed").content.decode()
    client.post(place, {"act": "restore"})
    assert LINK in client.get("/intake/unattributed/").content.decode()
    given = {"act": "ignore", "value": "203.0.113.0/24", "reason": "sinkhole"}
    assert "3" in client.post(place, given).content.decode()
    client.post(place, {**given, "confirmed": "1"})
    _again()
    assert LINK not in client.get("/intake/unattributed/").content.decode()


def test_a_reader_looks_and_has_no_forms(signed_in: SignedIn) -> None:
    client = signed_in(Role.READER)
    page = client.get("/intake/unattributed/203.0.113.0/24/").content.decode()
    assert "203.0.113.7" in page
    assert 'name="act"' not in page
    client.post("/intake/unattributed/203.0.113.0/24/", {"act": "dismiss", "value": "AS1", "reason": "x"})
    assert not queries.dismissals(SYSTEM).exists()


def test_the_list_narrows_and_sorts(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    assert LINK not in client.get("/intake/unattributed/?how=domain").content.decode()
    assert "192.0.2.0/24" in client.get("/intake/unattributed/?search=AS64500").content.decode()
    page = client.get("/intake/unattributed/?sort=-last_seen").content.decode()
    assert page.index(LINK) < page.index("/intake/unattributed/soyte.example/")


def test_rejects_are_listed_and_downloaded_whole(signed_in: SignedIn) -> None:
    content = (
        b"[" + b",".join(json.dumps({**_seen("192.0.2.9"), "time.source": "never"}).encode() for _ in range(60)) + b"]"
    )
    intake.process(arrivals=[intake.take(content=content, name="c.json", now=NOW)], now=NOW, fold=findings.fold)
    client = signed_in(Role.ANALYST)
    page = client.get("/intake/rejects/?reason=bad-time").content.decode()
    assert "c.json" in page
    rows = b"".join(client.get("/intake/rejects/rows/?reason=bad-time")).splitlines()  # type: ignore[arg-type]
    assert [json.loads(row)["row"] for row in rows] == list(range(1, 61))
    assert client.get("/intake/rejects/?batch=no-uuid").status_code == 404


def test_the_command_line_lists_previews_and_assigns() -> None:
    listed = {group["value"]: group for group in work.unattributed(dismissed=False, search="")}
    assert [asset["asset"] for asset in listed["203.0.113.0/24"]["assets"]] == ["203.0.113.7", "203.0.113.9"]
    assert listed["203.0.113.0/24"]["suggestions"][0]["why"] == "close"
    preview = work.assign(value="203.0.113.0/24", organization="two", valid_from=None, dry_run=True)
    assert (preview["events"], len(preview["findings"])) == (3, 2)
    done = work.assign(value="203.0.113.0/24", organization="two", valid_from=None, dry_run=False)
    assert (done["events"], done["findings"]) == (3, 2)
    assert done["moves"] == [{"before": None, "after": "two", "events": 3}]
    assert work.dismiss(value="soyte.example", reason="x") == 1


def test_in_the_browser_a_range_is_assigned_by_pressing_through(
    browser: Browser, live_server: Any, signed_in: SignedIn
) -> None:
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": signed_in(Role.ANALYST).cookies[name].value, "url": live_server.url}
    for language, theme, width in (("vi", "light", 360), ("en", "dark", 1280), ("en", "light", 360)):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, locale=language, color_scheme=theme, bypass_csp=True
        )  # type: ignore[arg-type]
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{live_server.url}/intake/unattributed/")
        _looks_well(page, f"queue-{language}-{theme}-{width}")
        page.goto(f"{live_server.url}/intake/rejects/")
        _looks_well(page, f"rejects-{language}-{theme}-{width}")
        page.goto(f"{live_server.url}/intake/unattributed/203.0.113.0/24/")
        _looks_well(page, f"place-{language}-{theme}-{width}")
        page.locator("main a.button[href*='organization=one']").click()
        page.locator("#id_valid_from").fill("")
        page.locator("#assign button.main").click()
        _looks_well(page, f"decision-{language}-{theme}-{width}")
        context.close()
    context = browser.new_context(locale="en")
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{live_server.url}/intake/unattributed/")
    page.get_by_role("link", name="203.0.113.0/24").click()
    page.get_by_role("link", name="Choose").click()
    page.get_by_label("First day").fill("2026-11-21")
    page.locator("#assign").get_by_role("button", name="Preview").click()
    assert "1" in page.locator(".figures li").first.inner_text()
    page.get_by_role("button", name="Assign it").click()
    assert "belongs to one now" in page.get_by_role("status").inner_text()
    context.close()
    _again()
    assert [(f.asset, f.count) for f in found.findings(SYSTEM)] == [("203.0.113.7", 1)]


def _looks_well(page: Page, name: str) -> None:
    """Nothing that axe knows of is wrong, and nothing makes the page scroll sideways."""
    if folder := os.environ.get("TOCSIN_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
