"""Signing in by every way, proving it again, the second step; and what strangers and the impatient get."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.accounts import urls
from tocsin.accounts.middleware import WITHOUT_FACTOR
from tocsin.accounts.models import AccountMail, CachedValue, SignInLink, User
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, Role, Viewer

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "một câu đủ dài để nhớ"
EN = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: object) -> Path:
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = ""  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture
def lan() -> User:
    user = accounts.add_user(
        email="lan@team.example", role=Role.ANALYST, actor=SYSTEM, now=datetime.now(UTC), name="Lan Đặng"
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def link_in(user: User) -> Client:
    client = Client(headers=EN)
    assert client.post(f"/sign-in/{accounts.make_link(user=user, now=datetime.now(UTC))}/").status_code == 302
    return client


def code_of(secret: str, *, ahead: int = 0) -> str:
    """Compute the code an app shows, `ahead` periods from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """Set up an authenticator app as a person does; return its key and the recovery codes."""
    page = client.get("/account/app/")
    assert page.status_code == 200, page
    secret = page.context["form"].secret
    done = client.post("/account/app/", {"code": code_of(secret)})
    assert done.status_code == 302
    codes = client.get(done["Location"])
    return secret, list(codes.context["unused_codes"])


def trail(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


def test_a_sign_in_link_works_once_and_by_post_only(lan: User) -> None:
    url = f"/sign-in/{accounts.make_link(user=lan, now=datetime.now(UTC))}/"
    client = Client()
    assert client.get(url).status_code == 200
    assert client.head(url).status_code == 200
    assert client.get("/").status_code == 302
    assert client.post(url).status_code == 302
    assert client.get("/account/").status_code == 200
    assert Client().post(url).status_code == 403
    assert [entry.detail["means"] for entry in trail("signed-in")] == [["link"]]
    assert [entry.detail["means"] for entry in trail("sign-in-failed")] == ["link"]


def test_a_link_of_yesterday_and_one_of_a_closed_account_open_nothing(lan: User) -> None:
    now = datetime.now(UTC)
    old = accounts.make_link(user=lan, now=now - timedelta(days=2))
    fresh = accounts.make_link(user=lan, now=now)
    assert Client().post(f"/sign-in/{old}/").status_code == 403
    accounts.deactivate(user=lan, actor=SYSTEM, now=now)
    assert Client().post(f"/sign-in/{fresh}/").status_code == 403
    accounts.activate(user=lan, actor=SYSTEM, now=now)
    assert Client().post(f"/sign-in/{fresh}/").status_code == 403


def test_a_password_signs_in_and_a_wrong_one_says_no_more_than_an_unknown_address(lan: User) -> None:
    client = Client(headers=EN)
    wrong = client.post("/sign-in/", {"login": "lan@team.example", "password": "nope"})
    unknown = client.post("/sign-in/", {"login": "nobody@team.example", "password": "nope"})

    def said(response: object) -> str:
        text = response.content.decode()  # type: ignore[attr-defined]
        return (
            text.replace("lan@team.example", "…")
            .replace("nobody@team.example", "…")
            .partition("<main")[2]
            .partition("csrf")[0]
        )

    assert said(wrong) == said(unknown)
    assert "not correct" in wrong.content.decode()
    assert [entry.object_id for entry in trail("sign-in-failed")] == ["lan@team.example", "nobody"]
    right = client.post("/sign-in/", {"login": "Lan@Team.Example", "password": PASSWORD, "next": "/findings/"})
    assert (right.status_code, right["Location"]) == (302, "/findings/")
    assert PASSWORD not in "".join(str(entry.detail) for entry in AuditEntry.objects.all())


def test_guessing_is_slowed_down_the_same_for_known_and_unknown_addresses(lan: User) -> None:
    for address in ("lan@team.example", "nobody@team.example"):
        client = Client(headers=EN)
        pages = [
            client.post("/sign-in/", {"login": address, "password": f"nope {n}"}).content.decode() for n in range(6)
        ]
        assert "not correct" in pages[4]
        assert "Too many failed" in pages[5]
        CachedValue.objects.filter(cache_key__contains=":ip:").delete()
    # Not even the right password opens it now; what counts is in the database, so that a restart forgets nothing.
    locked = Client(headers=EN).post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD})
    assert "Too many failed" in locked.content.decode()
    assert CachedValue.objects.filter(cache_key__contains="login_failed").exists()


