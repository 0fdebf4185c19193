"""What was held, and what covers what."""

from __future__ import annotations

from datetime import date

import pytest

from tocsin.core.constituency import AutonomousSystem, Domain, Ignored, Network, Organization
from tocsin.intake import rules
from tocsin.pipeline import registry


def _lines(*organizations: Organization, ignored: tuple[Ignored, ...] = ()) -> bytes:
    return rules.holdings(registry.build(organizations, ignored))


ONE = Organization("one", networks=(Network("192.0.2.0/24"),), domains=(Domain("one.example"),))


def test_the_order_of_things_does_not_matter() -> None:
    other = Organization("other", asns=(AutonomousSystem(64500),))
    assert _lines(ONE, other) == _lines(other, ONE)


def test_what_changed_is_named_by_its_value() -> None:
    closed = Organization(
        "one", networks=(Network("192.0.2.0/24", valid_to=date(2026, 6, 30)),), domains=(Domain("one.example"),)
    )
    scanner = (Ignored("AS64501", "own scanner"),)
    before = rules.packed(_lines(ONE))
    assert rules.changed(before, _lines(ONE)) == set()
    assert rules.changed(before, _lines(closed, ignored=scanner)) == {"192.0.2.0/24", "AS64501"}
    assert rules.changed(rules.packed(_lines()), _lines(ONE)) == {"192.0.2.0/24", "one.example"}


def test_an_organizations_own_days_bound_what_it_holds() -> None:
    left = Organization("one", networks=ONE.networks, domains=ONE.domains, valid_to=date(2026, 6, 30))
    assert rules.changed(rules.packed(_lines(ONE)), _lines(left)) == {"192.0.2.0/24", "one.example"}


@pytest.mark.parametrize(
    ("value", "asn", "covered"),
    [
        ("192.0.2.0/24", None, "192.0.0.0/16"),
        ("192.1.2.0/24", None, None),
        ("192.0.0.0/8", None, None),
        ("203.0.113.0/24", 64500, "AS64500"),
        ("AS64500", None, "AS64500"),
        ("2001:db8:1::/48", None, "2001:db8::/32"),
        ("www.shop.example", None, "shop.example"),
        ("workshop.example", None, None),
        ("bad.com", None, "com"),
    ],
)
def test_a_dismissal_covers_what_is_inside_below_or_announced(value: str, asn: int | None, covered: str | None) -> None:
    cover = rules.Cover(["192.0.0.0/16", "2001:db8::/32", "AS64500", "shop.example", "com"])
    assert cover.find(value, asn) == covered
