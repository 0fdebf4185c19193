"""Claims of owners: agreed to by an approver, with an end; they come back by themselves, or go to whose it is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tocsin.base.tenancy import SYSTEM, NotAllowed
from tocsin.findings.models import Disowned, Finding
from tocsin.intake.models import Unattributed
from tocsin.notices import actions, queries
from tocsin.notices.models import Claim, EscalationStep
from tocsin.notices.tests import cast
from tocsin.notices.tests.cast import LAN, MINH, NOW
from tocsin.reach import actions as reach
from tocsin.reach.models import Call

pytestmark = pytest.mark.django_db
UNTIL = date(2027, 2, 1)


@pytest.fixture
def warned() -> None:
    cast.organizations("bv-a", "so-b")
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"), ("bv-a", "open-rdp", "203.0.113.8", "high"))
    actions.run(now=NOW)


def _one(asset: str = "203.0.113.7") -> Finding:
    return Finding.every.get(asset=asset)


def _answer(word: str, *assets: str, until: date | None = None, note: str = "vì thế") -> None:
    found = list(Finding.objects.filter(asset__in=assets or ["203.0.113.7"]))
    actions.answer_findings(
        findings=found, word=word, by="an@bv-a.example", means="portal", now=NOW, note=note, until=until
    )


def test_a_risk_is_accepted_until_a_day_warned_of_thirty_days_before_and_comes_back(warned: None) -> None:
    with pytest.raises(actions.BadAnswer, match="reason"):
        _answer("risk-accepted", until=UNTIL, note=" ")
    with pytest.raises(actions.BadAnswer, match="year"):
        _answer("risk-accepted", until=UNTIL + timedelta(days=900))
    _answer("risk-accepted", until=UNTIL)
    claim = Claim.objects.get()
    with pytest.raises(NotAllowed):
        actions.rule(claim=claim, accept=True, note="", actor=LAN, now=NOW)
    actions.rule(claim=claim, accept=True, note="đồng ý", actor=MINH, now=NOW + timedelta(days=1))
    claim.refresh_from_db()
    assert (claim.state, claim.asked_by, claim.note) == ("approved", "an@bv-a.example", "vì thế")
    end = claim.until
    assert end is not None
    assert end.astimezone(NOW.tzinfo).date() == UNTIL
    none = actions.Ended([], [])
    assert actions.end_claims(now=end - timedelta(days=31)) == none
    assert actions.end_claims(now=end - timedelta(days=29)) == actions.Ended([], [claim.pk])
    assert actions.end_claims(now=end - timedelta(days=28)) == none
    # Each of its contacts was written to, once, and the team sees which these are.
    assert [(call.kind, call.contact.organization_id) for call in Call.objects.all()] == [("ending", "bv-a")]
    assert reach.send_calls(now=end - timedelta(days=28))["sent"] == 1
    assert [c.pk for c in queries.claims(SYSTEM, state="ending")] == [claim.pk]
    assert _one().owner == "risk-accepted"
    assert actions.end_claims(now=end + timedelta(minutes=1)) == actions.Ended([claim.pk], [])
    assert actions.end_claims(now=end + timedelta(days=9)) == none
    assert (_one().owner, Claim.objects.get().state) == ("silent", "ended")
    history = _one().changes.filter(what__in=["owner", "overruled"]).order_by("pk")
    assert [(c.after, c.means, c.reason) for c in history] == [
        ("risk-accepted", "portal", ""),
        ("silent", "time", "claim-ended"),
    ]
    assert actions.run(now=end + timedelta(minutes=2))["reasons"] == {"reminder-due": 1}


def test_a_false_alarm_counts_for_a_year_unless_the_approver_says_less(warned: None) -> None:
    _answer("false-positive", "203.0.113.7", "203.0.113.8")
    first, second = Claim.objects.order_by("finding__asset")
    for wrong in (date(2026, 11, 1), date(2029, 1, 1)):
        with pytest.raises(actions.BadRuling):
            actions.rule(claim=first, accept=True, note="", actor=MINH, now=NOW, until=wrong)
    actions.rule(claim=first, accept=True, note="", actor=MINH, now=NOW)
    actions.rule(claim=second, accept=True, note="", actor=MINH, now=NOW, until=UNTIL)
    ends = [claim.until for claim in queries.claims(SYSTEM, state="approved").order_by("-until")]
    assert ends[0] == NOW + timedelta(days=365)
    assert ends[1] is not None
    assert ends[1].date() == UNTIL
    # Another word of the owner takes the place of what was agreed to, and nothing comes back at its end.
    _answer("seen", "203.0.113.8")
    ended = actions.end_claims(now=ends[1] + timedelta(days=1))
    assert (ended.ended, _one("203.0.113.8").owner) == ([], "seen")


def test_an_answer_about_one_finding_leaves_the_others_silent_and_ends_the_escalation(warned: None) -> None:
    _answer("fixing", until=date(2026, 12, 1))
    assert (_one().owner, _one("203.0.113.8").owner) == ("fixing", "silent")
    notice = queries.notices(SYSTEM)[0]
    answer = notice.answers.get()
    assert (answer.n_findings, answer.means, answer.until) == (1, "portal", date(2026, 12, 1))
    assert not EscalationStep.objects.filter(state="pending").exists()
    _answer("seen", "203.0.113.7", "203.0.113.8")
    assert notice.answers.order_by("-at", "-pk")[0].n_findings is None


def test_what_is_not_theirs_belongs_to_nobody_now_and_later(warned: None) -> None:
    _answer("not-ours")
    actions.rule(claim=Claim.objects.get(), accept=True, note="đã trả lại dải này", actor=LAN, now=NOW)
    assert not Finding.objects.filter(asset="203.0.113.7").exists()
    change = _one().changes.order_by("-pk")[0]
    assert (change.what, change.reason, change.note) == ("moved", "not-ours", "đã trả lại dải này")
    assert Unattributed.objects.get().n_events == 1
    later = NOW + timedelta(days=1)
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"), ("bv-a", "open-smb", "203.0.113.7", "critical"), at=later)
    assert not Finding.objects.filter(asset="203.0.113.7").exists()
    assert sorted(Unattributed.objects.values_list("asset", "kind", "n_events")) == [
        ("203.0.113.7", "open-rdp", 2),
        ("203.0.113.7", "open-smb", 1),
    ]
    from tocsin.findings import actions as findings

    findings.own_again(disowned=Disowned.objects.get(), actor=MINH, now=later)
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"), at=later + timedelta(days=1))
    assert (_one().moved_at, _one().changes.order_by("-pk")[0].what) == (None, "returned")


def test_what_is_not_theirs_goes_to_the_organization_that_is_named(warned: None) -> None:
    _answer("not-ours")
    claim = Claim.objects.get()
    with pytest.raises(actions.BadRuling, match="khong-co"):
        actions.rule(claim=claim, accept=True, note="", actor=LAN, now=NOW, to="khong-co")
    assert Claim.objects.get().state == "asked"
    actions.rule(claim=claim, accept=True, note="", actor=LAN, now=NOW, to="so-b")
    from tocsin.constituency.models import HoldingsChange, Network

    held = Network.objects.get(organization="so-b")
    assert (held.cidr, held.valid_from) == ("203.0.113.7/32", NOW.date())
    assert HoldingsChange.objects.filter(organization="so-b").exists()
