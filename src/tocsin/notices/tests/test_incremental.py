"""Deciding only what changed or is due comes to the same as deciding everything from scratch, whatever happens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency.models import Contact
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, News, Sensor
from tocsin.notices import actions
from tocsin.notices.models import Claim, DecisionLog, Notice, Policy, Silence, State
from tocsin.notices.tests import cast
from tocsin.notices.tests.cast import MINH, NOW

pytestmark = pytest.mark.django_db

ORGANIZATIONS = ["bv-a", "so-b"]
PLACES = [
    ("", ""),
    ("bv-a", ""),
    ("", "open-rdp"),
    ("", "infected-system"),
    ("so-b", "vulnerable-system"),
    ("bv-a", "mirai"),
]
POLICIES = [
    actions.Wanted(needs_approval=True),
    actions.Wanted(grouping="network", repeat_days=3),
    actions.Wanted(grouping="kind", minimum_severity="high"),
    actions.Wanted(repeat_days_by={"critical": 1, "low": 0}, deadline_days={"critical": 1}),
]
small = st.integers(0, 7)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("found"), st.sampled_from(ORGANIZATIONS), st.sampled_from(sorted(cast.TYPES)), small,
                  st.sampled_from(["critical", "high", "medium", "low", "info"]), st.sampled_from(["203.0.113.0/25", "203.0.113.128/25"])),
        st.tuples(st.just("answer"), small, st.sampled_from(sorted(actions.WORDS)), small),
        st.tuples(st.just("answer"), small, st.sampled_from(["not-ours", "fixing", "fixed"]), small),
        st.tuples(st.just("sensor"), small, st.sampled_from([Sensor.GONE, Sensor.BACK])),
        st.tuples(st.just("policy"), st.sampled_from(PLACES), st.sampled_from(POLICIES)),
        st.tuples(st.just("no policy"), small),
        st.tuples(st.just("silence"), st.sampled_from(PLACES), st.integers(1, 200)),
        st.tuples(st.just("lift"), small),
        st.tuples(st.just("contacts"), st.sampled_from(ORGANIZATIONS), st.booleans()),
        st.tuples(st.just("approve"), small),
        st.tuples(st.just("reject"), small),
        st.tuples(st.just("rule"), small, st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([1, 24, 72])),
        st.tuples(st.just("wait"), st.sampled_from([169, 400])),
    ),
    min_size=8,
    max_size=20,
)  # fmt: skip


@given(steps)
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink one takes longer than to read it
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_round_comes_to_the_same_as_deciding_everything(db: None, steps: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        cast.organizations(*ORGANIZATIONS)
        now = NOW
        cast.found(
            ("bv-a", "open-rdp", "203.0.113.1", "high"),
            ("bv-a", "mirai", "203.0.113.2", "critical"),
            ("so-b", "open-rdp", "203.0.113.3", "low"),
        )
        for what, *given_ in steps:
            now += timedelta(minutes=1)
            now = _happens(what, given_, now)
            expected = actions.decide(now=now, dry_run=True)
            decided = actions.decide(now=now)
            assert decided.reasons == expected.reasons
            assert decided.made == len(expected.plans)
            _rests_where_scratch_says(now)
        transaction.set_rollback(True)


def _happens(what: str, given_: list[Any], now: datetime) -> datetime:
    match what, given_:
        case "found", (organization, kind, number, severity, network):
            cast.found((organization, kind, f"203.0.113.{number}", severity), at=now, because=f"network {network}")
        case "answer", (place, word, days):
            if notice := _one(Notice.objects.filter(state__in=[State.READY, State.SENT]), place):
                until = timezone.localdate(now) + timedelta(days=days)
                actions.answer(
                    notice=notice, word=word, by="x@bv-a.example", means="link", now=now, note="x", until=until
                )
        case "sensor", (place, state):
            if finding := _one(Finding.objects.all(), place):
                back = {"reopened_at": now} if state == Sensor.BACK else {}
                Finding.objects.filter(pk=finding.pk).update(sensor=state, **back)
                findings.note_news([(finding.organization_id, finding.kind)])
        case "policy", ((organization, kind), wanted):
            actions.set_policy(organization_id=organization, kind=kind, wanted=wanted, actor=MINH, now=now)
        case "no policy", (place,):
            if policy := _one(Policy.objects.all(), place):
                actions.remove_policy(policy=policy, actor=MINH, now=now)
        case "silence", ((organization, kind), hours):
            end = now + timedelta(hours=hours)
            actions.silence(organization_id=organization, kind=kind, reason="bảo trì", until=end, actor=MINH, now=now)
        case "lift", (place,):
            if silence := _one(Silence.objects.filter(lifted_at=None, until__gt=now), place):
                actions.lift(silence=silence, actor=MINH, now=now)
        case "contacts", (organization, there):
            Contact.objects.filter(organization=organization).delete()
            if there:
                cast.contact(organization, f"new@{organization}.example")
        case "approve", (place,):
            if notice := _one(Notice.objects.filter(state=State.WAITING), place):
                actions.approve(notice=notice, actor=MINH, now=now)
        case "reject", (place,):
            if notice := _one(Notice.objects.filter(state=State.WAITING), place):
                actions.reject(notice=notice, reason="không cần", actor=MINH, now=now)
        case "rule", (place, accept):
            if claim := _one(Claim.objects.filter(ruling=""), place):
                actions.rule(claim=claim, accept=accept, note="đã xem", actor=SYSTEM, now=now)
        case "wait", (hours,):
            return now + timedelta(hours=hours)
    return now


def _one(rows: Any, place: int) -> Any:
    found = list(rows.order_by("pk"))
    return found[place % len(found)] if found else None


def _rests_where_scratch_says(now: datetime) -> None:
    scratch = actions.decide(now=now, dry_run=True, everything=True)
    assert scratch.plans == []
    assert not News.objects.exists()
    rests = {(log.organization_id, log.kind, log.network): log.rests for log in DecisionLog.objects.all()}
    assert rests == {unit.name: unit.decision.reason.value for unit in scratch.units}
