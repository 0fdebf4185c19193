"""Administrators say who signs in: on the pages and on the command line; the last one cannot be removed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tocsin import roster
from tocsin.accounts import actions as accounts
from tocsin.accounts.models import AccountMail, User
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.people import actions

SignedIn = Callable[..., Client]
PROVINCE = """version: 1
organizations:
  - {id: so-y-te, name: {vi: Sở Y tế, en: Department of Health}}
  - {id: so-tai-chinh, name: {vi: Sở Tài chính, en: Department of Finance}}
"""


@pytest.fixture
def province(tmp_path: object) -> None:
    path = tmp_path / "province.yaml"  # type: ignore[operator]
    path.write_text(PROVINCE)
    organizations = roster.read(path).organizations
    constituency.import_all(organizations=organizations, ignored=[], actor=SYSTEM, now=datetime.now(UTC))


def said(action: str) -> list[dict[str, object]]:
    return [entry.detail for entry in AuditEntry.objects.filter(action=action).order_by("id")]


@pytest.mark.django_db(transaction=True)
def test_an_administrator_adds_a_contact_who_then_signs_in(province: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    form = {
        "email": "Chi@So.Example",
        "name": "Chị Đào",
        "role": "contact",
        "organizations": "so-y-te",
        "language": "vi",
    }
    for wrong in (
        {"email": "no address"},
        {"organizations": ""},
        {"organizations": "so-nowhere"},
        {"role": "analyst"},
        {"role": "king"},
    ):
        assert client.post("/people/new/", form | wrong).status_code == 200
    assert User.objects.count() == 1
    page = client.post("/people/new/", form)
    assert page.status_code == 200
    address = urlsplit(page.context["address"])
    chi = Client()
    assert chi.post(address.path).status_code == 302
    assert "so-y-te" in chi.get("/organizations/").content.decode()
    assert "so-tai-chinh" not in chi.get("/organizations/").content.decode()
    assert chi.get("/people/").status_code == 404
    again = client.post("/people/new/", form | {"email": "chi@so.example"}, headers={"Accept-Language": "en"})
    assert "is there already" in again.content.decode()
    assert User.objects.count() == 2
    found = client.get("/people/", {"search": "dao"}).content.decode()
    assert "chi@so.example" in found
    assert "administrator@team.example" not in found.partition("<main")[2].partition("</main")[0]
    assert {entry.actor_email for entry in AuditEntry.objects.filter(action__in=["user-added", "link-made"])} == {
        "system",
        "administrator@team.example",
    }


@pytest.mark.django_db(transaction=True)
def test_a_changed_role_counts_at_once_and_is_written_down(province: None, signed_in: SignedIn) -> None:
    client, lan = signed_in(Role.ADMINISTRATOR), signed_in(Role.ANALYST)
    user = User.objects.get(role="analyst")
    url = f"/people/{user.pk}/"
    assert lan.get("/sent/").status_code == 200
    form = {"name": "Lan", "role": "contact", "organizations": "so-y-te, so-tai-chinh", "language": "en"}
    assert client.post(url, form).status_code == 302
    assert lan.get("/sent/").status_code == 404
    assert said("user-changed")[-1]["before"] == {"role": "analyst", "name": "", "language": ""}
    assert said("membership-changed")[-1]["organizations"] == ["so-tai-chinh", "so-y-te"]
    assert client.post(url, form | {"organizations": "so-y-te"}).status_code == 302
    assert constituents.organizations_of(SYSTEM, [user.pk]) == {user.pk: ["so-y-te"]}
    assert client.post(url, form | {"role": "reader", "organizations": ""}).status_code == 302
    assert constituents.organizations_of(SYSTEM, [user.pk]) == {}


@pytest.mark.django_db(transaction=True)
def test_closing_an_account_ends_what_it_had_open(signed_in: SignedIn, program: object) -> None:
    from tocsin.base.api.scopes import Scope

    client = signed_in(Role.ADMINISTRATOR)
    now = datetime.now(UTC)
    root = accounts.add_user(email="root@team.example", role=Role.ADMINISTRATOR, actor=SYSTEM, now=now)
    browser = Client()
    browser.post(f"/sign-in/{accounts.make_link(user=root, now=now)}/")
    unused = accounts.make_link(user=root, now=now)
    _, secret = accounts.add_token(
        name="t", scopes=[Scope("findings:read")], actor=Viewer(root.pk, root.email, Role.ADMINISTRATOR), now=now
    )
    caller = Client(headers={"Authorization": f"Bearer {secret}"})
    assert (browser.get("/account/").status_code, caller.get("/api/v1/findings").status_code) == (200, 200)
    assert client.post(f"/people/{root.pk}/closing/").status_code == 302
    assert (browser.get("/account/").status_code, caller.get("/api/v1/findings").status_code) == (302, 401)
    assert Client().post(f"/sign-in/{unused}/").status_code == 403
    refused = client.post(f"/people/{root.pk}/link/", follow=True, headers={"Accept-Language": "en"})
    assert "The account is closed" in refused.content.decode()
    assert client.post(f"/people/{root.pk}/opening/").status_code == 302
    root.refresh_from_db()
    assert root.is_active


@pytest.mark.django_db(transaction=True)
def test_the_last_administrator_stays(signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    me = User.objects.get()
    en = {"Accept-Language": "en"}
    page = client.post(f"/people/{me.pk}/", {"role": "analyst", "name": "", "language": ""}, headers=en)
    assert "last administrator" in page.content.decode()
    assert "last administrator" in client.post(f"/people/{me.pk}/closing/", follow=True, headers=en).content.decode()
    me.refresh_from_db()
    assert (me.role, me.is_active) == ("administrator", True)
    other = accounts.add_user(email="root@team.example", role=Role.ADMINISTRATOR, actor=SYSTEM, now=datetime.now(UTC))
    accounts.deactivate(user=other, actor=SYSTEM, now=datetime.now(UTC))
    with pytest.raises(accounts.LastAdministrator):
        accounts.change_user(user=me, role=Role.READER, actor=SYSTEM, now=datetime.now(UTC))


@pytest.mark.django_db(transaction=True)
def test_a_lost_second_step_is_reset_and_the_person_is_told(signed_in: SignedIn) -> None:
    client, lan = signed_in(Role.ADMINISTRATOR), signed_in(Role.ANALYST)
    user = User.objects.get(role="analyst")
    Authenticator.objects.create(user=user, type="totp", data={"secret": ""})
    assert client.post(f"/people/{user.pk}/reset/").status_code == 302
    assert not Authenticator.objects.exists()
    assert [mail.kind for mail in AccountMail.objects.all()] == ["factors-reset"]
    assert said("factors-reset") == [{"factors": 1}]
    assert lan.get("/people/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_roles_that_need_a_second_step_are_chosen_on_the_page(signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    assert client.get("/people/").context["form"].initial["roles"] == ["administrator", "approver"]
    assert client.post("/people/second-step/", {"roles": ["analyst"]}).status_code == 302
    assert client.get("/people/").context["form"].initial["roles"] == ["analyst"]
    assert said("factor-required") == [{"roles": ["analyst"]}]
    assert client.post("/people/second-step/", {"roles": ["king"]}).status_code == 302
    assert client.get("/people/").context["form"].initial["roles"] == ["analyst"]


@pytest.mark.django_db(transaction=True)
def test_a_contact_has_an_organization_and_nobody_else_has(province: None) -> None:
    now = datetime.now(UTC)
    place = constituents.organizations(SYSTEM)[:1]
    for role, places in ((Role.CONTACT, []), (Role.ANALYST, list(place))):
        with pytest.raises(actions.NoOrganization):
            actions.add(email="x@team.example", role=role, organizations=places, actor=SYSTEM, now=now)
    assert not User.objects.exists()


def _tocsin(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


REMOVER = """
import sys
from tocsin.project.work import people
from tocsin.accounts.actions import LastAdministrator
print("ready", flush=True)
sys.stdin.read(1)
try:
    people.deactivate(sys.argv[1])
