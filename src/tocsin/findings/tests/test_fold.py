"""Folding a frame of findings into the rows that live."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from django.db import transaction

from tocsin.constituency.models import Organization
from tocsin.findings.actions import fold
from tocsin.findings.models import Finding, FindingChange
from tocsin.pipeline.fold import SCHEMA

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.fixture(autouse=True)
def organization() -> None:
    Organization.objects.create(id="org", name_vi="Cơ quan", name_en="Office")


def _fold(*findings: dict, batch: str = "1") -> None:
    usual = {
        "organization": "org", "asset": "203.0.113.9", "kind": "open-rdp", "classification_taxonomy": "vulnerable",
        "classification_type": "vulnerable-system", "severity": "medium", "first_seen": NOON, "last_seen": NOON, "count": 1,
        "feeds": ["shadowserver"], "ports": [3389], "evidence": ["a-1"], "because": "network 203.0.113.0/24", "related": [],
    }  # fmt: skip
    with transaction.atomic():
        fold(frame=pl.DataFrame([usual | f for f in findings], schema=SCHEMA), batch_id=batch, now=NOON)


def test_a_new_finding_has_all_its_frame_says_and_a_change_that_says_new() -> None:
    _fold({"feeds": ['a "quoted" feed', "b"], "ports": [22, 3389], "related": ["other"], "count": 4})
    finding = Finding.objects.get()
    assert (finding.feeds, finding.ports, finding.related) == (['a "quoted" feed', "b"], [22, 3389], ["other"])
    assert (finding.first_seen, finding.last_seen, finding.count) == (NOON, NOON, 4)
    assert (finding.sensor, finding.owner, finding.severity_rank, finding.id.version) == ("seen", "silent", 3, 7)
    change = FindingChange.objects.get()
    assert (change.finding_id, change.what, change.before, change.after) == (finding.id, "new", "", "medium")
    assert (change.at, change.by) == (NOON, "batch 1")


def test_the_same_asset_again_adds_up_and_the_latest_observation_speaks() -> None:
    _fold({"first_seen": NOON, "last_seen": NOON, "because": "old"})
    hour = timedelta(hours=1)
    _fold({"first_seen": NOON - hour, "last_seen": NOON + hour, "because": "new", "ports": [22]}, batch="2")
    _fold({"first_seen": NOON, "last_seen": NOON, "because": "late", "ports": [1]}, batch="3")
    finding = Finding.objects.get()
    assert (finding.first_seen, finding.last_seen, finding.count) == (NOON - hour, NOON + hour, 3)
    assert (finding.because, finding.ports) == ("new", [22])
    assert FindingChange.objects.count() == 1


def test_worse_is_a_change_and_better_is_none() -> None:
    _fold({"severity": "medium"})
    _fold({"severity": "critical"}, batch="2")
    _fold({"severity": "low"}, batch="3")
    finding = Finding.objects.get()
    assert (finding.severity, finding.severity_rank) == ("critical", 5)
    changes = list(FindingChange.objects.order_by("id").values_list("finding_id", "what", "before", "after", "by"))
    assert changes == [
        (finding.id, "new", "", "medium", "batch 1"),
        (finding.id, "worse", "medium", "critical", "batch 2"),
    ]


def test_names_that_differ_only_where_they_are_cut_become_one_finding() -> None:
    long = "http://a.example/" + "x" * 2000
    _fold(
        {"asset": long + "1", "count": 2, "evidence": ["a-1", "a-2"]},
        {"asset": long + "2", "count": 3, "ports": [22], "severity": "high", "evidence": ["a-3", "a-9"]},
        {"asset": "b.example\0"},
    )
    cut, other = Finding.objects.order_by("-asset")
    assert (cut.asset, cut.count, cut.ports, cut.severity) == (long[:2000], 5, [22, 3389], "high")
    assert cut.evidence == ["a-1", "a-9"]
    assert other.asset == "b.example"


def test_thousands_of_findings_are_a_few_statements(django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(13):  # one asks who gave way to whom
        _fold(*({"asset": f"host{n}.example"} for n in range(2_000)))
    assert Finding.objects.count() == FindingChange.objects.count() == 2_000
