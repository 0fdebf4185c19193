"""Contacts proven alive: asked twice a year, confirmed by a press and not by a look, changed with approval, drilled."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tocsin.base.tenancy import SYSTEM, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Contact, Organization
from tocsin.core import constituency as plain
from tocsin.reach import actions as reach
from tocsin.reach import queries, rules
from tocsin.reach.models import Call

pytestmark = pytest.mark.django_db(transaction=True)
OWNER, ADDRESS = "so-y-te", "antoan@soyte.example"
LONG_AGO = timedelta(days=181)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TOCSIN_HOME = tmp_path
    settings.TOCSIN_EMAIL_URL = ""
    settings.TOCSIN_EMAIL_FROM = "Tocsin <canhbao@team.example>"


def _owner(at: datetime) -> Contact:
    value = plain.Organization(
        OWNER, "Sở Y tế", "Department of Health", language="vi", contacts=(plain.Contact("Bàn an ninh", ADDRESS, ("security",)),)
    )  # fmt: skip
    constituency.import_all(organizations=[value], ignored=[], actor=SYSTEM, now=at)
    return Contact.objects.get(email=ADDRESS)


def _mails(home: Path) -> dict[str, tuple[str, str]]:
    """Return subject and link of each mail in the outbox, by recipient."""
    found = {}
    for path in sorted((home / "outbox").glob("call.*.eml"), key=lambda p: p.stat().st_mtime):
        mail: Any = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        found[str(mail["To"])] = (str(mail["Subject"]), re.search(r"/contact/[^/\s]+/", text)[0])  # type: ignore[index]
    return found


def test_a_contact_is_asked_after_half_a_year_and_a_look_confirms_nothing(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    contact = _owner(now - LONG_AGO)
    assert reach.ask_contacts(now=now - timedelta(days=2)) == 0
    assert reach.ask_contacts(now=now) == 1
    assert reach.ask_contacts(now=now) == 0
    assert reach.send_calls(now=now)["sent"] == 1
    [(subject, link)] = _mails(tmp_path).values()
    assert "Sở Y tế" in subject
    page = Client().get(link)
    assert page.status_code == 200
    assert "Bàn an ninh" in page.content.decode()
    contact.refresh_from_db()
    assert contact.verified_at is None
    assert Client().post(link, {"act": "yes"}).status_code == 302
    contact.refresh_from_db()
    assert contact.verified_at is not None
    assert Client().get(link[:-3] + "x/").status_code == 404
    # An import that changes the phone leaves what was learnt alone; another address has confirmed nothing.
    changed = plain.Contact("Bàn an ninh", ADDRESS, ("security",), phone="+84 1")
    constituency.change_item(row=contact, item=changed, actor=SYSTEM, now=now)
    assert Contact.objects.get(pk=contact.pk).verified_at is not None
    moved = plain.Contact("Bàn an ninh", "khac@soyte.example", ("security",))
    constituency.change_item(row=Contact.objects.get(pk=contact.pk), item=moved, actor=SYSTEM, now=now)
    assert Contact.objects.get(pk=contact.pk).verified_at is None


def test_who_never_answers_is_asked_three_times_and_the_figure_says_so() -> None:
    began = datetime.now(UTC)
    _owner(began)
    asked = sum(reach.ask_contacts(now=began + timedelta(days=day)) for day in range(170, 260))
    assert asked == rules.ASKED_AT_MOST
    found = queries.reachability(SYSTEM, [OWNER], began + timedelta(days=260))[OWNER]
    assert found.figure == 100 - sum(rules.WEIGHTS[reason] for reason in found.reasons)
    assert {"never-confirmed", "only-one", "no-head", "no-other-way"} <= set(found.reasons)


def test_a_proposed_address_is_told_only_once_it_confirmed_itself(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    contact = _owner(now - LONG_AGO)
    reach.ask_contacts(now=now)
    reach.send_calls(now=now)
    [(_, link)] = _mails(tmp_path).values()
    given = {"act": "change", "name": "Trực ban", "email": "truc@soyte.example", "roles": ["security"], "note": "Đổi"}
    assert Client().post(link, given).status_code == 302
    [proposal] = queries.proposals(SYSTEM, open_only=True)
    assert ("email", ADDRESS, "truc@soyte.example") in proposal.differences
    minh = Viewer(2, "minh@team.example", Role.ANALYST)
    reach.decide_proposal(proposal=proposal, approve=True, because="", actor=minh, now=now)
    with pytest.raises(reach.AlreadyDecided):
        reach.decide_proposal(proposal=proposal, approve=False, because="", actor=minh, now=now)
    told = constituents.contacts_of(SYSTEM, [OWNER], now.date())[OWNER]
    assert [row.email for row in told] == [ADDRESS]
    reach.send_calls(now=now)
    new_link = next(link for to, (_, link) in _mails(tmp_path).items() if "truc@" in to)
    assert Client().post(new_link, {"act": "yes"}).status_code == 302
    tomorrow = now.date() + timedelta(days=1)
    told = constituents.contacts_of(SYSTEM, [OWNER], tomorrow)[OWNER]
    assert [row.email for row in told] == ["truc@soyte.example"]
    assert Contact.objects.get(pk=contact.pk).valid_to is not None


def test_a_drill_says_exercise_and_tells_who_answered_and_who_did_not(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    _owner(now)
    other = plain.Organization("xa-a", "Xã A", "Commune A", contacts=(plain.Contact("", "a@xa-a.example"),))
    constituency.import_all(organizations=[other], ignored=[], actor=SYSTEM, now=now)
    drill = reach.begin_drill(
        title="Quý 4", organizations=[], roles=[], ends_at=now + timedelta(hours=1), actor=SYSTEM, now=now
    )
    with pytest.raises(reach.BadDrill, match="not known"):
        reach.begin_drill(title="x", organizations=["nobody"], roles=[], ends_at=now + timedelta(hours=1), actor=SYSTEM, now=now)  # fmt: skip
    assert reach.send_calls(now=now)["sent"] == 2
    mails = _mails(tmp_path)
    assert all(subject.startswith("[DIỄN TẬP – EXERCISE]") for subject, _ in mails.values())
    link = next(link for to, (_, link) in mails.items() if ADDRESS in to)
    assert "EXERCISE" in Client().get(link).content.decode()
    assert queries.drill_result(SYSTEM, drill).answered == 0
    Client().post(link, {"act": "yes"})
    result = queries.drill_result(SYSTEM, drill)
    assert (result.called, result.sent, result.answered, result.organizations_answered) == (2, 2, 1, 1)
    assert result.median is not None
    # A call that comes back marks the address.
    call = Call.objects.get(email="a@xa-a.example")
    with transaction.atomic():
        acts = reach.bounce_call(
            message_id=f"<call.{call.pk.hex}@team.example>", status="5.1.1", said="unknown", now=now
        )
    assert acts is not None
    assert Contact.objects.get(email="a@xa-a.example").state == "dead"
    later = now + timedelta(days=1)
    reached = queries.reachability(SYSTEM, [OWNER, "xa-a"], later)
    assert "silent-in-drill" not in reached[OWNER].reasons
    assert {"nobody", "address-dead"} <= set(reached["xa-a"].reasons)
    assert Organization.objects.count() == 2
