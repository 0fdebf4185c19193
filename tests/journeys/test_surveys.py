"""A question to five organizations over a real mail server: answered in every way, the silent one reminded once."""

from __future__ import annotations

import email
import email.policy
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import transaction
from django.test import Client

from tocsin.accounts import actions as accounts
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.campaigns.models import Campaign
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.queries import Selection
from tocsin.core import constituency as plain
from tocsin.notices.models import Emergency
from tocsin.notices.tests import cast
from tocsin.project.work import followup, surveys
from tocsin.surveys import actions, queries, rules
from tocsin.surveys.models import Asked, Survey, SurveyMail

NOW = datetime(2027, 3, 1, 3, tzinfo=UTC)  # a Monday, 10:00
DAY = timedelta(days=1)
QUESTIONS = [
    {"kind": "yes-no", "vi": "Đơn vị có dùng ExampleMail không?", "en": "Do you run ExampleMail?"},
    {"kind": "number", "vi": "Bao nhiêu máy chủ?", "en": "How many servers?", "required": False},
]


class Box:
    """A mail server that keeps what it takes, and kills a victim once it has taken a mail."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.victim: subprocess.Popen[bytes] | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.original_content or b"")
        found = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(found, email.message.EmailMessage)
        self.mails.append(found)
        if self.victim is not None:
            self.victim.kill()
            self.victim.wait()
        return "250 taken"

    def to(self, address: str) -> list[email.message.EmailMessage]:
        """Return the mails to an address."""
        return [one for one in self.mails if address in str(one["To"])]


@pytest.fixture
def box() -> Iterator[tuple[Box, str]]:
    """Run the server; yield it and its address."""
    found = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    yield found, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def five(tmp_path: Path, settings: object, box: tuple[Box, str]) -> Box:
    """Make five organizations of two sectors, each with a security contact and a head."""
    settings.TOCSIN_HOME, settings.TOCSIN_EMAIL_URL = tmp_path, box[1]  # type: ignore[attr-defined]
    made = [
        plain.Organization(
            id=f"dv-{n}", name_vi=f"Đơn vị {n}", name_en=f"Unit {n}", sector="health" if n < 3 else "education", language="en" if n == 2 else "vi",
            contacts=(plain.Contact("Bà Tư", f"head@dv-{n}.example", ("head",), "+84 24 0000 0000"), plain.Contact("An", f"an@dv-{n}.example", ("security",))),
        )
        for n in range(1, 6)
    ]  # fmt: skip
    constituency.import_all(organizations=made, ignored=[], actor=SYSTEM, now=NOW)
    return box[0]


def _wanted(**more: object) -> actions.Wanted:
    given: dict[str, object] = {
        "selection": Selection(everyone=True),
        "questions": QUESTIONS,
        "due_on": date(2027, 3, 12),
        **more,
    }
    return actions.Wanted(title_vi="Có dùng ExampleMail không?", title_en="Do you run ExampleMail?", **given)  # type: ignore[arg-type]


def _sent() -> Survey:
    row = actions.draft(wanted=_wanted(), actor=cast.LAN, now=NOW)
    actions.send(survey=row, actor=cast.MINH, now=NOW, untested=True)
    row.refresh_from_db()
    actions.send_mails(now=NOW)
    return row


def _link(box: Box, address: str) -> str:
    found = re.search(r"/questions/\S+", box.to(address)[-1].get_content())
    assert found is not None
    return found[0]


@pytest.mark.django_db(transaction=True)
def test_five_are_asked_and_each_answers_in_their_way(
    five: Box, client: Client, signed_in: Callable[..., Client], program: Callable[..., Client]
) -> None:
    row = actions.draft(wanted=_wanted(), actor=cast.LAN, now=NOW)
    with pytest.raises(actions.NotTried):
        actions.send(survey=row, actor=cast.MINH, now=NOW)
    assert actions.test(survey=row, to=["lan@team.example"], actor=cast.LAN, now=NOW)[0]["state"] == "handed-over"
    assert [one["Subject"][:13] for one in five.to("lan@team.example")] == ["[THỬ – TEST] "] * 2
    with pytest.raises(NotAllowed):
        actions.send(survey=row, actor=cast.LAN, now=NOW)
    actions.send(survey=row, actor=cast.MINH, now=NOW)
    with pytest.raises(actions.NotADraft):
        actions.send(survey=row, actor=cast.MINH, now=NOW)
    assert (actions.send_mails(now=NOW), actions.send_mails(now=NOW)) == (5, 0)
    assert sorted(one["To"].addresses[0].addr_spec for one in five.mails[2:]) == [
        f"an@dv-{n}.example" for n in range(1, 6)
    ]
    assert "We have" not in five.to("an@dv-1")[0].get_content()
    assert "we have a question to Unit 2" in five.to("an@dv-2")[0].get_content()

    # Two answer by their link; looking at it, as a scanner does, answers nothing.
    for n, (runs, servers) in {1: ("yes", "3"), 2: ("yes", "")}.items():
        link = _link(five, f"an@dv-{n}")
        page = client.get(link)
        assert page.status_code == 200
        assert not Asked.objects.get(organization=f"dv-{n}").answered_at
        assert client.post(link, {"q1": ""}).status_code == 400
        assert client.post(link, {"q1": runs, "q2": servers}).status_code == 302
    assert client.get(_link(five, "an@dv-1").replace("/questions/", "/questions/x")).status_code == 404

    # One in the portal; somebody else's contact finds nothing there, and may not write there either.
    user = accounts.add_user(email="ba@dv-3.example", role=Role.CONTACT, actor=SYSTEM, now=NOW)
    constituency.join(user=user, organization=constituents.organizations(SYSTEM).get(pk="dv-3"))
    client.force_login(user)
    assert client.get("/portal/questions/").content.decode().count("/portal/questions/0") == 1
    own, other = (Asked.objects.get(organization=id_) for id_ in ("dv-3", "dv-5"))
    assert client.post(f"/portal/questions/{own.pk}/", {"q1": "no", "q2": "1"}).status_code == 302
    assert client.post(f"/portal/questions/{own.pk}/", {"q1": "yes", "q2": "10"}).status_code == 302
    assert client.get(f"/portal/questions/{other.pk}/").status_code == 404
    assert client.post(f"/portal/questions/{other.pk}/", {"q1": "no"}).status_code == 404
    assert client.get(f"/surveys/{row.pk}/").status_code == 404
    theirs = Viewer(None, "x@dv-3.example", Role.CONTACT, frozenset({"dv-3"}))
    with pytest.raises(NotAllowed):
        actions.answer(asked=other, given={"1": "no"}, actor=theirs, means="api", now=NOW)

    # One is called by the team.
    called = Asked.objects.get(organization="dv-4")
    actions.answer(asked=called, given={"1": "unknown"}, actor=cast.LAN, means="team", now=NOW, note="Qua điện thoại")
    figures = queries.figures(SYSTEM, row)
    assert (figures.n_asked, figures.n_answered, figures.silent) == (5, 4, {"education": (1, 3), "health": (0, 2)})
    runs_it, servers_of = figures.tallies
    assert runs_it.counts == {"yes": 3, "no": 0, "unknown": 1}
    assert (servers_of.n_answered, servers_of.total, servers_of.median) == (2, 13, rules.Decimal("6.5"))
    assert [(a.means, a.by) for a in queries.answers(SYSTEM).filter(asked=own)] == [("portal", "ba@dv-3.example")] * 2
    (silent,) = queries.call_list(SYSTEM, row, NOW.date())
    assert [one.phone for one in silent.contacts if one.phone] == ["+84 24 0000 0000"]

    # The silent one is reminded three working days before, and its head once it is due; never twice.
    before = datetime(2027, 3, 9, 1, tzinfo=UTC)
    assert followup.run(at=before - timedelta(seconds=1))["chased"] == 0
    assert [followup.run(at=before)["chased"], followup.run(at=before)["chased"]] == [1, 0]
    assert len(five.to("an@dv-5")) == 2
    assert five.to("an@dv-5")[1]["In-Reply-To"] == five.to("an@dv-5")[0]["Message-ID"]
    # It is due on a Friday: nobody is written to at the weekend.
    assert followup.run(at=datetime(2027, 3, 14, 5, tzinfo=UTC))["chased"] == 0
    assert followup.run(at=datetime(2027, 3, 15, 1, tzinfo=UTC))["chased"] == 1
    assert followup.run(at=datetime(2027, 3, 15, 1, tzinfo=UTC))["chased"] == 0
    assert len(five.to("head@dv-5")) == 1
    assert sum(len(five.to(f"@dv-{n}")) for n in range(1, 5)) == 4
    later = datetime(2027, 3, 15, 9, tzinfo=UTC)
    assert len(actions.remind(survey=row, organizations=None, actor=cast.LAN, now=later, dry_run=True)) == 1
    assert len(actions.remind(survey=row, organizations=["dv-5", "dv-1"], actor=cast.LAN, now=later)) == 1
    assert actions.remind(survey=row, organizations=None, actor=cast.LAN, now=later) == []

    # From answers to action: the three that run it.
    chosen = [one.organization_id for one in queries.chosen(SYSTEM, row, question="1", value="yes")]
    assert chosen == ["dv-1", "dv-2", "dv-3"]
    assert [
        actions.note_fact(survey=row, organizations=chosen, label="runs ExampleMail", actor=cast.LAN, now=later)
        for _ in "12"
    ] == [3, 0]
    _selected_by_what_they_said(signed_in(Role.ANALYST), program(), theirs)
    actions.warn(survey=row, organizations=chosen, actor=cast.LAN, now=later)
    assert Emergency.objects.get().selection["organizations"] == chosen

    heading, rows = queries.table(SYSTEM, row, "en")
    assert [row_[6:] for row_ in rows[:2]] == [["Yes", "3", ""], ["Yes", "", ""]]
    assert (heading[5], rows[3][5], rows[3][8]) == ("By what means", "heard by the team", "Qua điện thoại")

    # Closed: nothing more is taken, and nothing more goes out.
    actions.close(survey=row, actor=cast.LAN, now=later)
    n = len(five.mails)
    assert actions.send_mails(now=later) == 0
    assert len(five.mails) == n
    client.logout()
    assert client.get(_link(five, "an@dv-5")).status_code == 410
    assert client.post(_link(five, "an@dv-5"), {"q1": "no"}).status_code == 410
    with pytest.raises(actions.Closed):
        actions.answer(asked=other, given={"1": "no"}, actor=cast.LAN, means="team", now=later)


def _selected_by_what_they_said(analyst: Client, teams: Client, theirs: Viewer) -> None:
    """What was registered chooses whom a survey, a warning and a campaign are about, on pages and by API; a contact learns nothing of it."""
    runs = Selection(facts=("runs ExampleMail", "runs nothing"))
    day = NOW.date()
    assert [one.pk for one in constituents.selected(SYSTEM, runs, day)] == ["dv-1", "dv-2", "dv-3"]
    assert constituents.selected(theirs, runs, day) == []
    both = Selection(facts=runs.facts, sectors=("education",), organizations=("dv-5",))
    assert [one.pk for one in constituents.selected(SYSTEM, both, day)] == ["dv-3", "dv-5"]
    again = actions.draft(wanted=_wanted(selection=runs), actor=cast.LAN, now=NOW)
    assert [one.organization.pk for one in actions.reached(again, now=NOW)] == ["dv-1", "dv-2", "dv-3"]
    actions.drop(survey=again, actor=cast.LAN, now=NOW)

    names = {f"{name}_{language}": "Vá ExampleMail" for name in ("title", "text") for language in ("vi", "en")}
    typed = {**names, "severity": "high", "tlp": "TLP:AMBER", "answer_hours": "24", "facts": ["runs ExampleMail"]}
    where = analyst.post("/emergencies/new/", typed)["location"]
    assert "dv-3" in (shown := analyst.get(where).content.decode()) and "dv-4" not in shown
    assert analyst.post("/emergencies/new/", {**typed, "facts": ["runs nothing"]}).status_code == 400
    campaign = {"title_vi": "x", "title_en": "x", "weaknesses": "open-rdp", "severity": "info", "facts": ["runs ExampleMail"]}  # fmt: skip
    assert analyst.post("/campaigns/new/", campaign).status_code == 302
    made = teams.post("/api/v1/campaigns", {**campaign, "weaknesses": ["open-rdp"]}, content_type="application/json")
    assert made.status_code == 201
    kept = [one.selection for one in Campaign.objects.all()]
    assert [(one["everyone"], one["facts"]) for one in kept] == [(False, ["runs ExampleMail"])] * 2
    warning = {**names, "selection": {"facts": ["runs ExampleMail"]}}
    said = teams.post("/api/v1/emergencies", warning, content_type="application/json")
    assert said.json()["selection"]["facts"] == ["runs ExampleMail"]
    Emergency.objects.all().delete()
    listed = teams.get("/api/v1/constituency/facts?label=runs ExampleMail").json()["items"]
    assert (
        [one["organization"] for one in listed]
        == ["dv-1", "dv-2", "dv-3"]
        == [one["organization"] for one in surveys.facts("runs ExampleMail")]
    )
    assert [one["organization"] for one in surveys.facts("")] == ["dv-1", "dv-2", "dv-3"] and surveys.facts("x") == []
    reader = Viewer(7, "r@team.example", Role.READER)
    with pytest.raises(NotAllowed):
        constituency.withdraw_fact(fact=constituents.facts(SYSTEM).get(organization="dv-3"), actor=reader, now=NOW)
    assert teams.delete(f"/api/v1/constituency/facts/{listed[2]['id']}").status_code == 204
    assert [one.pk for one in constituents.selected(SYSTEM, runs, day)] == ["dv-1", "dv-2"]
    assert AuditEntry.objects.filter(action="fact-withdrawn", object_id="dv-3").count() == 1


@pytest.mark.django_db(transaction=True)
def test_where_a_mail_comes_back_the_next_contact_is_asked(five: Box) -> None:
    _sent()
    mail = SurveyMail.objects.get(recipient="an@dv-1.example")
    given = {"message_id": f"<survey.{mail.pk.hex}@x>", "status": "5.1.1", "said": "no such user", "now": NOW + DAY}
    with transaction.atomic():
        assert actions.bounce_mail(**given)  # type: ignore[arg-type]
        assert actions.bounce_mail(**given) == []  # type: ignore[arg-type]
        assert actions.bounce_mail(**{**given, "message_id": "<other@x>"}) is None  # type: ignore[arg-type]
    actions.send_mails(now=NOW + DAY)
    assert len(five.to("head@dv-1")) == 1
    assert len(five.to("an@dv-1")) == 1


@pytest.mark.database
def test_killed_between_taking_and_noting_repeats_one_mail_under_its_message_id(
    environment: dict[str, str], box: tuple[Box, str], tmp_path: Path
) -> None:
    server, url = box
    organizations = [{"id": f"dv-{n}", "contacts": [{"email": f"an@dv-{n}.example"}]} for n in (1, 2)]
    (tmp_path / "c.yaml").write_text(json.dumps({"version": 1, "organizations": organizations}))
    survey = {
        "title_vi": "x",
        "title_en": "x",
        "due_on": "2099-01-01",
        "selection": {"everyone": True},
        "questions": QUESTIONS,
    }
    (tmp_path / "s.yaml").write_text(json.dumps(survey))
    environment = {**environment, "TOCSIN_EMAIL_URL": url}

    def tocsin(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def said(*arguments: str) -> str:
        process = tocsin(*arguments)
        out, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
        return out.decode()

    said("constituency", "import", str(tmp_path / "c.yaml"))
    id_ = said("surveys", "create", str(tmp_path / "s.yaml")).strip()
    server.victim = tocsin("surveys", "send", id_, "--untested")
    server.victim.communicate()
    assert server.victim.returncode == -9
    assert len(server.mails) == 1
    server.victim = None
    for _ in range(2):
        said("followup", "run")
    ids = [(str(one["To"]), str(one["Message-ID"])) for one in server.mails]
    assert len(ids) == 3
    assert len(set(ids)) == 2
    found = json.loads(said("surveys", "show", id_, "--json"))
    assert (found["state"], found["n_asked"], found["silent"]) == ("sent", 2, ["dv-1", "dv-2"])


@pytest.mark.django_db(transaction=True)
def test_the_team_does_all_of_it_on_pages(five: Box, client: Client) -> None:
    people = {role: accounts.add_user(email=f"{role.value}@team.example", role=role, actor=SYSTEM, now=NOW) for role in (Role.READER, Role.ANALYST, Role.APPROVER)}  # fmt: skip
    form = {
        "title_vi": "Có dùng không?", "title_en": "Do you run it?", "due_on": "2099-01-01", "remind_days": "3", "tlp": "TLP:GREEN", "sectors": ["health"],
        "organizations": "dv-5", "question-1-kind": "yes-no", "question-1-vi": "Có dùng không?", "question-1-en": "Do you run it?", "question-1-required": "on",
        "question-2-kind": "choice", "question-2-vi": "Bản nào?", "question-2-en": "Which?", "question-2-options": "Cũ | Old\nMới | New", "question-3-kind": "text",
        "question-4-kind": "text", "question-5-kind": "text",
    }  # fmt: skip
    client.force_login(people[Role.READER])
    assert client.get("/surveys/").status_code == 200
    assert client.post("/surveys/new/", form).status_code == 404
    client.force_login(people[Role.ANALYST])
    assert client.post("/surveys/new/", {**form, "question-2-options": "Cũ"}).status_code == 400
    assert client.post("/surveys/new/", {**form, "due_on": "2020-01-01"}).status_code == 400
    here = client.post("/surveys/new/", form)["Location"]
    row = Survey.objects.get()
    assert (row.questions[1]["options"], len(row.questions)) == (
        [{"vi": "Cũ", "en": "Old"}, {"vi": "Mới", "en": "New"}],
        2,
    )
    page = client.get(here, headers={"Accept-Language": "en"}).content.decode()
    assert "3 organizations get it" in page
    assert all(f"an@dv-{n}.example" in page for n in (1, 2, 5))
    assert "an@dv-3.example" not in page

    def act(what: str, **more: object) -> str:
        return client.post(f"{here}act/", {"act": what, **more}, follow=True, headers={"Accept-Language": "en"}).content.decode()  # fmt: skip

    assert "Try it on a test address first" in (client.force_login(people[Role.APPROVER]) or act("send"))
    assert "an address is not right" in act("test", to="nobody")
    assert "Handed over to the test addresses" in act("test", to="a@team.example, b@team.example")
    client.force_login(people[Role.ANALYST])
    assert "Only an approver may send it." in act("send")
    assert client.post(f"{here}change/", {**form, "title_en": "Changed"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.title_en) == ("draft", "Changed")
    act("test", to="a@team.example")
    client.force_login(people[Role.APPROVER])
    assert "3 organizations are asked." in act("send")
    assert client.get(f"{here}change/").status_code == 302
    actions.send_mails(now=datetime.now(UTC))
    assert "0 organizations are reminded" in act("remind-all")

    # What was heard by phone is written down, corrected, and leads to a fact and to a warning.
    asked = Asked.objects.get(organization="dv-1")
    assert client.post(f"/surveys/asked/{asked.pk}/", {"q2": "1"}).status_code == 400
    for version in "12":
        assert client.post(f"/surveys/asked/{asked.pk}/", {"q1": "yes", "q2": version}).status_code == 302
    page = client.get(f"{here}?show=1:yes", headers={"Accept-Language": "en"}).content.decode()
    assert page.count('name="id"') == 1
    assert "Registered of 1 organization" in act("fact", show="1:yes", label="dùng ExampleMail")
    assert "Choose organizations first." in act("warn")
    act("warn", show="1:yes")
    assert Emergency.objects.get().selection["organizations"] == ["dv-1"]
    table = b"".join(client.get(f"{here}answers.csv", headers={"Accept-Language": "en"})).decode("utf-8-sig")  # type: ignore[call-overload]
    assert table.splitlines()[1].startswith("dv-1,Unit 1,health,")
    assert "approver@team.example,heard by the team,Yes,New" in table
    assert "+84 24 0000 0000" in client.get(f"{here}calls/").content.decode()
    assert "no answers are taken any more" in act("close")
    assert client.post(f"/surveys/asked/{asked.pk}/", {"q1": "no", "q2": "1"}).status_code == 302
    assert Asked.objects.get(pk=asked.pk).values == {"1": "yes", "2": "2"}


@pytest.mark.django_db(transaction=True)
def test_an_organizations_program_answers_and_the_teams_chases(five: Box, program: Callable[..., Client]) -> None:
    team, own = program(), program(organization="dv-1")
    document = {
        "title_vi": "x", "title_en": "x", "due_on": "2099-01-01", "selection": {"organizations": ["dv-1", "dv-2"]}, "questions": QUESTIONS,
    }  # fmt: skip
    made = team.post("/api/v1/surveys", document, content_type="application/json").json()
    base = f"/api/v1/surveys/{made['id']}"
    assert team.get(f"{base}/preview").json()["recipients"][0] == {"organization": "dv-1", "to": "an@dv-1.example"}
    assert team.post(f"{base}/sending", {}, content_type="application/json").status_code == 409
    assert team.post(f"{base}/sending", {"untested": True}, content_type="application/json").json()["n_asked"] == 2
    (asked,) = own.get("/api/v1/surveys/asked?silent=true").json()["items"]
    answer = f"/api/v1/surveys/asked/{asked['id']}/answer"
    assert own.post(answer, {"answer": {"1": "maybe"}}, content_type="application/json").status_code == 422
    said = own.post(answer, {"answer": {"1": "yes", "2": "4"}}, content_type="application/json").json()
    assert said["answer"] == {"1": "yes", "2": "4"}
    assert own.get(base).status_code == 404
    figures = team.get(f"{base}/figures").json()
    assert (figures["n_answered"], figures["tallies"][1]["sum"], figures["silent_by_sector"]) == (1, "4", {"health": 1})
    SurveyMail.objects.all().delete()
    for dry_run, n in ((True, 0), (False, 1)):
        found = team.post(f"{base}/chase", {"dry_run": dry_run}, content_type="application/json").json()
        assert found == {"organizations": ["dv-2"], "dry_run": dry_run}
        assert SurveyMail.objects.count() == n
    assert [one["organization"] for one in team.get(f"{base}/answers?silent=false").json()["items"]] == ["dv-1"]
    assert team.post(f"{base}/closing").json()["state"] == "closed"
    assert own.post(answer, {"answer": {"1": "no"}}, content_type="application/json").status_code == 409