def test_a_flood_from_one_place_meets_a_pause(lan: User) -> None:
    client = Client(headers=EN)
    codes = [client.post("/sign-in/x/").status_code for _ in range(31)]
    assert codes[:30] == [403] * 30
    page = client.post("/sign-in/x/")
    assert (page.status_code, page["Retry-After"]) == (429, "60")
    assert "Too many attempts" in page.content.decode()
    assert Client(REMOTE_ADDR="192.0.2.7").post("/sign-in/x/").status_code == 403


def test_a_mailed_link_is_asked_for_without_learning_whether_the_address_is_known(lan: User, home: Path) -> None:
    known, unknown = (
        Client(headers=EN).post("/sign-in/link/", {"login": email}, follow=True)
        for email in ("lan@team.example", "nobody@team.example")
    )
    assert known.redirect_chain == unknown.redirect_chain == [("/sign-in/link/sent/", 302)]
    rows = [(row.kind, row.state) for row in AccountMail.objects.order_by("id")]
    assert rows == [("link", "ready")] * 2
    assert SignInLink.objects.count() == 0
    assert accounts.send_mail(now=datetime.now(UTC)) == {"sent": 1, "nobody": 1, "failed": 0, "later": 0}
    assert accounts.send_mail(now=datetime.now(UTC)) == {"sent": 0, "nobody": 0, "failed": 0, "later": 0}
    (mail,) = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (home / "outbox").iterdir()]
    assert mail["To"] == "Lan Đặng <lan@team.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    url = next(word for word in text.split() if "/sign-in/" in word)
    assert Client().post(urlsplit(url).path).status_code == 302


def test_links_by_mail_are_few_for_one_address(lan: User) -> None:
    codes = [Client().post("/sign-in/link/", {"login": "lan@team.example"}).status_code for _ in range(4)]
    assert codes == [302, 302, 302, 429]
    assert Client().post("/sign-in/link/", {"login": "minh@team.example"}).status_code == 302


def test_the_host_header_gets_into_no_mail_and_no_page(lan: User, home: Path) -> None:
    assert Client().get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400
    Client().post("/sign-in/link/", {"login": "lan@team.example"}, headers={"Host": "localhost"})
    accounts.send_mail(now=datetime.now(UTC))
    (path,) = (home / "outbox").iterdir()
    text = message_from_bytes(path.read_bytes(), policy=policy.default).get_content()
    assert "http://127.0.0.1:8000/sign-in/" in text
    assert "localhost" not in text


def test_a_mail_that_cannot_go_is_tried_again_and_then_given_up(lan: User, settings: object) -> None:
    settings.TOCSIN_EMAIL_URL = "smtp://127.0.0.1:1"  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    accounts.ask_for_link(email="lan@team.example", language="vi", now=now)
    figures = []
    for hours in range(6):
        figures.append(accounts.send_mail(now=now + timedelta(hours=hours)))
    assert [f["later"] for f in figures] == [1, 1, 1, 1, 0, 0]
    assert figures[4]["failed"] == 1
    assert people.mail_that_failed(SYSTEM, now) == 1


def test_next_leads_nowhere_else(lan: User) -> None:
    for target in (
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "http:///evil.example",
        "\\\\evil.example",
    ):
        signed_in = Client().post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD, "next": target})
        assert signed_in["Location"] == "/", target
        url = f"/sign-in/{accounts.make_link(user=lan, now=datetime.now(UTC))}/"
        assert Client().post(url, {"next": target})["Location"] == "/", target
        assert Client().post("/language/", {"language": "en", "next": target})["Location"] == "/", target


def test_signing_in_changes_the_key_of_the_session(lan: User) -> None:
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    client.cookies["tocsin-session"] = before
    client.post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD})
    assert client.session.session_key != before
    assert Client(cookies=None).get("/account/").status_code == 302
    thief = Client()
    thief.cookies["tocsin-session"] = before
    assert thief.get("/account/").status_code == 302


