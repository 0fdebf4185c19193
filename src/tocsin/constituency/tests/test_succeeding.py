"""Districts give way to communes: what was held passes on, the past keeps its holders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions, queries, words
from tocsin.constituency.models import HoldingsChange, Organization, Succession
from tocsin.constituency.rules import succession
from tocsin.core.constituency import Contact, Domain, Network
from tocsin.core.constituency import Organization as Plain

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 25, tzinfo=UTC)
DAY, EVE = date(2026, 7, 1), date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _province() -> None:
    district = Plain(
        "huyen-a", "Huyện A", "District A", networks=(Network("203.0.113.0/25"), Network("203.0.113.128/25")),
        domains=(Domain("huyena.example"), Domain("cu.example", None, date(2025, 1, 1))), contacts=(Contact("Bàn", "an@huyena.example"),),
    )  # fmt: skip
    others = [Plain("xa-b", "Xã B", "Commune B", valid_from=DAY), Plain("xa-c", "Xã C", "Commune C", valid_from=DAY)]
    school = Plain("truong", "Trường", "School", parent="huyen-a")
    actions.import_all(organizations=[district, *others, school], ignored=[], actor=SYSTEM, now=NOW)
    HoldingsChange.objects.all().delete()


def test_a_split_gives_each_successor_what_is_assigned_to_it() -> None:
    with pytest.raises(actions.BadSuccession, match="say which organization gets"):
        actions.succeed(before=["huyen-a"], after=["xa-b", "xa-c"], on=DAY, reason="NQ 1", actor=SYSTEM, now=NOW)
    assigned = {
        "203.0.113.0/25": "xa-b", "203.0.113.128/25": "xa-c", "huyena.example": "xa-b", "an@huyena.example": "xa-c",
    }  # fmt: skip
    made = actions.succeed(before=["huyen-a"], after=["xa-b", "xa-c"], on=DAY, reason="NQ 1", assigned=assigned, actor=SYSTEM, now=NOW)  # fmt: skip
    assert len(made.moved) == 4
    district = queries.as_value(SYSTEM, "huyen-a")
    assert district is not None
    assert district.valid_to == EVE
    assert {n.valid_to for n in district.networks} == {EVE}
    assert Domain("cu.example", None, date(2025, 1, 1)) in district.domains
    commune = queries.as_value(SYSTEM, "xa-b")
    assert commune is not None
    assert commune.networks == (Network("203.0.113.0/25", DAY, None),)
    assert commune.contacts == ()
    # Events from that day on are attributed again: the worker is told which values moved.
    assert {"203.0.113.0/25", "huyena.example"} <= set(HoldingsChange.objects.values_list("value", flat=True))
    with pytest.raises(actions.BadSuccession, match="did not exist"):
        actions.succeed(before=["huyen-a"], after=["xa-b"], on=date(2026, 8, 1), reason="x", actor=SYSTEM, now=NOW)


def test_a_merge_takes_everything_and_those_below_along() -> None:
    actions.succeed(before=["huyen-a"], after=["xa-b"], on=DAY, reason="Sáp nhập", actor=SYSTEM, now=NOW)
    assert Organization.objects.get(pk="truong").parent_id == "xa-b"
    told = queries.contacts_of(SYSTEM, ["huyen-a", "xa-b"], DAY)
    assert [row.email for row in told["xa-b"]] == ["an@huyena.example"]
    assert "huyen-a" not in told
    assert Succession.objects.get().reason == "Sáp nhập"


def test_only_the_team_reorganizes() -> None:
    contact = Viewer(3, "x@y.example", Role.CONTACT, frozenset({"huyen-a"}))
    with pytest.raises(NotAllowed):
        actions.succeed(before=["huyen-a"], after=["xa-b"], on=DAY, reason="x", actor=contact, now=NOW)


def test_a_file_of_many_is_foreseen_and_then_done_exactly_so() -> None:
    new = Plain("xa-d", "Xã D", "Commune D", valid_from=DAY)
    actions.import_all(organizations=[new], ignored=[], actor=SYSTEM, now=NOW)
    content = (
        b"from;to;on;reason;value\n"
        b"huyen-a;xa-b;2026-07-01;NQ 1;\nhuyen-a;xa-c;2026-07-01;;203.0.113.128/25\nhuyen-a;xa-b;2026-07-01;;203.0.113.0/25\n"
        b"truong;xa-d;2026-07-01;NQ 2;\n"
    )
    plans = succession.read(content, "many.csv")
    assert [(plan.before, plan.after) for plan in plans] == [(("huyen-a",), ("xa-b", "xa-c")), (("truong",), ("xa-d",))]
    assert succession.read(succession.write(plans), "again.csv") == plans
    split, _merge = actions.foresee(plans=plans, actor=SYSTEM)
    assert [one["value"] for one in split.open] == ["huyena.example", "an@huyena.example"]
    with pytest.raises(actions.BadSuccession, match="say which"):
        actions.succeed_all(plans=plans, actor=SYSTEM, now=NOW)
    told = {**plans[0].assigned, "huyena.example": "xa-b", "an@huyena.example": "xa-b"}
    plans = [replace(plans[0], assigned=told), plans[1]]
    seen = actions.fingerprint(actions.foresee(plans=plans, actor=SYSTEM))
    assert not Succession.objects.exists()
    with pytest.raises(actions.OtherThanExpected):
        actions.succeed_all(plans=plans, actor=SYSTEM, now=NOW, expected="of another day")
    assert len(actions.succeed_all(plans=plans, actor=SYSTEM, now=NOW, expected=seen)) == 2
    assert {o.pk for o in Organization.objects.filter(valid_to=EVE)} == {"huyen-a", "truong"}
    same = b"successions:\n- {from: huyen-a, to: xa-b, on: 2026-07-01, reason: x}\n"
    assert succession.read(same, "a.yaml")[0].on == DAY


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"\xff", "a.csv", "not-utf-8"), (b"a,b\n1,2\n", "a.csv", "unreadable"), (b"from,to,on\n", "a.csv", "nothing"),
        (b"from,to,on\na,,2026-01-01\n", "a.csv", "missing"), (b"from,to,on\na,b,1/7/2026\n", "a.csv", "bad-day"), (b"{", "a.yaml", "unreadable"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(content: bytes, name: str, code: str) -> None:
    with pytest.raises(actions.BadSuccession) as said:
        succession.read(content, name)
    assert said.value.code == code
    assert words.succession(code, said.value.values)
