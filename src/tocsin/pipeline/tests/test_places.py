"""Where an asset stands."""

from __future__ import annotations

import polars as pl
import pytest

from tocsin.pipeline import places


@pytest.mark.parametrize(
    ("asset", "place", "how"),
    [
        ("203.0.113.77", "203.0.113.0/24", "network"),
        ("198.51.100.0/22", "198.51.100.0/22", "network"),
        ("198.51.100.64/26", "198.51.100.0/24", "network"),
        ("2001:db8:1:2::5", "2001:db8:1::/48", "network"),
        ("2001:db8::/32", "2001:db8::/32", "network"),
        ("http://203.0.113.5:8080/a", "203.0.113.0/24", "network"),
        ("http://[2001:db8:1::5]/a", "2001:db8:1::/48", "network"),
        ("https://user@WWW.Portal.example/a?b=http://c.example/", "portal.example", "domain"),
        ("mail.soyte.tinh.gov.vn", "tinh.gov.vn", "domain"),
        ("gov.vn", "gov.vn", "domain"),
        ("face.bed", "face.bed", "domain"),
        ("AS64500", "AS64500", "asn"),
        ("someone@mail.unit.example", "unit.example", "domain"),
        ("just-an-account", "other", "other"),
        ("odd account: yes", "other", "other"),
    ],
)
def test_an_asset_stands_in_its_place(asset: str, place: str, how: str) -> None:
    assert places.of(pl.Series([asset])).row(0) == (place, how)