def test_an_app_is_set_up_and_asked_for_at_every_way_in(lan: User) -> None:
    client = link_in(lan)
    secret, codes = set_up_app(client)
    assert len(codes) == len(set(codes)) == 10
    row = Authenticator.objects.get(type="totp")
    assert secret not in str(row.data)
    assert "****" in client.get("/account/codes/").context["unused_codes"]
    for way in ("link", "password"):
        other = Client(headers=EN)
        if way == "link":
            step = other.post(f"/sign-in/{accounts.make_link(user=lan, now=datetime.now(UTC))}/")
        else:
            step = other.post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD})
        assert step["Location"] == "/sign-in/second-step/"
        assert other.get("/account/").status_code == 302
        assert "Incorrect code" in other.post("/sign-in/second-step/", {"code": "000000"}).content.decode()
        assert other.get("/account/").status_code == 302
        assert other.post("/sign-in/second-step/", {"code": codes.pop()})["Location"] == "/"
        assert other.get("/account/").status_code == 200
    assert [entry.detail["means"] for entry in trail("signed-in")][1:] == [["link", "mfa"], ["password", "mfa"]]
    assert [entry.detail["means"] for entry in trail("sign-in-failed")] == ["code", "code"]
    assert secret not in "".join(str(entry.detail) for entry in AuditEntry.objects.all())


def test_a_code_works_once_within_the_time_any_clock_takes_it(lan: User) -> None:
    secret, codes = set_up_app(link_in(lan))
    used = code_of(secret, ahead=1)

    def second_step(code: str) -> int:
        client = Client(headers=EN)
        client.post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD})
        return client.post("/sign-in/second-step/", {"code": code}).status_code

    assert second_step(used) == 302
    CachedValue.objects.filter(cache_key__contains="allauth.mfa.totp.used").delete()  # the library's own memory ran out
    assert second_step(used) == 200
    assert second_step(codes[0]) == 302
    assert second_step(codes[0]) == 200


def test_guessing_codes_is_slowed_down(lan: User) -> None:
    secret, _ = set_up_app(link_in(lan))
    client = Client(headers=EN)
    client.post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD})
    pages = [client.post("/sign-in/second-step/", {"code": f"00000{n}"}).content.decode() for n in range(6)]
    assert "Too many failed" in pages[5]
    assert client.post("/sign-in/second-step/", {"code": code_of(secret, ahead=1)}).status_code == 200
    assert client.get("/account/").status_code == 302


SENSITIVE = ["/account/password/", "/account/app/", "/account/passkeys/", "/account/codes/new/"]


@pytest.mark.parametrize("path", SENSITIVE)
def test_what_matters_asks_for_a_fresh_proof(lan: User, path: str) -> None:
    client = link_in(lan)
    fresh = client.get(path).status_code
    assert fresh == 200
    session = client.session
    for record in (records := session["account_authentication_methods"]):
        record["at"] -= 3600
    session["account_authentication_methods"] = records
    session.save()
    asked = client.post(path, {"password": "secret words of hers", "again": "secret words of hers"})
    assert asked["Location"] == f"/account/confirmation/?next={path.replace('/', '%2F')}"
    assert "secret words of hers" not in str(dict(client.session.items()))
    assert "Incorrect password" in client.post(asked["Location"], {"password": "nope"}).content.decode()
    assert client.get(path).status_code == 302
    assert client.post("/account/confirmation/", {"password": PASSWORD, "next": path})["Location"] == path
    assert client.get(path).status_code == 200
    assert [entry.detail["means"] for entry in trail("sign-in-failed")] == ["password"]


def test_who_has_only_mail_proves_it_by_a_new_link(lan: User, home: Path) -> None:
    lan.set_unusable_password()
    lan.save()
    client = link_in(lan)
    session = client.session
    for record in (records := session["account_authentication_methods"]):
        record["at"] -= 3600
    session["account_authentication_methods"] = records
    session.save()
    asked = client.get("/account/app/")
    assert asked["Location"].startswith("/account/confirmation/link/")
    assert client.post("/account/confirmation/link/", {"next": "/account/app/"}).status_code == 302
    accounts.send_mail(now=datetime.now(UTC))
    (path,) = (home / "outbox").iterdir()
    text = message_from_bytes(path.read_bytes(), policy=policy.default).get_content()
    url = urlsplit(next(word for word in text.split() if "/sign-in/" in word))
    assert client.post(f"{url.path}?{url.query}")["Location"] == "/account/app/"
    assert client.get("/account/app/").status_code == 200


