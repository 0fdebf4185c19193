"""Policies, silences, approval and claims, as approvers and analysts use their pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.test import Client

from tocsin.base.tenancy import SYSTEM, Role
from tocsin.findings.models import Finding
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices.models import Claim, Policy, Silence
from tocsin.notices.tests import cast
from tocsin.project.commands.policies import own_rules

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[..., Client]
POLICY = {
    "organization": "bv-a",
    "kind": "open-rdp",
    "needs_approval": "on",
    "grouping": "kind",
    "minimum_severity": "low",
    "tlp": "TLP:GREEN",
    "language": "",
    "contact_roles": "security, head",
    "repeat_days": "3",
    "repeat_critical": "1",
    "deadline_high": "2",
    "note": "agreed with the hospital",
}


@pytest.fixture(autouse=True)
def two_organizations(tmp_path: object, settings: object) -> datetime:
    """Two organizations, one finding each, nothing decided yet."""
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = ""  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    cast.organizations("bv-a", "so-b", now=now)
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"), ("so-b", "open-rdp", "203.0.113.8", "high"), at=now)
    return now


def _text(client: Client, url: str, language: str = "en") -> str:
    response = client.get(url, headers={"Accept-Language": language})
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_policy_is_made_on_its_page_and_the_page_says_which_one_applies(signed_in: SignedIn) -> None:
    client = signed_in(Role.APPROVER)
    assert client.post("/policies/new/", POLICY).status_code == 302
    row = Policy.objects.get()
    assert (row.organization_id, row.kind, row.needs_approval, row.grouping) == ("bv-a", "open-rdp", True, "kind")
    assert (row.repeat_days_by, row.deadline_days, row.contact_roles) == (
        {"critical": 1},
        {"high": 2},
        ["head", "security"],
    )
    assert client.post("/policies/new/", {**POLICY, "organization": "", "kind": "", "note": ""}).status_code == 302
    text = _text(client, "/policies/?organization=bv-a&kind=open-rdp")
    assert "This policy applies" in text
    assert "the policy for this organization and this kind – agreed with the hospital" in text
    assert "Less specific ones that would apply without it" in text
    assert "the policy for all" in _text(client, "/policies/?organization=so-b&kind=mirai")
    assert client.post(f"/policies/{row.pk}/removal/").status_code == 302
    assert not Policy.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"organization": "nobody"}, "organization"),
        ({"repeat_days": "-1"}, "repeat_days"),
        ({"tlp": "TLP:BLUE"}, "tlp"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_at_its_field(
    signed_in: SignedIn, wrong: dict[str, str], field: str
) -> None:
    response = signed_in(Role.APPROVER).post("/policies/new/", {**POLICY, **wrong})
    assert response.status_code == 400
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Policy.objects.exists()


def test_rules_are_seen_by_the_team_and_changed_by_approvers_only(signed_in: SignedIn) -> None:
    reader, analyst = signed_in(Role.READER), signed_in(Role.ANALYST)
    for client in (reader, analyst):
        assert client.post("/policies/new/", POLICY).status_code == 404
        assert client.post("/silences/", {"reason": "x", "until": "2099-01-01"}).status_code == 404
        assert client.post("/approvals/", {"scope": "all", "do": "approve"}).status_code == 404
        assert "New policy" not in _text(client, "/policies/")
    assert reader.post("/claims/rulings/", {"do": "accept"}).status_code == 404
    assert not Policy.objects.exists()
    assert not Silence.objects.exists()


def test_the_team_says_for_an_organization_how_often_it_wants_mail_and_the_rest_stays() -> None:
    def said(*words: str) -> list[dict[str, object]]:
        found = CliRunner().invoke(own_rules, [*words, "--json"])
        assert found.exit_code == 0, found.stderr
        rows = json.loads(found.stdout)
        return rows if isinstance(rows, list) else [rows]

    said("set", "bv-a", "--floor", "medium", "--rhythm", "weekly", "--weekday", "2", "--hour", "9")
    said("set", "bv-a", "--rhythm", "daily")
    (row,) = said("list")
    assert (row["floor"], row["rhythm"], row["hour"], row["weekday"]) == ("medium", "daily", 9, 2)
    assert CliRunner().invoke(own_rules, ["list"]).stdout.startswith("bv-a  from medium, daily at 9:00")
    missing = CliRunner().invoke(own_rules, ["set", "x", "--floor", "low"])
    assert (missing.exit_code, missing.stderr) == (1, "tocsin: x: no such organization\n")


def test_a_silence_holds_until_it_is_ended(signed_in: SignedIn, two_organizations: datetime) -> None:
    client = signed_in(Role.APPROVER)
    until = (two_organizations + timedelta(days=3)).date().isoformat()
    given = {"organization": "bv-a", "kind": "vulnerable-system", "reason": "bảo trì", "until": until}
    assert client.post("/silences/", {**given, "until": "2020-01-01"}).status_code == 400
    assert client.post("/silences/", given).status_code == 302
    assert notices.decide(now=two_organizations).reasons == {"silenced": 1, "first": 1}
    assert "bảo trì" in _text(client, "/silences/")
    assert "silenced" in _text(client, "/decisions/?organization=bv-a")
    assert client.post(f"/silences/{Silence.objects.get().pk}/end/").status_code == 302
    later = two_organizations + timedelta(minutes=5)
    assert notices.decide(now=later).reasons == {"first": 1}


def test_looking_at_what_would_go_out_writes_nothing(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    text = _text(client, "/preview/")
    assert "security@bv-a.example" in text
    assert "open-rdp × 1: first warning" in text
    draft = _text(client, "/preview/bv-a/")
    assert "203.0.113.7" in draft
    assert "/answer/[…]/" in draft
    assert "203.0.113.8" not in draft
    assert noticed.notices(SYSTEM).count() == 0


def test_chosen_notices_are_approved_and_rejected_at_once(signed_in: SignedIn, two_organizations: datetime) -> None:
    now = two_organizations
    notices.set_policy(
        organization_id="", kind="", wanted=notices.Wanted(needs_approval=True), actor=SYSTEM, now=now
    )  # fmt: skip
    assert notices.run(now=now)["waiting"] == 2
    client = signed_in(Role.APPROVER)
    text = _text(client, "/preview/")
    assert "needs approval: the policy for all" in text
    first, _ = noticed.notices(SYSTEM).order_by("organization_id")
    listed = _text(client, "/notices/")
    assert f'value="{first.pk}"' in listed
    look = client.post("/approvals/", {"id": [str(first.pk)], "look": "1"}).content.decode()
    assert "security@bv-a.example" in look
    assert "security@so-b.example" not in look
    assert noticed.notices(SYSTEM, state="waiting").count() == 2  # looking lets nothing go
    assert client.post("/approvals/", {"id": [str(first.pk)], "do": "reject", "reason": " "}).status_code == 302
    assert noticed.notices(SYSTEM, state="waiting").count() == 2
    client.post("/approvals/", {"id": [str(first.pk)], "do": "reject", "reason": "đã biết"})
    (second,) = noticed.notices(SYSTEM, state="waiting")
    gone = client.post("/approvals/", {"id": [str(second.pk)], "do": "approve", "back": "notices"})
    assert gone["Location"] == "/notices/"
    assert client.post("/approvals/", {"id": [str(second.pk)], "look": "1"})["Location"] == "/notices/"
    assert f'value="{second.pk}"' not in _text(client, "/notices/")
    states = {n.organization_id: (n.state, n.ended_because) for n in noticed.notices(SYSTEM)}
    assert states == {"bv-a": ("rejected", "đã biết"), "so-b": ("ready", "")}
    later = now + timedelta(days=30)
    assert notices.run(now=later)["reasons"] == {"declined": 1, "reminder-due": 1}
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "critical"), at=later)
    assert notices.run(now=later + timedelta(minutes=1))["reasons"]["first"] == 1


def test_a_claim_waits_for_an_analyst_and_refused_it_is_warned_of_again(
    signed_in: SignedIn, two_organizations: datetime
) -> None:
    now = two_organizations
    notices.run(now=now)
    for notice, word in zip(noticed.notices(SYSTEM), ("not-ours", "false-positive"), strict=True):
        notices.answer(notice=notice, word=word, by="x@so-b.example", means="link", now=now, note="hãy xem lại")
    client = signed_in(Role.ANALYST)
    text = _text(client, "/claims/")
    assert "203.0.113.7" in text
    assert "hãy xem lại" in text
    assert notices.run(now=now + timedelta(days=8))["sent"] == 0
    theirs = Claim.objects.get(what="not-ours")
    client.post("/claims/rulings/", {"id": [str(theirs.pk)], "do": "refuse", "note": "đúng là của đơn vị"})
    finding = Finding.objects.get(pk=theirs.finding_id)
    assert (finding.owner, finding.changes.order_by("-pk")[0].what) == ("silent", "overruled")
    assert notices.run(now=now + timedelta(days=8))["reasons"] == {"nothing-new": 1, "reminder-due": 1}
    assert Claim.objects.filter(ruling="").count() == 1
    assert "refused" in _text(client, "/claims/?settled=1")


def test_what_failed_is_tried_again_at_the_press_of_a_button(
    signed_in: SignedIn, two_organizations: datetime, settings: object
) -> None:
    now = two_organizations
    from tocsin.constituency.models import Contact

    Contact.objects.filter(organization="bv-a").update(email="nobody@-bad-.example")
    notices.run(now=now)
    failed = noticed.notices(SYSTEM, state="failed").get()
    assert failed.deliveries.get().failure == "bad-address"
    cast.contact("bv-a", "right@bv-a.example")
    client = signed_in(Role.ANALYST)
    assert client.post(f"/notices/{failed.pk}/retry/").status_code == 302
    notices.run(now=datetime.now(UTC))
    assert noticed.notices(SYSTEM).get(pk=failed.pk).state == "partly-sent"
    assert {d.recipient: d.state for d in failed.deliveries.all()} == {
        "nobody@-bad-.example": "failed",
        "right@bv-a.example": "handed-over",
    }


@pytest.mark.parametrize(("language", "says"), [("vi", "Máy chủ của quý đơn vị"), ("en", "A server of yours")])
def test_anyone_may_read_what_a_kind_is(client: Client, language: str, says: str) -> None:
    assert says in _text(client, "/kinds/open-rdp/", language)
    assert "open-rdp" in _text(client, "/kinds/", language)
    assert client.get("/kinds/no-such-kind/").status_code == 404
