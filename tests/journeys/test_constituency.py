"""The constituency on the screen: found, read, changed, imported as previewed; contacts see theirs, readers write nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Browser, Page

from tocsin import roster
from tocsin.accounts import actions as accounts
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.core import constituency as plain

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[..., Client]
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
TOWN = [
    plain.Organization("tinh", "Tỉnh Mẫu", "Mau Province", networks=(plain.Network("203.0.113.0/24"),),
                       contacts=(plain.Contact("", "it@tinh.example", ("security",)),)),
    plain.Organization(
        "so-y-te", "Sở Y tế", "Department of Health", "tinh", "health", "vi",
        (plain.Network("203.0.113.0/29"), plain.Network("198.51.100.0/28", None, datetime(2026, 5, 31).date())),  # noqa: DTZ001 - a day
        (plain.Domain("soyte.example"),), (plain.AutonomousSystem(64500),),
        (plain.Contact("Lan", "lan@soyte.example", ("security",), "+84 1", "vi"),), criticality="high", essential=True,
    ),
    plain.Organization("truong-duong", "Trường Đường Mẫu", "Duong School", "tinh", "education",
                       networks=(plain.Network("203.0.113.8/29"),)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def town(tmp_path: Path, settings: object) -> None:
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    constituency.import_all(organizations=TOWN, ignored=[], actor=SYSTEM, now=NOW, source={"name": "tinh.yaml"})


def _text(client: Client, url: str, language: str = "en") -> str:
    response = client.get(url, headers={"Accept-Language": language})
    assert response.status_code == 200, url
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def test_the_list_is_a_tree_and_finds_without_accents(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    html = client.get("/organizations/", headers={"Accept-Language": "vi"}).content.decode()
    assert html.index("Tỉnh Mẫu") < html.index("Sở Y tế") < html.index("Trường Đường Mẫu")
    assert html.count('class="deep-1"') == 2
    found = _text(client, "/organizations/?name=duong", "vi")
    assert "Trường Đường Mẫu" in found
    assert "Sở Y tế" not in found
    assert "Sở Y tế" in _text(client, "/organizations/?criticality=high&essential=1&sector=health&state=current", "vi")
    assert "Nothing matches" in _text(client, "/organizations/?sector=energy")
    under = _text(client, "/organizations/?under=so-y-te")
    assert "Department of Health" in under
    assert "Duong School" not in under


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    signed_in: SignedIn, django_assert_max_num_queries: object
) -> None:
    many = [plain.Organization(f"o-{n:03}", f"Đơn vị {n}", f"Unit {n}", "tinh") for n in range(250)]
    constituency.import_all(organizations=many, ignored=[], actor=SYSTEM, now=NOW)
    client = signed_in(Role.ANALYST)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        first = client.get("/organizations/")
    seen = set(re.findall(r'href="/organizations/(o-\d+)/"', first.content.decode()))
    while match := re.search(r'rel="next"[^>]*href="\?([^"]+)"', first.content.decode()):
        first = client.get("/organizations/?" + match.group(1).replace("&amp;", "&"))
        seen |= set(re.findall(r'href="/organizations/(o-\d+)/"', first.content.decode()))
    assert len(seen) == 250


def test_an_organization_shows_what_it_holds_and_held_and_who_changed_it(signed_in: SignedIn) -> None:
    text = _text(signed_in(Role.READER), "/organizations/so-y-te/")
    for part in ("Department of Health", "203.0.113.0/29", "1 that has ended", "until", "soyte.example", "AS64500", "Lan",
                 "essential service", "security", "system · tinh.yaml"):  # fmt: skip
        assert part in text, part
    assert "Add a contact" not in text
    assert "has no contact: a warning has nowhere to go" in _text(
        signed_in(Role.ANALYST), "/organizations/truong-duong/"
    )


def test_a_contact_sees_their_own_and_not_who_of_the_team_acted(signed_in: SignedIn) -> None:
    client = signed_in(Role.CONTACT, "so-y-te")
    lan = constituents.contacts(SYSTEM).get(name="Lan")
    text = _text(client, "/organizations/so-y-te/")
    assert "the team · tinh.yaml" in text
    assert "system ·" not in text
    assert "tinh " not in text.replace("tinh.yaml", "")
    assert "Mau Province" not in _text(client, "/organizations/")
    for url in ("/organizations/tinh/", "/organizations/so-y-te/change/", "/organizations/so-y-te/hold/?kind=contact",
                f"/contacts/{lan.pk}/", "/ignored/", "/ignored/add/", "/constituency/check/", "/constituency/add/",
                "/constituency/import/", f"/constituency/import/{'0' * 64}/", "/constituency/file/yaml/"):  # fmt: skip
        assert client.get(url).status_code == 404, url
        assert client.post(url).status_code == 404, url


def test_a_reader_reads_and_writes_nothing(signed_in: SignedIn) -> None:
    client = signed_in(Role.READER)
    network = constituents.networks(SYSTEM).get(cidr="203.0.113.0/29")
    for url in ("/constituency/check/", "/ignored/", "/constituency/file/csv/"):
        assert client.get(url).status_code == 200
    for url in ("/organizations/so-y-te/change/", "/organizations/so-y-te/hold/", f"/networks/{network.pk}/", "/ignored/add/",
                "/constituency/add/", "/constituency/import/"):  # fmt: skip
        assert client.get(url).status_code == 404, url
        assert client.post(url, {"withdraw": "1"}).status_code == 404, url
    assert constituents.networks(SYSTEM).filter(pk=network.pk).exists()


def test_an_analyst_adds_an_organization_and_what_it_holds(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    wrong = client.post("/constituency/add/", {"id": "Sở", "name_vi": "", "parent": "nobody", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}, headers={"Accept-Language": "en"}).content.decode()  # fmt: skip
    for part in ("Sở is no identifier", "This field is required", "The last day is before the first."):
        assert part in wrong, part
    wrong = client.post("/constituency/add/", {"id": "tinh", "name_vi": "X", "parent": "nobody"}, headers={"Accept-Language": "en"}).content.decode()  # fmt: skip
    assert "is there already" in wrong
    response = client.post(
        "/constituency/add/",
        {"id": "benh-vien", "name_vi": "Bệnh viện", "parent": "so-y-te", "sector": "health", "criticality": "critical", "essential": "on"},
    )  # fmt: skip
    assert response.headers["Location"] == "/organizations/benh-vien/"
    for kind, form in (
        ("network", {"cidr": "198.51.100.16/28", "valid_from": "2026-01-01"}),
        ("domain", {"name": "BV.example."}),
        ("asn", {"number": "AS64511"}),
        ("contact", {"name": "Trực", "email": "truc@bv.example", "roles": ["security", "duty"], "other_roles": "it-desk", "language": "en"}),
    ):  # fmt: skip
        assert client.post(f"/organizations/benh-vien/hold/?kind={kind}", form).status_code == 302, kind
    assert client.get("/organizations/benh-vien/hold/?kind=ignored").status_code == 404
    found = constituents.as_value(SYSTEM, "benh-vien")
    assert found == plain.Organization(
        "benh-vien", "Bệnh viện", "Bệnh viện", "so-y-te", "health", "",
        (plain.Network("198.51.100.16/28", datetime(2026, 1, 1).date()),),  # noqa: DTZ001 - a day
        (plain.Domain("bv.example"),), (plain.AutonomousSystem(64511),),
        (plain.Contact("Trực", "truc@bv.example", ("security", "duty", "it-desk"), "", "en"),),
        criticality="critical", essential=True,
    )  # fmt: skip


def test_what_is_typed_wrongly_is_said_in_place(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    for kind, form, said in (
        ("network", {"cidr": "203.0.113.1/29"}, "did you mean 203.0.113.0/29?"),
        ("network", {"cidr": "203.0.113.0/29"}, "on some of these days already"),
        ("domain", {"name": "https://x.example/"}, "did you mean x.example?"),
        ("asn", {"number": "0"}, "0 is no AS number"),
        ("contact", {"email": "a@b", "other_roles": "Head of IT"}, "a@b is no e-mail address"),
    ):
        url = f"/organizations/so-y-te/hold/?kind={kind}"
        response = client.post(url, form, headers={"Accept-Language": "en"})
        assert (response.status_code, said in response.content.decode()) == (200, True), said


def test_a_row_is_changed_ended_or_taken_back(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    network = constituents.networks(SYSTEM).get(cidr="203.0.113.8/29")
    assert (
        client.post(f"/networks/{network.pk}/", {"cidr": "203.0.113.8/29", "valid_to": "2026-11-30"}).status_code == 302
    )
    assert constituents.networks(SYSTEM).get(pk=network.pk).valid_to.isoformat() == "2026-11-30"  # type: ignore[union-attr]
    assert "Duong School" in _text(client, f"/networks/{network.pk}/")
    assert client.post(f"/networks/{network.pk}/", {"withdraw": "1"}).status_code == 302
    assert not constituents.networks(SYSTEM).filter(pk=network.pk).exists()
    lan = constituents.contacts(SYSTEM).get(name="Lan")
    form = {
        "name": "Lan",
        "email": "lan@soyte.example",
        "phone": "+84 2",
        "roles": ["security", "head"],
        "language": "",
    }
    assert client.post(f"/contacts/{lan.pk}/", form).status_code == 302
    assert constituents.contacts(SYSTEM).get(pk=lan.pk).phone == "+84 2"
    text = _text(client, "/organizations/so-y-te/")
    for part in (
        "Phone: +84 1 → +84 2",
        "Roles: security → security, head of the organization",
        "Language of letters: vi → –",
    ):
        assert part in text, part
    assert "analyst@team.example" in text
    changed = {"name_vi": "Sở Y tế", "name_en": "Health", "parent": "truong-duong"}
    assert client.post("/organizations/so-y-te/change/", changed).status_code == 302
    circle = client.post("/organizations/truong-duong/change/", {"name_vi": "T", "parent": "so-y-te"}, headers={"Accept-Language": "en"})  # fmt: skip
    assert "above itself" in circle.content.decode()


def test_the_ignore_list_is_kept_by_hand(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    assert "Nothing is ignored" in _text(client, "/ignored/")
    assert client.post("/ignored/add/", {"value_": "64510", "reason": "sinkhole"}).status_code == 302
    rule = constituents.ignored(SYSTEM).get()
    assert (rule.value, rule.reason) == ("AS64510", "sinkhole")
    assert client.post(f"/ignored/{rule.pk}/", {"value_": "AS64510", "reason": "sinkhole", "valid_to": "2026-01-31"}).status_code == 302  # fmt: skip
    assert "ended" in _text(client, "/ignored/")
    assert client.post(f"/ignored/{rule.pk}/", {"withdraw": "1"}).status_code == 302
    assert not constituents.ignored(SYSTEM).exists()


def _upload(client: Client, content: bytes, name: str, **more: str) -> str:
    response = client.post("/constituency/import/", {"file": SimpleUploadedFile(name, content), **more})
    assert response.status_code == 302
    return str(response.headers["Location"])


@pytest.mark.parametrize("kind", ["yaml", "json", "csv", "xlsx"])
def test_what_was_previewed_is_imported(signed_in: SignedIn, kind: str, tmp_path: Path) -> None:
    client = signed_in(Role.ANALYST)
    changed = plain.Organization("so-y-te", "Sở Y tế", "Department of Health", "tinh", "health", networks=(plain.Network("192.0.2.0/28"),))  # fmt: skip
    new = plain.Organization("xa-mau", "Xã Mẫu", "Mau Commune", "so-y-te")
    url = _upload(client, roster.content(f"c.{kind}", [changed, new]), f"tệp của tôi.{kind}", as_of="2026-10-01")
    text = _text(client, url)
    for part in (f"tệp của tôi.{kind}", "Mau Commune", "added network 192.0.2.0/28", "closed network 203.0.113.0/29",
                 "until 30 Sep 2026", "closed contact lan@soyte.example", "2 not named, left as they are", "Criticality: high → –"):  # fmt: skip
        assert part in text, part
    assert constituents.organizations(SYSTEM).count() == 3
    expected = re.search(r'name="expected" value="(\w+)"', client.get(url).content.decode())
    assert expected is not None
    assert client.post(url, {"expected": "0" * 64}).headers["Location"] == url
    assert constituents.organizations(SYSTEM).count() == 3
    assert client.post(url, {"expected": expected.group(1)}).headers["Location"] == "/organizations/"
    assert constituents.organizations(SYSTEM).count() == 4
    assert constituents.networks(SYSTEM).get(cidr="203.0.113.0/29").valid_to.isoformat() == "2026-09-30"  # type: ignore[union-attr]
    assert f"analyst@team.example · tệp của tôi.{kind}" in _text(client, "/organizations/xa-mau/")
    assert "The file changes nothing" in _text(client, url)


def test_a_file_with_errors_changes_nothing_and_names_each(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    url = _upload(client, b"id,parent,networks\na,nobody,203.0.113.1/24\nB,,\n", "c.csv")
    text = _text(client, url, "vi")
    for part in ("có 3 lỗi", "c.csv:2 networks", "có phải ý là 203.0.113.0/24?", "c.csv:3 id", "B không phải mã đơn vị", "nobody không có trong tệp"):  # fmt: skip
        assert part in text, part
    assert "Nhập đúng như trên" not in text
    client.post(url, {"expected": ""})
    assert constituents.organizations(SYSTEM).count() == 3


def test_a_complete_file_says_what_it_closes(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    url = _upload(client, roster.content("c.yaml", TOWN[:2]), "c.yaml", complete="on")
    text = _text(client, url)
    assert "organizations that it does not name are closed" in text
    assert "Duong School truong-duong closed" in text


@pytest.mark.parametrize("name", ["../../etc/passwd.yaml", "..\\x.yaml", "a\nb.yaml", "<b>.yaml"])
def test_the_name_of_a_file_leads_nowhere(signed_in: SignedIn, name: str, tmp_path: Path) -> None:
    client = signed_in(Role.ANALYST)
    url = _upload(client, b"version: 1\norganizations: [{id: a}]", name)
    assert "<b>" not in client.get(url).content.decode()
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file() and "passwd" in path.read_text(errors="ignore")} <= {tmp_path / "imports"}  # fmt: skip
    for sha in ("0" * 64, "..", "x"):
        assert client.get(f"/constituency/import/{sha}/").status_code == 404


@pytest.mark.parametrize("kind", ["yaml", "json", "csv", "xlsx"])
def test_the_exported_file_changes_nothing_when_it_comes_back(signed_in: SignedIn, kind: str) -> None:
    client = signed_in(Role.ANALYST)
    response = client.get(f"/constituency/file/{kind}/")
    assert f".{kind}" in response.headers["Content-Disposition"]
    url = _upload(client, response.content, f"c.{kind}", complete="on")
    assert "The file changes nothing" in _text(client, url)
    assert client.get("/constituency/file/pdf/").status_code == 404


def test_the_check_names_what_is_amiss_in_both_languages(signed_in: SignedIn) -> None:
    client = signed_in(Role.READER)
    assert "Duong School holds something but has no contact" in _text(client, "/constituency/check/")
    text = _text(client, "/constituency/check/?organization=truong-duong", "vi")
    assert "Trường Đường Mẫu có tài nguyên nhưng không có đầu mối" in text
    assert "203.0.113.8/29 của Trường Đường Mẫu nằm trong 203.0.113.0/24 của Tỉnh Mẫu" in text


@pytest.fixture
def page(browser: Browser, live_server: object) -> Page:
    user = accounts.add_user(email="lan@team.example", role=Role.ANALYST, actor=SYSTEM, now=datetime.now(UTC))
    context = browser.new_context(locale="vi-VN", viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/sign-in/{accounts.make_link(user=user, now=datetime.now(UTC))}/")  # type: ignore[attr-defined]
    page.click("main button")
    return page


def test_an_analyst_imports_a_file_on_a_phone_without_script(page: Page, live_server: object) -> None:
    page.goto(f"{live_server.url}/organizations/")  # type: ignore[attr-defined]
    page.click("text=Nhập từ tệp")
    content = "version: 1\norganizations:\n- {id: xa-mau, name: {vi: Xã Mẫu, en: Mau}, networks: [192.0.2.0/28], contacts: [xa@mau.example]}\n"
    page.set_input_files("input[type=file]", {"name": "xa.yaml", "mimeType": "application/yaml", "buffer": content.encode()})  # fmt: skip
    page.click("text=Xem trước thay đổi")
    assert "thêm dải địa chỉ 192.0.2.0/28" in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("text=Nhập đúng như trên")
    assert "Đã nhập: 1 đơn vị thay đổi" in page.inner_text("main")
    page.click("text=Xã Mẫu")
    assert page.inner_text("h1") == "Xã Mẫu"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("language", "theme", "width"), [("vi", "light", 1280), ("en", "dark", 360)])
def test_every_page_can_be_used_by_everybody(browser: Browser, live_server: object, language: str, theme: str, width: int) -> None:  # fmt: skip
    user = accounts.add_user(email="lan@team.example", role=Role.ANALYST, actor=SYSTEM, now=datetime.now(UTC))
    rule = constituency.ignore(rule=plain.Ignored("AS64510", "sinkhole"), actor=SYSTEM, now=NOW)
    good = constituency.keep_upload(content=roster.content("c.yaml", TOWN[:1]), name="c.yaml", actor=SYSTEM, now=NOW)
    bad = constituency.keep_upload(content=b"id\nA B\n", name="c.csv", actor=SYSTEM, now=NOW)
    network = constituents.networks(SYSTEM)[0]
    context = browser.new_context(
        locale=language, color_scheme=theme, viewport={"width": width, "height": 800}, bypass_csp=True  # type: ignore[arg-type]
    )  # fmt: skip
    page, url = context.new_page(), live_server.url  # type: ignore[attr-defined]
    page.goto(f"{url}/sign-in/{accounts.make_link(user=user, now=datetime.now(UTC))}/")
    page.click("main button")
    for path in (
        "/organizations/", "/organizations/so-y-te/", "/organizations/so-y-te/change/", "/organizations/so-y-te/hold/?kind=contact",
        f"/networks/{network.pk}/", "/ignored/", f"/ignored/{rule.pk}/", "/constituency/check/", "/constituency/import/",
        f"/constituency/import/{good.sha256}/?complete=1", f"/constituency/import/{bad.sha256}/",
    ):  # fmt: skip
        assert page.goto(f"{url}{path}").status == 200, path  # type: ignore[union-attr]
        found = Axe().run(page, context="main")
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found.response["violations"]] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