def test_a_new_password_is_checked_and_ends_the_other_sessions(lan: User) -> None:
    here, there = link_in(lan), link_in(lan)
    for weak in ("short", "lan@team.example", "password1234", "123456789012"):
        assert here.post("/account/password/", {"password": weak, "again": weak}).status_code == 200, weak
    assert here.post("/account/password/", {"password": PASSWORD + "!", "again": PASSWORD}).status_code == 200
    assert there.get("/account/").status_code == 200
    assert here.post("/account/password/", {"password": PASSWORD + "!", "again": PASSWORD + "!"}).status_code == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert len(trail("password-set")) == AccountMail.objects.filter(kind="password-set").count() == 1


def test_signing_out_everywhere_else_ends_the_other_sessions(lan: User) -> None:
    here, there = link_in(lan), link_in(lan)
    assert here.get("/account/").context["others"] == 1
    assert here.post("/account/sessions/").status_code == 302
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 302)
    assert here.get("/account/").context["others"] == 0


def test_a_session_ends_when_it_was_idle_and_when_it_is_old(lan: User, settings: object) -> None:
    idle = link_in(lan)
    session = idle.session
    session["seen_at"] -= 3601
    session.save()
    ended = idle.get("/findings/?search=x")
    assert ended["Location"] == "/sign-in/?ended=idle&next=%2Ffindings%2F%3Fsearch%3Dx"
    assert "You were away" in idle.get(ended["Location"]).content.decode()
    assert idle.get("/account/").status_code == 302
    old = link_in(lan)
    session = old.session
    session["began_at"] -= 12 * 3600 + 1
    session.save()
    assert old.post("/account/sessions/")["Location"] == "/sign-in/?ended=longest"


def test_being_used_keeps_a_session_alive_without_a_write_for_every_page(lan: User) -> None:
    client = link_in(lan)
    before = client.session["seen_at"]
    client.get("/account/")
    assert client.session["seen_at"] == before
    session = client.session
    session["seen_at"] -= 120
    session.save()
    client.get("/account/")
    assert client.session["seen_at"] >= before


def test_the_language_is_chosen_once_and_comes_back_at_the_next_sign_in(lan: User) -> None:
    client = Client(headers={"Accept-Language": "vi"})
    client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert 'lang="en"' in client.get("/sign-in/").content.decode()
    client.post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD})
    lan.refresh_from_db()
    assert lan.language == "en"
    elsewhere = Client(headers={"Accept-Language": "vi"})
    elsewhere.post("/sign-in/", {"login": "lan@team.example", "password": PASSWORD})
    page = elsewhere.get("/account/")
    assert 'lang="en"' in page.content.decode()
    assert page["Content-Language"] == "en"
    elsewhere.post("/language/", {"language": "vi", "next": "/account/"})
    assert 'lang="vi"' in elsewhere.get("/account/").content.decode()
    elsewhere.post("/account/", {"name": "Lan", "language": "en"})
    assert 'lang="en"' in elsewhere.get("/account/").content.decode()
    assert Client().post("/language/", {"language": "xx"}).status_code == 302


def test_nobody_signs_up() -> None:
    assert {pattern.name for pattern in urls.urlpatterns if "signup" in str(pattern.name)} == set()
    for path in ("/sign-up/", "/signup/", "/accounts/signup/"):
        assert Client().get(path).status_code == 404


