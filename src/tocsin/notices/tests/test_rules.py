"""Who hears from us now, and why: cases a person can read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tocsin.notices import rules
from tocsin.notices.rules import PolicyValues, Reason, Seen

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
YESTERDAY, LONG_AGO = NOW - timedelta(days=1), NOW - timedelta(days=8)
TOLD = Seen("high", YESTERDAY, "high")


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        ([Seen("high")], Reason.FIRST),
        ([TOLD], Reason.NOTHING_NEW),
        ([TOLD, Seen("high")], Reason.NEW_ASSETS),
        ([Seen("critical", YESTERDAY, "high")], Reason.WORSE),
        ([Seen("high", LONG_AGO, "high")], Reason.REMINDER_DUE),
        ([Seen("high", LONG_AGO, "high", owner="fixing", fixing_until=NOW + timedelta(days=1))], Reason.NOTHING_NEW),
        ([Seen("high", LONG_AGO, "high", owner="not-ours")], Reason.NOTHING_NEW),
        ([Seen("high", LONG_AGO, "high", open=False)], Reason.ALL_RESOLVED),
        ([Seen("high", open=False)], Reason.NOTHING_NEW),
        ([Seen("info")], Reason.TOO_MILD),
        ([], Reason.NOTHING_NEW),
    ],
)
def test_the_reason_is(findings: list[Seen], reason: Reason) -> None:
    assert rules.decide(findings, policy=PolicyValues(), now=NOW).reason is reason


def test_a_silenced_organization_gets_no_letter() -> None:
    assert (
        rules.decide([Seen("critical")], policy=PolicyValues(), silenced_until=NOW + timedelta(hours=1), now=NOW).reason
        is Reason.SILENCED
    )


def test_nothing_more_is_written_while_a_notice_waits() -> None:
    decision = rules.decide([Seen("critical")], policy=PolicyValues(), blocked=Reason.AWAITING_APPROVAL, now=NOW)
    assert (decision.reason, decision.sends) == (Reason.AWAITING_APPROVAL, False)


def test_attempts_grow_rarer_and_end() -> None:
    waits = [rules.next_attempt(n, NOW) for n in range(1, 8)]
    assert all(one is not None and other is not None and one < other for one, other in pairwise(waits[:6]))
    assert waits[6] is None


def test_the_graver_the_sooner() -> None:
    days = [rules.due(severity, PolicyValues(), NOW) for severity in ("critical", "high", "medium", "low", "info")]
    assert days == sorted(set(days))


def test_a_policy_may_stand_in_six_places_and_an_empty_name_makes_none() -> None:
    assert [closeness for closeness, _ in rules.places("bv-a", "mirai", "infected-system")] == [
        "organization-and-kind", "organization-and-type", "organization", "kind", "type", "all",
    ]  # fmt: skip
    assert rules.places("", "", "") == [("all", ("", ""))]
    assert [closeness for closeness, _ in rules.places("bv-a", "mirai", "")] == [
        "organization-and-kind", "organization", "kind", "all",
    ]  # fmt: skip
