"""What looks prove: the rules as cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tocsin.findings.rules import CutOffs, Look, Method, cut_offs, most_looks, rule_of

SCAN, SINKHOLE, LIST = "shadowserver-scan-rdp", "shadowserver-event4-sinkhole", "feodotracker"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def days(*numbers: int) -> list[Look]:
    return [Look(date(2026, 11, n), NOON + timedelta(days=n - 1)) for n in numbers]


@pytest.mark.parametrize(
    ("feed", "method", "looks"),
    [
        (SCAN, Method.SCAN, 3),
        ("shadowserver-scan6-ssl", Method.SCAN, 3),
        (SINKHOLE, Method.WATCH, 14),
        ("shadowserver-compromised-website", Method.NONE, 0),
        (LIST, Method.LIST, 2),
        ("suricata-eve", Method.NONE, 0),
        ("never-heard-of", Method.NONE, 0),
    ],
)
def test_every_feed_has_a_rule(feed: str, method: Method, looks: int) -> None:
    assert (rule_of(feed).method, rule_of(feed).looks) == (method, looks)


def test_three_scans_without_it_prove_that_it_is_gone() -> None:
    found = cut_offs([SCAN], {SCAN: days(3, 4, 5, 6)})
    assert found == CutOffs(NOON + timedelta(days=5), NOON + timedelta(days=3), "3-looks-of-a-scan")


def test_two_scans_prove_only_that_it_was_not_seen() -> None:
    found = cut_offs([SCAN], {SCAN: days(3, 4)})
    assert (found.not_seen, found.gone) == (NOON + timedelta(days=3), None)


def test_a_silent_feed_proves_nothing() -> None:
    assert cut_offs([SCAN], {}) == CutOffs(None, None, "3-looks-of-a-scan")
    assert cut_offs(["suricata-eve"], {"suricata-eve": days(*range(1, 29))}) == CutOffs(None, None)


def test_every_feed_with_a_rule_must_agree() -> None:
    looks = {SCAN: days(*range(1, 29)), SINKHOLE: days(*range(1, 13))}
    assert cut_offs([SCAN, SINKHOLE], looks).gone is None
    looks[SINKHOLE] = days(*range(1, 16))
    both = cut_offs([SCAN, SINKHOLE, "suricata-eve"], looks)
    assert both.gone == NOON + timedelta(days=1)
    assert both.not_seen == NOON + timedelta(days=14)
    assert both.rule == "14-looks-of-a-watch"


def test_no_rule_looks_further_back_than_is_said() -> None:
    assert most_looks() == 14