except LastAdministrator:
    sys.exit(3)
"""


@pytest.mark.database
def test_administrators_who_remove_each_other_at_once_leave_one(environment: dict[str, str]) -> None:
    names = [f"root{n}@team.example" for n in range(3)]
    for name in names:
        assert _tocsin(environment, "user", "add", name, "--role", "administrator").returncode == 0
    command = [sys.executable, "-c", REMOVER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    running = [subprocess.Popen([*command, name], env=environment, **pipes) for name in names]  # type: ignore[call-overload]
    for process in running:
        assert process.stdout.readline() == b"ready\n"
    for process in running:
        process.stdin.write(b"!")
        process.stdin.close()
    codes = [process.wait(60) for process in running]
    for process in running:
        process.stdout.close()
    assert sorted(codes) == [0, 0, 3]
    listed = json.loads(_tocsin(environment, "user", "list", "--json").stdout)
    assert sum(person["is_active"] for person in listed) == 1


@pytest.mark.database
def test_people_are_kept_on_the_command_line(environment: dict[str, str], tmp_path: object) -> None:
    path = tmp_path / "province.yaml"  # type: ignore[operator]
    path.write_text(PROVINCE)
    assert _tocsin(environment, "constituency", "import", str(path)).returncode == 0

    added = _tocsin(environment, "user", "add", "root@team.example", "--role", "administrator", "--name", "Minh")
    assert added.stdout.startswith("http://127.0.0.1:8000/sign-in/"), added.stderr
    assert _tocsin(environment, "user", "add", "root@team.example", "--role", "reader").returncode == 1
    assert _tocsin(environment, "user", "add", "x", "--role", "reader").returncode == 2
    assert _tocsin(environment, "user", "add", "chi@so.example", "--role", "contact").returncode == 2
    assert (
        _tocsin(environment, "user", "add", "a@so.example", "--role", "contact", "--organization", "x").returncode == 1
    )
    contact = _tocsin(environment, "user", "add", "chi@so.example", "--role", "contact", "--organization", "so-y-te")
    assert contact.returncode == 0, contact.stderr

    listed = json.loads(_tocsin(environment, "user", "list", "--json").stdout)
    assert [(p["email"], p["role"], p["organizations"]) for p in listed] == [
        ("chi@so.example", "contact", ["so-y-te"]),
        ("root@team.example", "administrator", []),
    ]
    last = _tocsin(environment, "user", "deactivate", "root@team.example")
    assert (last.returncode, "last administrator" in last.stderr) == (1, True)
    assert _tocsin(environment, "user", "change", "root@team.example", "--role", "reader").returncode == 1
    assert _tocsin(environment, "user", "change", "root@team.example").returncode == 2
    assert (
        _tocsin(environment, "user", "change", "root@team.example", "--name", "Mai", "--language", "vi").returncode == 0
    )
    assert _tocsin(environment, "user", "deactivate", "chi@so.example").returncode == 0
    closed = _tocsin(environment, "user", "link", "chi@so.example")
    assert (closed.returncode, "activate" in closed.stderr) == (1, True)
    assert _tocsin(environment, "user", "activate", "chi@so.example").returncode == 0
    assert "/sign-in/" in _tocsin(environment, "user", "link", "chi@so.example").stdout
    assert _tocsin(environment, "user", "link", "nobody@so.example").returncode == 1
    told = json.loads(_tocsin(environment, "audit", "list", "--json").stdout)
    assert {entry["actor"] for entry in told} == {"system"}
    assert {"user-added", "user-changed", "user-deactivated", "link-made"} <= {entry["action"] for entry in told}
    checks = {c["name"]: c for c in json.loads(_tocsin(environment, "doctor", "--json").stdout)}
    assert "1 administrators, 1 of them without a second step" in checks["sign-in"]["says"]
    assert checks["audit trail"]["ok"]
