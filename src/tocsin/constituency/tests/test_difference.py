"""An import adds what is new, closes what is left out, keeps what is the same; importing again changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.constituency.rules import difference as rules
from tocsin.constituency.rules.holdings import Shift, ignore_shifts, shifts
from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Ignored, Network, Organization

TODAY = date(2026, 11, 24)
YESTERDAY = date(2026, 11, 23)
A, B = "203.0.113.0/25", "203.0.113.128/25"


def org(*networks: Network, id_: str = "a", **more: object) -> Organization:
    return Organization(id_, "Một", "One", networks=networks, **more)  # type: ignore[arg-type]


def after(before: list[Organization], *named: Organization, complete: bool = False) -> dict[str, Organization]:
    found = rules.difference(before, named, as_of=TODAY, complete=complete)
    return {o.id: o for o in rules.result(before, found)}


def test_what_is_left_out_ends_the_day_before_and_what_is_the_same_stays() -> None:
    before = org(Network(A), Network(B, date(2026, 1, 1)))
    assert after([before], org(Network(A)))["a"].networks == (Network(A), Network(B, date(2026, 1, 1), YESTERDAY))


def test_what_has_ended_is_history_and_stays_when_nobody_mentions_it() -> None:
    ended = Network(A, None, date(2026, 5, 31))
    found = rules.difference([org(ended)], [org()], as_of=TODAY)
    assert [change.what for change in found.organizations] == ["same"]


def test_what_is_held_again_gets_a_new_row_that_begins_now() -> None:
    ended = Network(A, None, date(2026, 5, 31))
    assert after([org(ended)], org(Network(A)))["a"].networks == (ended, Network(A, TODAY))


def test_what_moves_to_another_organization_leaves_the_past_to_the_first() -> None:
    found = after([org(Network(A)), org(id_="b")], org(), org(Network(A), id_="b"))
    assert (found["a"].networks, found["b"].networks) == ((Network(A, None, YESTERDAY),), (Network(A, TODAY),))


def test_a_value_that_nobody_ever_held_reaches_back_for_ever() -> None:
    assert after([org()], org(Network(A)))["a"].networks == (Network(A),)


def test_a_stated_day_corrects_the_row_it_is_about() -> None:
    known = Network(A, date(2025, 7, 1))
    assert after([org(known)], org(replace(known, valid_to=date(2026, 12, 31))))["a"].networks == (
        Network(A, date(2025, 7, 1), date(2026, 12, 31)),
    )
    assert after([org(Network(A))], org(known))["a"].networks == (known,)


def test_what_was_to_begin_later_is_withdrawn() -> None:
    found = rules.difference([org(Network(A, date(2027, 1, 1)))], [org()], as_of=TODAY)
    assert [change.what for change in found.organizations[0].items] == ["withdrawn"]


def test_an_organization_that_is_not_named_is_left_alone_unless_the_file_is_complete() -> None:
    before = [org(Network(A)), org(Network(B), id_="b", contacts=(Contact("B", "b@b.example"),))]
    partly = rules.difference(before, [org(Network(A))], as_of=TODAY)
    assert (bool(partly), partly.untouched) == (False, ("b",))
    closed = after(before, org(Network(A)), complete=True)["b"]
    assert closed.valid_to == closed.networks[0].valid_to == closed.contacts[0].valid_to == YESTERDAY
    again = rules.difference([before[0], closed], [org(Network(A))], as_of=TODAY, complete=True)
    assert not again


def test_an_organization_that_is_named_again_is_open_again() -> None:
    closed = org(Network(A, None, YESTERDAY), valid_to=YESTERDAY)
    opened = after([closed], org(Network(A)))["a"]
    assert (opened.valid_to, opened.networks) == (None, (Network(A, None, YESTERDAY), Network(A, TODAY)))


def test_a_contact_whose_phone_changes_stays_the_same_row() -> None:
    one = Contact("Lan", "lan@a.example", ("security",), "1", "vi")
    found = rules.difference([org(contacts=(one,))], [org(contacts=(replace(one, phone="2"),))], as_of=TODAY)
    (change,) = found.organizations[0].items
    assert (change.what, change.before, change.after) == ("changed", one, replace(one, phone="2"))
    assert found.organizations[0].fields == ("contacts",)


def test_two_contacts_of_one_address_are_told_apart_by_the_rest() -> None:
    one, two = Contact("Lan", "it@a.example"), Contact("Minh", "it@a.example")
    assert not rules.difference([org(contacts=(one, two))], [org(contacts=(two, one))], as_of=TODAY)


def test_the_ignore_list_keeps_what_is_not_named_unless_the_file_is_complete() -> None:
    own, hole = Ignored("192.0.2.0/28", "own scanner"), Ignored("64510", "sinkhole")
    partly = rules.difference([], [], as_of=TODAY, ignored_before=[own], ignored=[hole])
    assert [(c.what, c.value) for c in partly.ignored] == [("added", "64510")]
    fully = rules.difference([], [], as_of=TODAY, ignored_before=[own], ignored=[hole], complete=True)
    assert rules.ignored_result([own], fully) == [replace(own, valid_to=YESTERDAY), hole]


def test_shifts_name_the_values_and_the_days() -> None:
    before = org(Network(A), Network(B))
    later = org(Network(A, date(2026, 7, 1)), Network(B), domains=(Domain("a.example"),))
    assert shifts(before, later) == [
        Shift("domain", "a.example", None, None),
        Shift("network", A, None, date(2026, 6, 30)),
    ]
    assert shifts(None, org(Network(A, date(2026, 1, 1), date(2026, 1, 2)))) == [
        Shift("network", A, date(2026, 1, 1), date(2026, 1, 2))
    ]


def test_an_organization_that_closes_lets_everything_go() -> None:
    before = org(Network(A, date(2026, 1, 1)), asns=(AutonomousSystem(64500),))
    assert shifts(before, replace(before, valid_to=YESTERDAY)) == [
        Shift("asn", "AS64500", TODAY, None),
        Shift("network", A, TODAY, None),
    ]


def test_two_rows_that_follow_each_other_are_one_holding() -> None:
    halves = org(Network(A, None, YESTERDAY), Network(A, TODAY))
    assert shifts(org(Network(A)), halves) == []


def test_what_is_ignored_shifts_too() -> None:
    rule = Ignored("192.0.2.0/28", "own scanner")
    assert ignore_shifts((rule,), (replace(rule, valid_to=YESTERDAY),)) == [
        Shift("network", "192.0.2.0/28", TODAY, None)
    ]
    assert ignore_shifts((), (Ignored("AS64510", "sinkhole"), Ignored("x.example", "sinkhole"))) == [
        Shift("asn", "AS64510", None, None),
        Shift("domain", "x.example", None, None),
    ]


DAYS = st.one_of(st.none(), st.integers(-3, 3).map(lambda n: TODAY + timedelta(days=n)))


@st.composite
def held(draw: st.DrawFn, value: st.SearchStrategy[str]) -> Network:
    since, until = draw(DAYS), draw(DAYS)
    if since and until and until < since:
        since, until = until, since
    return Network(draw(value), since, until)


@st.composite
def constituencies(draw: st.DrawFn) -> list[Organization]:
    return [
        org(
            *draw(st.lists(held(st.sampled_from([A, B])), max_size=4, unique=True)),
            id_=id_,
            contacts=tuple(
                draw(
                    st.lists(
                        st.builds(
                            Contact,
                            st.sampled_from(["Lan", "Minh"]),
                            st.sampled_from(["a@a.example", "A@a.example", "b@a.example"]),
                            valid_to=DAYS,
                        ),
                        max_size=3,
                        unique=True,
                    )
                )
            ),
            sector=draw(st.sampled_from(["", "health"])),
        )
        for id_ in draw(st.sets(st.sampled_from("abc")))
    ]


@given(constituencies(), constituencies(), st.booleans())
def test_importing_again_changes_nothing(before: list[Organization], named: list[Organization], complete: bool) -> None:
    found = rules.result(before, rules.difference(before, named, as_of=TODAY, complete=complete))
    assert not rules.difference(found, named, as_of=TODAY, complete=complete)


def _holders(constituency: list[Organization], value: str, day: date) -> set[str]:
    return {
        o.id
        for o in constituency
        for n in o.networks
        if n.cidr == value and (n.valid_from or date.min) <= day <= (n.valid_to or date.max)
    }


@given(constituencies(), constituencies(), st.booleans())
def test_a_file_without_days_takes_no_day_of_the_past_from_anybody(
    before: list[Organization], named: list[Organization], complete: bool
) -> None:
    bare = [
        replace(o, networks=tuple(dict.fromkeys(Network(n.cidr) for n in o.networks)), contacts=()) for o in named
    ]  # fmt: skip
    found = rules.result(before, rules.difference(before, bare, as_of=TODAY, complete=complete))
    names = {o.id for o in bare}
    for value in (A, B):
        ever = any(n.cidr == value for o in before for n in o.networks)
        for back in range(1, 5):
            day = TODAY - timedelta(days=back)
            if ever:
                assert _holders(found, value, day) == _holders(before, value, day)
        wanted = {o.id for o in bare for n in o.networks if n.cidr == value}
        if not complete:
            wanted |= _holders([o for o in before if o.id not in names], value, TODAY)
        assert _holders(found, value, TODAY) == wanted


@given(st.lists(held(st.sampled_from([A, B])), max_size=4), st.lists(held(st.sampled_from([A, B])), max_size=4), DAYS)
def test_the_shifts_are_exactly_the_days_that_differ(old: list[Network], new: list[Network], end: date | None) -> None:
    before, later = org(*old), org(*new, valid_to=end)
    found = shifts(before, later)
    for value in (A, B):
        for offset in range(-5, 6):
            day = TODAY + timedelta(days=offset)
            now = bool(_holders([later], value, day)) and day <= (end or date.max)
            inside = [
                s for s in found if s.value == value and (s.from_day or date.min) <= day <= (s.to_day or date.max)
            ]
            assert len(inside) == (bool(_holders([before], value, day)) != now)


@pytest.mark.parametrize("what", ["added", "closed"])
def test_a_change_names_its_row(what: str) -> None:
    before, named = (org(), org(Network(A))) if what == "added" else (org(Network(A)), org())
    (change,) = rules.difference([before], [named], as_of=TODAY).organizations[0].items
    assert (change.what, change.kind, change.value) == (what, "network", A)
