"""The figures of the loop against a count by hand, written without a word of the code that is tested."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.core.constituency import Network, Organization
from tocsin.core.severity import RANK
from tocsin.findings.models import Episode, Finding
from tocsin.reports import actions, queries

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
BEGIN = datetime(2026, 9, 30, 17, tzinfo=UTC)  # midnight of the first day at UTC+7
END = datetime(2026, 10, 31, 17, tzinfo=UTC)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
HOURS = {"critical": 24, "high": 72, "medium": 168, "low": 336, "info": 720}
Row = dict[str, object]


@pytest.fixture
def town() -> list[Row]:
    """Three hundred warnings, some before and after the month, drawn from a seed."""
    dice = random.Random(11)
    places = [
        Organization(id=f"o{n}", name_vi=f"Đơn vị {n}", sector="health" if n % 2 else "school", networks=(Network(f"203.0.113.{n * 8}/29"),))
        for n in range(4)
    ]  # fmt: skip
    constituency.import_all(organizations=places, ignored=[], actor=SYSTEM, now=BEGIN)
    rows: list[Row] = []
    for n in range(300):
        warned = BEGIN + timedelta(hours=dice.uniform(-100, 900))
        severity = dice.choice(list(HOURS))
        answered = warned + timedelta(hours=dice.expovariate(1 / 90)) if dice.random() < 0.7 else None
        verified = warned + timedelta(hours=dice.expovariate(1 / 200)) if dice.random() < 0.6 else None
        owner = dice.choice(["seen", "fixing", "says-fixed", "not-ours", "false-positive", "risk-accepted"])
        rows.append(
            {
                "organization": f"o{n % 4}", "kind": f"kind-{n % 3}", "severity": severity, "warned_at": warned,
                "due_at": warned + timedelta(days=5), "answered_at": answered, "verified_at": verified,
                "owner": owner if answered else "silent", "heard_at": answered,
            }
        )  # fmt: skip
    for n, row in enumerate(rows):
        shared = {k: v for k, v in row.items() if k not in {"organization", "severity"}}
        shared |= {"organization_id": row["organization"], "severity_rank": RANK[str(row["severity"])]}
        if row["verified_at"] is not None and n % 5 == 0:  # it came back since: the warning that ended is an episode
            now = Finding.objects.create(
                asset=f"a{n}", severity=row["severity"], sensor="back", first_seen=BEGIN, last_seen=NOW, count=1, because="",
                organization_id=row["organization"], kind=row["kind"], severity_rank=RANK[str(row["severity"])], n_reopened=1,
            )  # fmt: skip
            Episode.objects.create(
                finding=now, number=1, opened_at=BEGIN, ended_at=NOW, verified_by="3-looks-of-a-scan", **shared
            )
        else:
            Finding.objects.create(
                asset=f"a{n}",
                severity=row["severity"],
                first_seen=BEGIN,
                last_seen=BEGIN,
                count=1,
                because="",
                **shared,
            )
    return rows


def by_hand(rows: list[Row]) -> dict[str, int]:
    counted = dict.fromkeys(
        ("told", "acknowledged", "acknowledged_in_time", "verified", "refuted", "accepted", "overdue"), 0
    )
    for row in rows:
        warned: datetime = row["warned_at"]  # type: ignore[assignment]
        if not BEGIN <= warned < END:
            continue
        answered, verified = row["answered_at"], row["verified_at"]
        heard = answered is not None and answered <= END  # type: ignore[operator]
        gone = verified is not None and verified <= END  # type: ignore[operator]
        refuted = row["owner"] in {"not-ours", "false-positive"}
        accepted = row["owner"] == "risk-accepted"
        counted["told"] += 1
        counted["acknowledged"] += heard
        counted["acknowledged_in_time"] += heard and answered - warned <= timedelta(hours=HOURS[str(row["severity"])])  # type: ignore[operator]
        counted["verified"] += gone
        counted["refuted"] += refuted and not gone
        counted["accepted"] += accepted and not gone
        counted["overdue"] += row["due_at"] < END and not (gone or refuted or accepted)  # type: ignore[operator]
    return counted


def test_the_figures_are_those_of_a_count_by_hand(town: list[Row]) -> None:
    found = queries.loop(SYSTEM, begins_on=FIRST, ends_on=LAST, now=NOW)
    total = found["total"]
    expected = by_hand(town)
    assert expected["told"] > 150
    assert {name: total[name] for name in expected} == expected
    assert total["resolved_share"] == round(
        (expected["verified"] + expected["accepted"]) / (expected["told"] - expected["refuted"]), 4
    )
    for name, part in found["by_severity"].items():
        only = by_hand([row for row in town if row["severity"] == name])
        assert {key: part[key] for key in only} == only
    for name, part in found["by_organization"].items():
        only = by_hand([row for row in town if row["organization"] == name])
        assert {key: part[key] for key in only} == only
    assert sum(part["told"] for part in found["by_sector"].values()) == expected["told"]
    assert sum(part["verified"] for part in found["by_kind"].values()) == expected["verified"]


def test_the_curve_falls_and_counts_what_is_open_as_such(town: list[Row]) -> None:
    waiting = queries.loop(SYSTEM, begins_on=FIRST, ends_on=LAST, now=NOW)["to_verify"]
    expected = by_hand(town)
    assert waiting["n"] == expected["told"] - expected["refuted"] - expected["accepted"]
    assert waiting["n_open"] == waiting["n"] - expected["verified"]
    shares = [1.0, *(share for _, share, _, _ in waiting["curve"])]
    assert all(one > other for one, other in pairwise(shares))
    assert all(lower <= share <= upper for _, share, lower, upper in waiting["curve"])


def test_a_contact_sees_the_figures_of_their_own_only(town: list[Row]) -> None:
    own = Viewer(1, "an@o1.example", Role.CONTACT, frozenset({"o1"}))
    found = queries.loop(own, begins_on=FIRST, ends_on=LAST, now=NOW)
    assert list(found["by_organization"]) == ["o1"]
    assert found["total"]["told"] == by_hand([row for row in town if row["organization"] == "o1"])["told"]


def test_a_period_without_warnings_has_no_share(town: list[Row]) -> None:
    found = queries.loop(SYSTEM, begins_on=date(2020, 1, 1), ends_on=date(2020, 1, 31), now=NOW)
    assert found["total"]["resolved_share"] is None
    assert found["goals"]["all"]["reached"] is None


def test_frozen_figures_stay_and_a_correction_is_visible(town: list[Row]) -> None:
    made = actions.freeze(begins_on=FIRST, ends_on=LAST, actor=SYSTEM, now=NOW)
    assert made.sha256 == actions.checksum(made.figures)
    Finding.objects.update(verified_at=BEGIN + timedelta(days=1))
    made.refresh_from_db()
    assert made.figures["total"]["verified"] == by_hand(town)["verified"]
    with pytest.raises(actions.AlreadyFrozen, match=str(made.pk)):
        actions.freeze(begins_on=FIRST, ends_on=LAST, actor=SYSTEM, now=NOW)
    other = actions.freeze(
        begins_on=FIRST, ends_on=LAST, actor=SYSTEM, now=NOW, corrects=made.pk, reason="A feed was counted late."
    )
    assert other.corrects == made
    assert other.figures["total"]["verified"] > made.figures["total"]["verified"]
    assert list(queries.snapshots(SYSTEM)) == [other, made]


def test_what_is_not_over_cannot_be_frozen_and_a_reader_freezes_nothing(town: list[Row]) -> None:
    with pytest.raises(actions.PeriodNotOver):
        actions.freeze(begins_on=FIRST, ends_on=NOW.date(), actor=SYSTEM, now=NOW)
    with pytest.raises(NotAllowed):
        actions.freeze(begins_on=FIRST, ends_on=LAST, actor=Viewer(1, "r@team.example", Role.READER), now=NOW)
