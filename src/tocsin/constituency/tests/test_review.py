"""Overlaps, gaps and nobody to tell are named; what is as it should be is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.constituency.rules.review import REMARKS, Remark, review
from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Network, Organization

TODAY = date(2026, 11, 24)
MAY, JUNE, JULY = date(2026, 5, 31), date(2026, 6, 1), date(2026, 7, 1)
DESK = Contact("", "it@a.example", ("security",))
A = Organization("a", networks=(Network("203.0.113.0/25"),), contacts=(DESK,))
B = Organization("b", networks=(Network("198.51.100.0/25"),), contacts=(DESK,))


def remarks(*organizations: Organization, used: set[str] | None = None) -> list[Remark]:
    return review(organizations, on=TODAY, used=used)


def test_nothing_is_said_of_what_is_as_it_should_be() -> None:
    assert remarks(A, B, replace(B, id="c", parent="b", networks=(), domains=(Domain("c.example"),))) == []


@pytest.mark.parametrize("item", [{"networks": (Network("192.0.2.0/24"),)}, {"domains": (Domain("x.example"),)}, {"asns": (AutonomousSystem(64500),)}])  # fmt: skip
def test_the_same_thing_held_by_two_at_once_is_a_problem(item: dict[str, object]) -> None:
    (remark,) = remarks(replace(A, **item), replace(B, **item))  # type: ignore[arg-type]
    assert (remark.code, remark.grade, remark.organization, remark.other) == ("held-twice", "problem", "a", "b")


def test_only_the_common_days_overlap() -> None:
    one = replace(A, networks=(*A.networks, Network("192.0.2.0/24", None, date(2026, 8, 31))))
    other = replace(B, networks=(Network("192.0.2.0/24", JULY, None),))
    assert remarks(one, other) == [Remark("held-twice", "a", "192.0.2.0/24", "b", "", JULY, date(2026, 8, 31))]


def test_one_after_the_other_is_no_overlap_and_no_gap() -> None:
    one = replace(A, networks=(*A.networks, Network("192.0.2.0/24", None, MAY)))
    assert remarks(one, replace(B, networks=(Network("192.0.2.0/24", JUNE),))) == []


def test_days_between_two_holders_are_a_gap() -> None:
    one = replace(A, networks=(*A.networks, Network("192.0.2.0/24", None, MAY)))
    other = replace(B, networks=(Network("192.0.2.0/24", JULY),))
    assert remarks(one, other) == [Remark("gap", "a", "192.0.2.0/24", "b", "", JUNE, date(2026, 6, 30))]


def test_an_end_without_a_successor_is_worth_knowing() -> None:
    one = replace(A, networks=(*A.networks, Network("192.0.2.0/24", None, MAY)))
    assert remarks(one) == [Remark("ended", "a", "192.0.2.0/24", from_day=JUNE)]


def test_twice_by_the_same_organization_is_doubtful() -> None:
    twice = replace(A, domains=(Domain("a.example"), Domain("a.example", JULY)))
    assert remarks(twice) == [Remark("held-twice-by-one", "a", "a.example", "", "", JULY)]


def test_a_prefix_inside_anothers_is_information_about_the_narrowest_around() -> None:
    wide = replace(A, networks=(Network("198.51.0.0/16"), Network("198.51.100.0/24")))
    assert remarks(wide, B) == [Remark("nested", "b", "198.51.100.0/25", "a", "198.51.100.0/24")]
    assert remarks(replace(A, networks=(Network("198.51.100.0/24"), Network("198.51.100.0/26")))) == []
    earlier = replace(A, networks=(*A.networks, Network("198.51.100.0/24", None, MAY)))
    later = replace(B, networks=(Network("198.51.100.0/25", JUNE),))
    assert [remark.code for remark in remarks(earlier, later)] == ["ended"]


def test_days_outside_of_what_is_above_are_doubtful() -> None:
    closed = replace(A, valid_to=MAY)
    assert [(r.code, r.value) for r in remarks(closed)] == [("outside-organization", "203.0.113.0/25")]
    above = Organization("tinh", valid_to=MAY)
    assert remarks(above, replace(B, parent="tinh")) == [Remark("outside-parent", "b", "", "tinh")]


def test_nobody_to_tell_is_a_problem_and_nobody_for_security_is_doubtful() -> None:
    assert remarks(replace(A, contacts=(replace(DESK, valid_to=MAY),))) == [Remark("no-contact", "a")]
    assert remarks(replace(A, contacts=(replace(DESK, roles=("head",)),))) == [Remark("no-security-contact", "a")]
    assert remarks(Organization("a")) == [Remark("empty", "a")]
    assert remarks(Organization("a", contacts=(DESK,))) == [Remark("holds-nothing", "a")]
    assert remarks(Organization("a", valid_to=MAY)) == []


def test_a_circle_is_named_for_each_of_its_members_only() -> None:
    circle = [
        replace(B, id=one, parent=above, networks=(), domains=(Domain(f"{one}.example"),))
        for one, above in ("xy", "yz", "zx", "wx")
    ]
    assert {(r.code, r.organization) for r in remarks(*circle)} == {("circle", one) for one in "xyz"}


def test_a_prefix_that_nothing_was_attributed_by_is_worth_knowing() -> None:
    assert remarks(A, B, used={"203.0.113.0/25"}) == [Remark("unused", "b", "198.51.100.0/25")]


def test_a_prefix_that_takes_in_half_the_world_is_doubtful() -> None:
    assert {r.code for r in remarks(replace(A, networks=(Network("0.0.0.0/0"),)))} == {"very-wide"}


def test_every_remark_has_a_sentence_and_the_gravest_come_first() -> None:
    found = remarks(
        replace(A, contacts=()),
        replace(B, networks=(Network("203.0.113.0/26", MAY, TODAY),), contacts=(replace(DESK, roles=()),)),
    )
    assert [remark.sentence for remark in found] == [
        "a holds something but has no contact: a warning has nowhere to go",
        "no contact of b has the role security: all of them are told",
        "203.0.113.0/26 of b lies inside 203.0.113.0/25 of a (2026-05-31 .. 2026-11-24)",
    ]
    for code in REMARKS:
        assert "%" not in Remark(code, "a", "b", "c", "d").sentence


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 5)), max_size=6))
def test_whoever_overlaps_is_named(rows: list[tuple[str, int, int]]) -> None:
    held = [(who, JUNE + timedelta(days=min(x, y)), JUNE + timedelta(days=max(x, y))) for who, x, y in rows]
    organizations = [
        Organization(who, networks=tuple(Network("192.0.2.0/24", since, until) for w, since, until in held if w == who))
        for who in "abc"
    ]
    named = {id_ for r in remarks(*organizations) if r.code == "held-twice" for id_ in (r.organization, r.other)}
    meets = {
        one[0] for one in held for other in held if one[0] != other[0] and one[1] <= other[2] and other[1] <= one[2]
    }
    assert named <= meets
    assert bool(named) == bool(meets)
    if len(meets) == 2:
        assert named == meets
