"""A trial from its registration to its report, through the real code, and its figures counted a second time."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role
from tocsin.findings import actions as finding_actions
from tocsin.findings.models import Episode, Finding
from tocsin.notices import actions as notices
from tocsin.notices.actions import ways
from tocsin.notices.models import DecisionLog, Delivery, Notice
from tocsin.notices.tests import cast
from tocsin.project.cli import main
from tocsin.trials import actions, queries
from tocsin.trials.models import Assignment, Enrolled, Trial
from tocsin.trials.rules.design import BadDesign, read
from tocsin.trials.rules.lot import arm_of

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LATER: dict[str, Any] = {
    "name": "Does telling at once mend more?",
    "question": "How much more is gone after ten days where owners are told at once?",
    "compares": "later",
    "arms": [{"name": "after ten days", "delay_days": 10}, {"name": "at once"}],
    "unit": "organization",
    "kinds": ["open-rdp"],
    "outcome": "verified",
    "within_days": 10,
    "horizon_days": 30,
    "planned_organizations": 40,
    "findings_each": 3,
    "expected_share": 0.1,
    "smallest_difference": 0.3,
    "starts_on": "2026-11-24",
    "ends_on": "2026-12-10",
    "agreed_by": "Trưởng nhóm",
    "agreed_on": "2026-11-20",
}
TEXT = {
    **LATER,
    "name": "Does a plain sentence help?",
    "compares": "text",
    "arms": [
        {"name": "usual"},
        {"name": "plain", "text_vi": "Xin làm ngay hôm nay.", "text_en": "Please do it today."},
    ],
}


def started(design: dict[str, Any] = LATER, seed: str = "") -> Trial:
    made = actions.create(design=design, actor=cast.MINH, now=NOW)
    actions.register(id_=made.pk, actor=cast.MINH, now=NOW)
    if seed:  # so that the arms are the same in every run
        trial = Trial.objects.get(pk=made.pk)
        trial.seed = seed
        trial.sha256 = actions.digest(trial.design, seed)
        trial.save()
    return actions.start(id_=made.pk, actor=cast.MINH, now=NOW)


def arms(names: Sequence[str], seed: str) -> dict[str, int]:
    return {name: arm_of(seed, "organization", name, "open-rdp") for name in names}


def town(n: int, each: int = 1) -> list[str]:
    names = [f"don-vi-{number:02d}" for number in range(n)]
    cast.organizations(*names)
    cast.found(
        *(
            (name, "open-rdp", f"203.0.{place}.{host}", "medium")
            for place, name in enumerate(names)
            for host in range(each)
        )
    )
    return names


def test_without_a_trial_nothing_of_it_is_asked_or_written() -> None:
    town(3)
    decided = notices.decide(now=NOW)
    assert decided.made == 3
    assert not Assignment.objects.exists()
    assert set(Notice.objects.values_list("trial", "arm")) == {(None, None)}


def test_the_later_arm_waits_until_its_day_and_not_a_minute_longer() -> None:
    trial = started(seed="a" * 64)
    names = town(12)
    given = arms(names, "a" * 64)
    assert set(given.values()) == {0, 1}
    decided = notices.decide(now=NOW)
    n_later = sum(arm == 0 for arm in given.values())
    assert decided.reasons == {"trial-waits": n_later, "first": 12 - n_later}
    assert {n.organization_id for n in Notice.objects.all()} == {name for name, arm in given.items() if arm}
    assert set(Assignment.objects.values_list("organization", "arm")) == set(given.items())
    assert Enrolled.objects.count() == 12
    # What is decided again while it waits still waits, and what is found meanwhile waits with it.
    cast.found((next(name for name, arm in given.items() if not arm), "open-rdp", "203.0.113.200", "low"), at=NOW + DAY)
    assert notices.decide(now=NOW + DAY).made == 0
    assert Enrolled.objects.count() == 12
    assert notices.decide(now=NOW + 10 * DAY - timedelta(seconds=1)).made == 0
    assert notices.decide(now=NOW + 10 * DAY).made == n_later
    assert set(Notice.objects.values_list("trial", flat=True)) == {trial.pk}


def test_the_gravest_never_take_part_and_what_becomes_so_is_told_at_once() -> None:
    started({**LATER, "unit": "organization-and-kind", "kinds": []}, seed="b" * 64)
    names = town(8)
    late = [n for n in names if not arm_of("b" * 64, "organization-and-kind", n, "open-rdp")]
    grave = late[0]
    cast.found((grave, "open-rdp", "203.0.113.9", "critical"))
    notices.decide(now=NOW)
    assert Notice.objects.filter(organization=grave).count() == 1
    assert not Assignment.objects.filter(organization=grave).exists()
    raised = late[1]
    assert not Notice.objects.filter(organization=raised).exists()
    asset = Finding.objects.get(organization=raised).asset
    cast.found((raised, "open-rdp", asset, "critical"), at=NOW + DAY)
    notices.decide(now=NOW + DAY)
    assert Notice.objects.get(organization=raised).severity == "critical"
    kept = Assignment.objects.get(organization=raised)
    assert kept.left_at == NOW + DAY
    assert kept.findings.get().severity_rank == 3


def test_nobody_waits_a_second_time_when_policies_or_owners_change() -> None:
    started(seed="a" * 64)
    names = town(8)
    notices.decide(now=NOW)
    late, other = [name for name, arm in arms(names, "a" * 64).items() if not arm][:2]
    notices.set_policy(
        organization_id=late, kind="", wanted=notices.Wanted(grouping="network"), actor=cast.MINH, now=NOW
    )
    cast.organizations(*names, "ke-thua")
    Finding.objects.filter(organization=other).update(organization="ke-thua")
    finding_actions.note_news([(late, "open-rdp"), ("ke-thua", "open-rdp")])
    notices.decide(now=NOW + 9 * DAY)
    assert Notice.objects.filter(organization="ke-thua").exists()
    assert not Notice.objects.filter(organization=late).exists()
    notices.decide(now=NOW + 10 * DAY)
    assert Notice.objects.get(organization=late).arm == 0


def test_who_waits_is_told_when_the_trial_is_stopped() -> None:
    trial = started(seed="a" * 64)
    names = town(6)
    notices.decide(now=NOW)
    assert Notice.objects.count() < 6
    with pytest.raises(ValueError, match="why"):
        actions.stop(id_=trial.pk, because=" ", actor=cast.MINH, now=NOW + DAY)
    actions.stop(id_=trial.pk, because="một chiến dịch tấn công", actor=cast.MINH, now=NOW + DAY)
    notices.decide(now=NOW + DAY)
    assert {n.organization_id for n in Notice.objects.all()} == set(names)
    cast.organizations(*names, "moi")
    cast.found(("moi", "open-rdp", "203.0.113.77", "medium"), at=NOW + DAY)
    notices.decide(now=NOW + DAY)
    assert not Assignment.objects.filter(organization="moi").exists()


def mails() -> dict[str, Any]:
    """Return the mail of each organization as it would be handed over."""
    rows = list(Delivery.objects.filter(channel="email").select_related("notice__organization", "notice__emergency"))
    composed = ways.way("email").compose(rows, now=NOW)
    parsed = {
        row.notice.organization_id: BytesParser(policy=policy.default).parsebytes(made)
        for row, made in composed
        if isinstance(made, bytes)
    }
    assert len(parsed) == len(rows)
    return parsed


def test_a_text_is_in_the_mail_of_its_arm_and_in_no_other() -> None:
    started({**TEXT, "kinds": []}, seed="c" * 64)
    names = town(6)
    # Two kinds of an organization are of one arm, and of one mail.
    cast.found((names[0], "open-smb", "203.0.113.8", "medium"))
    notices.decide(now=NOW)
    given, sent = arms(names, "c" * 64), mails()
    assert set(given.values()) == {0, 1}
    for name, mail in sent.items():
        for form in ("plain", "html"):
            body = mail.get_body((form,))
            assert ("Xin làm ngay hôm nay." in body.get_content()) == (given[name] == 1)


def test_a_name_of_a_sender_stands_before_the_same_address() -> None:
    arms_ = [{"name": "usual"}, {"name": "head", "sender": "Giám đốc Sở"}]
    started({**TEXT, "compares": "sender", "arms": arms_}, seed="c" * 64)
    names = town(6)
    notices.decide(now=NOW)
    given, sent = arms(names, "c" * 64), mails()
    senders = {given[name]: mail["From"].addresses[0] for name, mail in sent.items()}
    assert senders[1].display_name == "Giám đốc Sở" != senders[0].display_name
    assert senders[1].addr_spec == senders[0].addr_spec


def test_a_letter_goes_beside_the_mail_of_its_arm() -> None:
    arms_ = [{"name": "usual", "channel": "email"}, {"name": "letter", "channel": "email-and-letter"}]
    started({**TEXT, "compares": "channel", "arms": arms_}, seed="c" * 64)
    names = town(6)
    notices.decide(now=NOW)
    lettered = set(Delivery.objects.filter(channel="letter").values_list("notice__organization", flat=True))
    assert lettered == {name for name, arm in arms(names, "c" * 64).items() if arm}


def test_a_registration_cannot_be_changed_and_needs_the_leaders_word() -> None:
    made = actions.create(design={**LATER, "agreed_by": ""}, actor=cast.MINH, now=NOW)
    with pytest.raises(BadDesign, match="agreed_by"):
        actions.register(id_=made.pk, actor=cast.MINH, now=NOW)
    with pytest.raises(NotAllowed):
        actions.change(id_=made.pk, design=LATER, actor=cast.LAN, now=NOW)
    actions.change(id_=made.pk, design=LATER, actor=cast.MINH, now=NOW)
    registered = actions.register(id_=made.pk, actor=cast.MINH, now=NOW)
    with pytest.raises(actions.NotNow):
        actions.change(id_=made.pk, design=TEXT, actor=cast.MINH, now=NOW)
    entry = AuditEntry.objects.get(action="trial-registered")
    assert entry.detail["sha256"] == registered.sha256
    assert registered.seed not in str(entry.detail)
    Trial.objects.update(design={**registered.design, "within_days": 3})
    with pytest.raises(actions.NotNow, match="changed"):
        actions.start(id_=made.pk, actor=cast.MINH, now=NOW)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"severities": ["critical"]}, "severities"),
        ({"arms": [{"name": "a"}, {"name": "b", "delay_days": 15}]}, "delay_days"),
        ({"arms": [{"name": "a"}, {"name": "b"}]}, "arms"),
        ({"arms": [{"name": "a", "delay_days": 3}, {"name": "b", "delay_days": 9}]}, "arms"),
        ({"within_days": 11}, "within_days"),
        ({"outcome": "answered"}, "outcome"),
        ({"horizon_days": 5}, "horizon_days"),
        ({"ends_on": "2026-11-01"}, "ends_on"),
        ({"seed": "x"}, "seed"),
    ],
)  # fmt: skip
def test_a_design_that_would_harm_or_tell_nothing_is_refused(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(BadDesign) as found:
        read({**LATER, **changed})
    assert found.value.field == field


@pytest.mark.parametrize("effect", [0.6, 0.0])
def test_the_report_finds_what_was_put_in_and_equals_a_second_count(effect: float) -> None:
    """Forty organizations of three findings; a known share mends without a word, and `effect` more where told at once."""
    trial = started(seed="d" * 64)
    names = town(40, each=3)
    given = arms(names, "d" * 64)
    notices.decide(now=NOW)
    chance = random.Random(7)
    mended: dict[str, datetime] = {}
    for finding in Finding.objects.order_by("asset"):
        share = 0.2 + effect * given[finding.organization_id]
        if chance.random() < share:
            mended[finding.asset] = NOW + chance.uniform(0.5, 9.5) * DAY
            Finding.objects.filter(pk=finding.pk).update(
                sensor="gone", verified_at=mended[finding.asset], verified_by="test"
            )
    # One came back since: that it had been confirmed as gone stands in its first episode, and still counts.
    back = Finding.objects.exclude(verified_at=None).order_by("asset")[0]
    Episode.objects.create(
        finding=back, number=1, organization_id=back.organization_id, kind=back.kind, severity_rank=3, opened_at=NOW, owner="silent",
        verified_at=back.verified_at, verified_by="test", ended_at=NOW + 12 * DAY,
    )  # fmt: skip
    Finding.objects.filter(pk=back.pk).update(sensor="back", verified_at=NOW + 60 * DAY)
    looked = actions.report(id_=trial.pk, actor=cast.MINH, now=NOW + 5 * DAY)
    assert (looked.state, looked.n_looks, looked.report) == ("running", 1, None)
    assert looked.interim["primary"]["n_too_early"] == 120
    actions.close(now=NOW + 17 * DAY)
    done = actions.report(id_=trial.pk, actor=cast.MINH, now=NOW + 50 * DAY)
    assert done.state == "reported"
    report = done.report
    assert report is not None
    # A few lines of their own: shares, and the spread of organization means (all have three findings).
    means: dict[int, list[float]] = {0: [], 1: []}
    for place, name in enumerate(names):
        means[given[name]].append(sum(f"203.0.{place}.{host}" in mended for host in range(3)) / 3)
    late, soon = (sum(rows) / len(rows) for rows in (means[0], means[1]))
    found = report["primary"]["difference"]
    assert found["value"] == pytest.approx(soon - late)
    spread = sum(sum((x - m) ** 2 for x in rows) / len(rows) ** 2 for rows, m in ((means[0], late), (means[1], soon)))
    reach = 2.0244 * (40 / 39 * spread) ** 0.5  # Student's t with 38 degrees of freedom, from a table
    assert (found["lower"], found["upper"]) == pytest.approx((soon - late - reach, soon - late + reach), abs=1e-4)
    assert found["lower"] < effect < found["upper"]
    assert found["tells"] == bool(effect)
    assert report["decay"]["share"] == pytest.approx(late)
    assert (report["holds"], report["n_against_lot"]) == (True, 0)
    counts = [arm["n_findings"] for arm in report["arms"]]
    assert counts == [3 * len(means[0]), 3 * len(means[1])]
    # The curve's end is the share that never mended: nothing is censored before the horizon.
    for place in (0, 1):
        curve = report["curves"][place]
        assert curve["n_censored_early"] == 0
        assert curve["curve"][-1][1] == pytest.approx(1 - (late, soon)[place], abs=1e-3)
    Assignment.objects.filter(organization=names[0]).update(arm=1 - given[names[0]])
    assert queries.measured(SYSTEM, done, NOW + 50 * DAY)["n_against_lot"] == 1
    assert DecisionLog.objects.filter(reason="trial-waits").count() == len(means[0])


def test_a_trial_is_led_from_its_page_by_an_approver_and_read_by_the_team(signed_in: Callable[..., Client]) -> None:
    today = datetime.now(UTC).date()
    given = {
        "name": "Câu ngắn", "question": "Có giúp không?", "compares": "later", "usual_name": "muộn", "tried_name": "ngay", "delay_days": "10",
        "unit": "organization", "kinds": "open-rdp, open-smb", "sectors": "water", "severities": ["high", "low"], "outcome": "verified", "within_days": "10",
        "horizon_days": "20", "planned_organizations": "40", "findings_each": "2", "expected_share": "20", "smallest_difference": "30",
        "starts_on": today.isoformat(), "ends_on": today.isoformat(),
    }  # fmt: skip
    approver = signed_in(Role.APPROVER)
    assert approver.post("/trials/new/", {**given, "within_days": "11"}).status_code == 400
    page = approver.post("/trials/new/", given)["Location"]
    row = Trial.objects.get()
    assert page == f"/trials/{row.pk}/"
    assert (row.plan.kinds, row.plan.longest_delay, row.plan.expected_share) == (("open-rdp", "open-smb"), 10, 0.2)
    approver.post(f"{page}act/", {"act": "register"})
    assert Trial.objects.get().state == "draft"
    approver.post(f"{page}change/", {**given, "agreed_by": "Trưởng nhóm", "agreed_on": today.isoformat()})
    for word, state in (("register", "registered"), ("start", "running"), ("report", "running")):
        approver.post(f"{page}act/", {"act": word})
        assert Trial.objects.get().state == state
    assert approver.get(f"{page}change/").status_code == 404
    reader = signed_in(Role.READER)
    shown = reader.get(page)
    assert shown.status_code == 200
    assert b'value="stop"' not in shown.content
    assert any(name in shown.content.decode() for name in ("water and environment", "nước và môi trường"))
    assert Trial.objects.get().n_looks == 1
    assert reader.post(f"{page}act/", {"act": "stop", "because": "x"}).status_code == 404
    contact = signed_in(Role.CONTACT, *town(1))
    assert {contact.get(address).status_code for address in ("/trials/", page, "/trials/new/")} == {404}
    approver.post(f"{page}act/", {"act": "stop", "because": "đủ rồi"})
    assert Trial.objects.get().stopped_because == "đủ rồi"


def test_the_commands_lead_a_trial_too(tmp_path: Path) -> None:
    file = tmp_path / "trial.json"
    day = datetime.now(UTC).date().isoformat()
    file.write_text(json.dumps({**LATER, "starts_on": day, "ends_on": day}), encoding="utf-8")

    def run(*words: str, code: int = 0) -> str:
        found = CliRunner().invoke(main, ["trials", *words])
        assert found.exit_code == code, found.output
        return found.output

    id_ = run("create", str(file)).strip()
    assert "power" in run("show", id_)
    run("start", id_, code=1)
    run("register", id_)
    assert json.loads(run("start", id_, "--json"))["state"] == "running"
    assert "INTERIM" in run("report", id_)
    assert json.loads(run("report", id_, "--json"))["n_looks"] == 2
    run("stop", id_, "--because", "x")
    assert "ended" in run("list")
    run("show", "nobody", code=1)
