"""Attribution agrees with a plain reading of the rules, for any prefixes, days and addresses."""

from __future__ import annotations

import ipaddress
from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.constituency import AutonomousSystem, Domain, Ignored, Network, Organization
from tocsin.pipeline import addresses, registry
from tocsin.pipeline.attribute import NOBODY, Attributor

DAY = date(2026, 1, 10)


def _attribute(
    organizations: list[Organization], rows: list[dict[str, object]], ignored: list[Ignored] | None = None
) -> list[dict[str, object]]:
    ips = pl.Series("ip", [row.get("ip") for row in rows], dtype=pl.String)
    keys = pl.DataFrame(
        {
            "time_source": [datetime.combine(row.get("day", DAY), datetime.min.time(), UTC) for row in rows],  # type: ignore[arg-type]
            "host": pl.Series([row.get("host") for row in rows], dtype=pl.String),
            "source_asn": pl.Series([row.get("asn") for row in rows], dtype=pl.UInt32),
        }
    )
    found = Attributor(registry.build(organizations, ignored or [])).attribute(keys, addresses.read(ips))
    return found.to_dicts()


def test_the_longest_prefix_wins_and_the_others_are_related() -> None:
    organizations = [
        Organization("wide", networks=(Network("203.0.113.0/24"),)),
        Organization("narrow", networks=(Network("203.0.113.0/28"),)),
    ]
    inside, outside = _attribute(organizations, [{"ip": "203.0.113.1"}, {"ip": "203.0.113.99"}])
    assert (inside["organization"], inside["because"], inside["related"]) == (
        "narrow",
        "network 203.0.113.0/28",
        ["wide"],
    )
    assert (outside["organization"], outside["related"]) == ("wide", [])


def test_a_name_decides_before_its_address() -> None:
    organizations = [
        Organization("host", networks=(Network("203.0.113.0/24"),)),
        Organization("named", domains=(Domain("soyte.example"),)),
    ]
    (found,) = _attribute(organizations, [{"ip": "203.0.113.1", "host": "www.soyte.example"}])
    assert (found["organization"], found["because"], found["related"]) == ("named", "domain soyte.example", ["host"])


def test_a_domain_does_not_take_names_that_only_end_alike() -> None:
    (found,) = _attribute([Organization("a", domains=(Domain("soyte.example"),))], [{"host": "notsoyte.example"}])
    assert (found["organization"], found["because"]) == (None, NOBODY)


def test_the_as_decides_last() -> None:
    (found,) = _attribute([Organization("a", asns=(AutonomousSystem(64500),))], [{"ip": "192.0.2.1", "asn": 64500}])
    assert (found["organization"], found["because"]) == ("a", "asn 64500")


def test_the_owner_is_whoever_had_it_that_day_the_last_day_included() -> None:
    cidr, until = "2001:db8:1::/48", date(2026, 6, 30)
    organizations = [
        Organization("before", networks=(Network(cidr, None, until),)),
        Organization("after", networks=(Network(cidr, until + timedelta(days=1), None),)),
    ]
    rows = [{"ip": "2001:DB8:1::7", "day": until}, {"ip": "2001:db8:1::7", "day": until + timedelta(days=1)}]
    assert [row["organization"] for row in _attribute(organizations, rows)] == ["before", "after"]


def test_what_is_ignored_belongs_to_nobody_and_says_why() -> None:
    organizations = [Organization("a", networks=(Network("203.0.113.0/24"),))]
    (found,) = _attribute(organizations, [{"ip": "203.0.113.7"}], [Ignored("203.0.113.7/32", "own scanner")])
    assert (found["organization"], found["because"], found["ignored"]) == (
        None,
        "ignored: own scanner (203.0.113.7/32)",
        True,
    )


def test_placeholders_become_nobody() -> None:
    organizations = [Organization("a", networks=(Network("203.0.113.0/24"),))]
    rows = [
        {"ip": text} for text in ("0.0.0.0", "127.0.0.1", "10.0.0.1", "x.x.x.x", "", None, "203.0.113", "203.0.113.01")
    ]
    assert {row["organization"] for row in _attribute(organizations, rows)} == {None}


prefixes = st.builds(
    lambda value, length: ipaddress.ip_network(
        (0xC0000000 | value << 16 & 0x00FF0000 | (value & 0xFF) << 8, length), strict=False
    ),
    st.integers(0, 255),
    st.integers(8, 30),
)
holdings = st.tuples(
    prefixes, st.integers(0, 4), st.one_of(st.none(), st.integers(0, 20)), st.one_of(st.none(), st.integers(0, 20))
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(holdings, max_size=25),
    st.lists(st.tuples(st.integers(0, 0xFFFFFF), st.integers(0, 21)), min_size=1, max_size=30),
)
def test_it_agrees_with_looking_at_every_prefix(
    held: list[tuple[ipaddress.IPv4Network, int, int | None, int | None]], asked: list[tuple[int, int]]
) -> None:
    def day(number: int | None) -> date | None:
        return None if number is None else DAY + timedelta(days=number)

    organizations = [
        Organization(f"o{owner}-{n}", networks=(Network(str(network), day(since), day(until)),))
        for n, (network, owner, since, until) in enumerate(held)
    ]
    rows = [
        {"ip": str(ipaddress.IPv4Address(0xC0000000 | value)), "day": DAY + timedelta(days=number)}
        for value, number in asked
    ]
    for row, found in zip(rows, _attribute(organizations, rows), strict=True):
        covering = [
            (o.networks[0], o.id)
            for o in organizations
            if ipaddress.ip_address(str(row["ip"])) in ipaddress.ip_network(o.networks[0].cidr)
            and (o.networks[0].valid_from or date.min) <= row["day"] <= (o.networks[0].valid_to or date.max)  # type: ignore[operator]
        ]
        best = max((int(network.cidr.split("/")[1]) for network, _ in covering), default=None)
        assert (found["organization"] is None) == (best is None)
        if best is not None:
            assert found["because"].endswith(f"/{best}")  # type: ignore[attr-defined]
            assert {found["organization"], *found["related"]} == {id_ for _, id_ in covering}  # type: ignore[misc]
