"""An emergency: one warning to many at once, whatever the hour, tried first, sent once, answered and followed like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role
from tocsin.constituency import actions as constituency
from tocsin.constituency.queries import Selection
from tocsin.core import constituency as plain
from tocsin.notices import actions, links
from tocsin.notices.actions import delivering, emergencies
from tocsin.notices.models import CalendarDay, Delivery, Emergency, EscalationStep, Notice
from tocsin.notices.tests import cast
from tocsin.project.work import followup

pytestmark = pytest.mark.django_db(transaction=True)
TET = datetime(2027, 2, 6, 18, tzinfo=UTC)  # 01:00 at night on the second day of the year
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def province(tmp_path: Path, settings: object) -> Iterator[None]:
    """Make a department with two units below it, a hospital elsewhere, and one organization with nobody to tell."""
    settings.TOCSIN_HOME, settings.TOCSIN_EMAIL_URL = tmp_path, ""  # type: ignore[attr-defined]
    people = (plain.Contact("An", "an@{}.example", ("security",)), plain.Contact("Bà Tư", "head@{}.example", ("head",)))

    def organization(id_: str, **more: object) -> plain.Organization:
        contacts = tuple(plain.Contact(p.name, p.email.format(id_), p.roles) for p in people)
        given: dict[str, object] = {"contacts": contacts, "language": "vi", **more}
        return plain.Organization(id=id_, name_vi=f"Đơn vị {id_}", name_en=f"Unit {id_}", **given)  # type: ignore[arg-type]

    made = [
        organization("so", sector="government"),
        organization("xa-1", parent="so", sector="government"),
        organization("xa-2", parent="xa-1", sector="education", language="en"),
        organization("vien", sector="health", criticality="critical", essential=True),
        organization("trong", sector="health", contacts=()),
        organization("cu", sector="health", valid_to=date(2026, 1, 1)),
    ]
    constituency.import_all(organizations=made, ignored=[], actor=SYSTEM, now=TET)
    CalendarDay.objects.create(first_on="2027-02-01", last_on="2027-02-20", name="Nghỉ", added_by="x", added_at=TET)
    return


def _wanted(**selection: object) -> emergencies.Wanted:
    return emergencies.Wanted(
        title_vi="Lỗ hổng nghiêm trọng trong phần mềm thư", title_en="Grave weakness in mail software", text_vi="Ngắt máy chủ ngay.\n\nSau đó vá.",
        text_en="Disconnect it now.\n\nThen patch.", selection=Selection(**selection),  # type: ignore[arg-type]
    )  # fmt: skip


def _draft(**selection: object) -> Emergency:
    return emergencies.draft(wanted=_wanted(**selection), actor=cast.LAN, now=TET)


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        ({"everyone": True}, {"so", "xa-1", "xa-2", "vien", "trong"}),
        ({"below": "so"}, {"so", "xa-1", "xa-2"}),
        ({"below": "so", "sectors": ("government",)}, {"so", "xa-1"}),
        ({"essential": True, "organizations": ("xa-2", "none")}, {"vien", "xa-2"}),
        ({"criticalities": ("critical",)}, {"vien"}),
        ({"sectors": ("health",)}, {"vien", "trong"}),
        ({"organizations": ("xa-1",)}, {"xa-1"}),
        ({}, set()),
    ],
)
def test_a_selection_is_by_rule_and_by_hand(selection: dict[str, object], chosen: set[str]) -> None:
    found = emergencies.reached(_draft(**selection), now=TET)
    assert {one.organization.pk for one in found} == chosen


def test_it_goes_out_at_night_in_tet_to_every_contact_once_and_is_followed_like_any_notice(client: Client) -> None:
    row = _draft(below="so", sectors=(), organizations=("trong",))
    with pytest.raises(actions.NotTested):
        emergencies.send(emergency=row, actor=cast.MINH, now=TET)
    (outcome,) = emergencies.test(emergency=row, to=["Lan@team.example"], actor=cast.LAN, now=TET)
    assert (outcome["to"], outcome["state"]) == ("lan@team.example", "handed-over")
    with pytest.raises(NotAllowed):
        emergencies.send(emergency=row, actor=cast.LAN, now=TET)
    emergencies.send(emergency=row, actor=cast.MINH, now=TET)
    with pytest.raises(actions.NotADraft):
        emergencies.send(emergency=row, actor=cast.MINH, now=TET, untested=True)
    actions.deliver(now=TET)
    told = Delivery.objects.filter(state="handed-over").order_by("recipient").values_list("recipient", "language")
    assert list(told) == [
        ("an@so.example", "vi"), ("an@xa-1.example", "vi"), ("an@xa-2.example", "en"),
        ("head@so.example", "vi"), ("head@xa-1.example", "vi"), ("head@xa-2.example", "en"),
    ]  # fmt: skip
    states = dict(Notice.objects.values_list("organization_id", "state"))
    assert states == {"so": "sent", "xa-1": "sent", "xa-2": "sent", "trong": "no-contact"}
    delivery = Delivery.objects.get(recipient="head@xa-2.example")
    path = links.link(delivery.pk, TET).split("/answer/")[1]
    page = client.get(f"/answer/{path}").content.decode()
    assert "Grave weakness in mail software" in page
    assert "Please answer by" in page
    actions.answer(notice=delivery.notice, word="fixed", by="head@xa-2.example", means="link", now=TET + HOUR)
    # Nobody is left to tell but the team; an emergency waits for no working day.
    first = [step.due_at - TET for step in EscalationStep.objects.filter(number=1)]
    assert first == [4 * HOUR] * 3
    followup.run(at=TET + 25 * HOUR)
    over = EscalationStep.objects.filter(notice=delivery.notice).values_list("because", flat=True)
    assert set(over) == {"answered"}
    assert Notice.objects.get(organization="so").deadline == "missed"


def test_who_could_not_be_told_is_told_when_there_is_somebody() -> None:
    row = _draft(organizations=("trong",))
    emergencies.send(emergency=row, actor=cast.MINH, now=TET, untested=True)
    assert followup.run(at=TET + HOUR)["escalated"] == 0
    assert Notice.objects.get().state == "no-contact"
    cast.contact("trong", "moi@trong.example")
    followup.run(at=TET + 2 * HOUR)
    assert [(d.recipient, d.state) for d in Delivery.objects.all()] == [("moi@trong.example", "handed-over")]
    assert Notice.objects.get().state == "sent"


def test_an_emergency_overtakes_what_waits() -> None:
    for number in range(60):
        cast.found(("so", "open-rdp", f"203.0.113.{number}", "low"), at=TET)
    actions.set_policy(organization_id="", kind="", wanted=actions.Wanted(grouping="kind"), actor=SYSTEM, now=TET)
    actions.decide(now=TET)
    row = _draft(organizations=("vien",))
    emergencies.send(emergency=row, actor=cast.MINH, now=TET, untested=True)
    due = Delivery.objects.filter(state="ready")
    assert {one.notice.reason for one in delivering._next(due)} == {"emergency"}


def test_a_draft_says_what_is_missing_and_a_change_asks_for_another_trial() -> None:
    wanted = _wanted(everyone=True)
    with pytest.raises(actions.BadEmergency) as empty:
        emergencies.draft(wanted=emergencies.Wanted(" ", "x", "x", "x", Selection()), actor=cast.LAN, now=TET)
    assert empty.value.field == "title_vi"
    row = _draft(organizations=("so",))
    emergencies.test(emergency=row, to=["lan@team.example"], actor=cast.LAN, now=TET + HOUR)
    row.refresh_from_db()
    assert emergencies.tested(row)
    emergencies.redraft(emergency=row, wanted=wanted, actor=cast.LAN, now=TET + 2 * HOUR)
    row.refresh_from_db()
    assert not emergencies.tested(row)
    emergencies.drop(emergency=row, actor=cast.LAN, now=TET)
    for act in (emergencies.redraft, emergencies.drop):
        with pytest.raises(actions.NotADraft):
            act(emergency=row, actor=cast.LAN, now=TET, **({"wanted": wanted} if act is emergencies.redraft else {}))


def test_it_is_written_tried_and_let_go_on_its_pages(signed_in: Callable[..., Client]) -> None:
    analyst, approver = signed_in(Role.ANALYST), signed_in(Role.APPROVER)
    given = {
        "title_vi": "Ngắt máy chủ thư", "title_en": "Disconnect mail", "text_vi": "Ngắt ngay.", "text_en": "Disconnect it now.", "severity": "critical",
        "answer_hours": "6", "tlp": "TLP:GREEN", "below": "so", "organizations": "trong\nvien",
    }  # fmt: skip
    wrong = analyst.post("/emergencies/new/", given | {"title_en": "", "answer_hours": "0"})
    assert wrong.status_code == 400
    assert wrong.content.decode().count("errorlist") == 2
    page = analyst.post("/emergencies/new/", given)
    row = Emergency.objects.get()
    assert page["Location"] == f"/emergencies/{row.pk}/"
    shown = analyst.get(page["Location"]).content.decode()
    assert "head@xa-1.example" in shown
    assert "5 đơn vị sẽ nhận được" in shown
    assert 'value="send"' not in shown
    act = f"/emergencies/{row.pk}/act/"
    approver.post(act, {"act": "send"})
    analyst.post(act, {"act": "test", "to": "not an address"})
    assert not Emergency.objects.get().tests
    analyst.post(act, {"act": "test", "to": "lan@team.example"})
    assert [one["state"] for one in Emergency.objects.get().tests] == ["handed-over"]
    analyst.post(act, {"act": "send"})
    assert not Notice.objects.exists()
    begun = analyst.get(f"/emergencies/{row.pk}/change/").content.decode()
    assert "trong vien" in begun
    assert 'value="send"' in approver.get(page["Location"]).content.decode()
    for _ in range(2):
        approver.post(act, {"act": "send"})
    assert Notice.objects.filter(emergency=row).count() == 5
    followed = analyst.get(page["Location"]).content.decode()
    assert "TC-" in followed
    assert "0 / 5" in followed
    assert analyst.get(f"/emergencies/{row.pk}/change/")["Location"] == page["Location"]
    reader = signed_in(Role.READER)
    assert reader.get("/emergencies/new/").status_code == 404
    assert "Ngắt máy chủ thư" in reader.get("/emergencies/").content.decode()
