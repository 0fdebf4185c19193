"""An organization nobody knows asks to be looked after: by mail, by a person who decides, never by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from django.core.cache import cache
from django.test import Client

from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.core import constituency as plain
from tocsin.project.commands.registrations import registrations
from tocsin.project.work import registrations as work
from tocsin.reach import actions as reach
from tocsin.reach import queries as reached
from tocsin.reach.models import Registration, RegistrationMail

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {
    "name_vi": "Xã Đồi Mây", "name_en": "Doi May Commune", "sector": "", "person": "Chi, văn phòng", "email": "Chi@doimay.example",
    "phone": "024 0000 0000", "holdings": "203.0.113.0/29, doimay.example", "note": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _open(settings: object) -> None:
    settings.TOCSIN_REGISTRATIONS = 3  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = ""  # type: ignore[attr-defined]
    cache.clear()


def _mails(folder: Path) -> list[str]:
    reach.send_registration_mails(now=datetime.now(UTC) + timedelta(seconds=1))
    files = sorted(folder.glob("outbox/**/*.eml"), key=lambda file: file.stat().st_mtime_ns)
    read = (message_from_bytes(file.read_bytes(), policy=policy.default) for file in files)
    return [
        f"{mail['To']}\n{mail['Subject']}\n{mail.get_content()}"
        for mail in read
        if "registration." in mail["Message-ID"]
    ]


def test_an_organization_asks_confirms_and_is_taken_in(
    town: None, signed_in: Callable[..., Client], tmp_path: Path, program: Callable[..., Client]
) -> None:
    anybody = Client(headers={"accept-language": "vi"})
    assert anybody.post("/register/", ASKED)["Location"] == "/register/sent/"
    [mail] = _mails(tmp_path)
    assert mail.startswith("Chi@doimay.example\n")
    link = re.search(r"https?://[^/]+(/register/\S+)", mail)
    assert link is not None
    # Looking is not confirming, and before that nobody of the team sees it.
    assert "so-y-te" not in anybody.get(link[1]).content.decode()
    assert not reached.registrations(SYSTEM).exists()
    assert anybody.post(link[1]).status_code == 302
    assert anybody.post(link[1]).status_code == 302
    [row] = reached.registrations(SYSTEM, open_only=True)
    assert len(_mails(tmp_path)) == 2
    # The team is told that somebody holds it; the applicant never is.
    team = signed_in(Role.ANALYST)
    page = team.get("/registrations/").content.decode()
    assert "so-y-te" in page
    assert 'value="xa-doi-may"' in page
    assert "so-y-te" not in anybody.get(link[1]).content.decode() + "".join(_mails(tmp_path))
    decision = f"/registrations/{row.pk}/decision/"
    team.post(decision, {"act": "approve", "id": "so-y-te"})
    team.post(decision, {"act": "refuse"})
    row.refresh_from_db()
    assert row.state == "asked"
    assert team.post(decision, {"act": "approve", "id": "xa-doi-may"})["Location"] == "/organizations/xa-doi-may/reach/"
    made = constituents.organizations(SYSTEM).get(pk="xa-doi-may")
    contact = made.contacts.get()
    assert (contact.email.lower(), contact.state, contact.verified_at is not None) == (
        "chi@doimay.example",
        "active",
        True,
    )
    # What it claims is not held: it is to be proven.
    assert not made.networks.exists()
    assert {(c.kind, c.value, c.state) for c in reached.holding_claims(SYSTEM).filter(organization=made)} == {
        ("network", "203.0.113.0/29", "asked"), ("domain", "doimay.example", "asked"),
    }  # fmt: skip
    assert len(_mails(tmp_path)) == 3
    assert AuditEntry.objects.filter(action="registration-approved", object_id=str(row.pk)).exists()
    assert program().post(f"/api/v1/registrations/{row.pk}/decision", {"approve": False, "because": "x"}, "application/json").status_code == 409  # fmt: skip


def test_the_answer_is_the_same_for_whoever_is_known_and_has_limits(settings: object) -> None:
    known = "an@so-a.example"
    there = plain.Organization("so-a", "Sở A", "Office A", contacts=(plain.Contact("An", known),))
    constituency.import_all(organizations=[there], ignored=[], actor=SYSTEM, now=datetime.now(UTC))
    answers = []
    for email in (known, "nobody@nowhere.example", "nobody@nowhere.example"):
        answer = Client().post("/register/", {**ASKED, "email": email})
        answers.append((answer.status_code, answer["Location"], answer.content))
    assert len(set(answers)) == 1
    # The same address is written to once an hour.
    assert RegistrationMail.objects.count() == 2
    assert Client().post("/register/", ASKED).status_code == 429
    assert Registration.objects.count() == 3
    settings.TOCSIN_REGISTRATIONS = 100  # type: ignore[attr-defined]
    assert [Client().post("/register/", ASKED).status_code for _ in range(2)] == [302, 429]
    settings.TOCSIN_REGISTRATIONS = 0  # type: ignore[attr-defined]
    assert Client().get("/register/").status_code == Client().get("/register/sent/").status_code == 404


def test_who_is_refused_is_told_why_and_a_link_is_not_guessed(tmp_path: Path, settings: object) -> None:
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    words = {**ASKED, "holdings": [("domain", "doimay.example")], "language": "en"}
    reach.register(applicant=reach.Applicant(**words), now=now)
    row = Registration.objects.get()
    with pytest.raises(reach.NotConfirmed):
        reach.decide_registration(registration=row, approve=True, because="", id_="x", actor=SYSTEM, now=now)
    assert Client().post(f"/register/{row.pk.hex}.ffffffff:x/").status_code == 404
    reach.confirm_registration(registration=row, now=now)
    with pytest.raises(reach.BadRegistration):
        reach.decide_registration(registration=row, approve=False, because=" ", actor=SYSTEM, now=now)
    assert [one["email"] for one in work.list_all(everything=False)] == [row.email]
    refused = CliRunner().invoke(registrations, ["refuse", str(row.pk), "--because", "No such commune", "--json"])
    assert json.loads(refused.stdout)["decided_because"] == "No such commune"
    assert work.list_all(everything=False) == []
    assert [one["state"] for one in work.list_all(everything=True)] == ["refused"]
    late = CliRunner().invoke(registrations, ["approve", str(row.pk), "--as", "xa-x"])
    assert (late.exit_code, "already" in late.stderr) == (1, True)
    assert CliRunner().invoke(registrations, ["approve", str(UUID(int=1)), "--as", "xa-x"]).exit_code == 1
    assert "No such commune" in _mails(tmp_path)[-1]
    reach.register(applicant=reach.Applicant(**words), now=now + timedelta(days=9))
    new = Registration.objects.get(state="new")
    assert len(work.list_all(everything=True)) == 1, "nobody confirmed the other one"
    reach.confirm_registration(registration=new, now=now + timedelta(days=9))
    taken = CliRunner().invoke(registrations, ["approve", str(new.pk), "--as", "xa-x"])
    assert (taken.exit_code, taken.stderr) == (0, "approved\n")
    assert constituents.contacts(SYSTEM).get(organization="xa-x").email == new.email