def _every_route() -> dict[str, str]:
    """Return an address of every route there is, the API's among them."""
    filled = {"uuid": "00000000-0000-7000-8000-000000000000", "int": "1", "str": "x", "slug": "x", "path": "x"}
    filled["uuidstr"] = filled["uuid"]
    found: dict[str, str] = {}

    def walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
                continue
            while "<" in route:
                start, _, rest = route.partition("<")
                inside, _, rest = rest.partition(">")
                route = start + filled[inside.partition(":")[0] if ":" in inside else "str"] + rest
            found[f"{pattern.name} {route}"] = f"/{route}"

    walk(get_resolver().url_patterns, "")
    return found


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER])
def test_who_must_have_a_second_factor_reaches_nothing_else_from_the_second_visit_on(role: Role) -> None:
    user = accounts.add_user(email="root@team.example", role=role, actor=SYSTEM, now=datetime.now(UTC))
    first = link_in(user)
    assert first.get("/account/").status_code == 200
    client = link_in(user)
    routes = _every_route()
    assert len(routes) > 30
    for name, url in routes.items():
        if name.partition(" ")[0] in WITHOUT_FACTOR:
            continue
        for method in (client.get, client.post):
            response = method(url)
            if url.startswith("/api/"):
                assert response.status_code == 403, f"{name} answered {response.status_code}"
            else:
                assert (response.status_code, response["Location"]) == (302, "/account/second-factor/"), name
    assert first.get("/account/").status_code == 302
    assert client.get("/account/second-factor/").status_code == 200
    assert client.get("/account/codes/").status_code == 404
    set_up_app(client)
    assert client.get("/account/").status_code == 200
    # What one must have, one cannot take away from oneself.
    assert "must have a second factor" in client.post("/account/app/removal/").content.decode()
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_a_second_factor_can_be_asked_of_any_role_or_person_and_of_none(lan: User) -> None:
    now = datetime.now(UTC)
    link_in(lan)
    client = link_in(lan)
    assert client.get("/account/").status_code == 200
    accounts.require_factor_of(roles=[Role.ANALYST], actor=SYSTEM, now=now)
    assert client.get("/account/")["Location"] == "/account/second-factor/"
    accounts.require_factor_of(roles=[], actor=SYSTEM, now=now)
    assert client.get("/account/").status_code == 200
    accounts.change_user(user=lan, must_have_factor=True, actor=SYSTEM, now=now)
    assert client.get("/account/")["Location"] == "/account/second-factor/"
    assert people.factor_roles() == []


def test_nobody_touches_the_passkeys_of_another(lan: User) -> None:
    minh = accounts.add_user(email="minh@team.example", role=Role.ANALYST, actor=SYSTEM, now=datetime.now(UTC))
    key = Authenticator.objects.create(user=minh, type="webauthn", data={"name": "Minh", "credential": {}})
    client = link_in(lan)
    for path in (f"/account/passkeys/{key.pk}/", f"/account/passkeys/{key.pk}/removal/"):
        assert client.get(path).status_code == 404
        assert client.post(path, {"name": "x"}).status_code == 404


def test_upkeep_forgets_what_is_over_and_nothing_else(lan: User) -> None:
    client = link_in(lan)
    now = datetime.now(UTC)
    accounts.make_link(user=lan, now=now - timedelta(days=40))
    accounts.make_link(user=lan, now=now)
    accounts.forget(now=now)
    assert SignInLink.objects.count() == 2
    assert client.get("/account/").context["sessions"]
    accounts.forget(now=now + timedelta(days=2))
    assert client.get("/account/").status_code == 302
    assert people.sessions(lan) == []


def test_every_page_of_signing_in_speaks_both_languages(lan: User, django_assert_max_num_queries: object) -> None:
    client = link_in(lan)
    for language, mark in (("vi", 'lang="vi"'), ("en", 'lang="en"')):
        client.post("/language/", {"language": language})
        for name in (
            "account",
            "password",
            "second-factor",
            "mfa_activate_totp",
            "mfa_add_webauthn",
            "mfa_generate_recovery_codes",
        ):
            page = client.get(reverse(name))
            assert page.status_code == 200, name
            assert mark in page.content.decode()
        anonymous = Client(headers={"Accept-Language": language})
        for name in ("sign-in", "link-sent"):
            assert mark in anonymous.get(reverse(name)).content.decode()
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        client.get("/account/")


def test_actions_on_people_are_for_administrators(lan: User) -> None:
    from tocsin.base.tenancy import NotAllowed

    analyst, now = Viewer(lan.pk, lan.email, Role.ANALYST), datetime.now(UTC)
    for act in (
        lambda: accounts.add_user(email="x@team.example", role=Role.READER, actor=analyst, now=now),
        lambda: accounts.change_user(user=lan, role=Role.ADMINISTRATOR, actor=analyst, now=now),
        lambda: accounts.deactivate(user=lan, actor=analyst, now=now),
        lambda: accounts.activate(user=lan, actor=analyst, now=now),
        lambda: accounts.make_link(user=lan, actor=analyst, now=now),
        lambda: accounts.reset_factors(user=lan, actor=analyst, now=now),
        lambda: accounts.require_factor_of(roles=[], actor=analyst, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert people.people(analyst).count() == 0
