"""A constituency survives being written and read; what is wrong is named with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tocsin import roster
from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Network, Organization

ORGANIZATIONS = [
    Organization("tinh", "Tỉnh", "Province", sector="government", language="vi"),
    Organization(
        "so-y-te", "Sở Y tế", "Department of Health", "tinh", "health", "vi",
        (Network("203.0.113.0/25"), Network("2001:db8:1::/48", date(2025, 7, 1), date(2026, 6, 30))),
        (Domain("soyte.example"),), (AutonomousSystem(64500),),
        (Contact("Security desk", "security@soyte.example", ("security",), "+84 20 0000"),),
    ),
]  # fmt: skip


@pytest.mark.parametrize("suffix", [".yaml", ".json", ".csv", ".xlsx"])
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"constituency{suffix}"
    roster.write(path, ORGANIZATIONS)
    found = roster.read(path)
    assert found.errors == []
    assert found.organizations == ORGANIZATIONS


def test_every_error_names_its_place(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        """
version: 1
organizations:
  - id: a
    networks: [203.0.113.1/24, nonsense, {cidr: 192.0.2.0/24, valid_from: 2026-02-01, valid_to: 2026-01-01}]
    domains: ["no domain"]
    asns: [-1]
    contacts: [{email: nobody}]
    parent: missing
    colour: red
  - id: A B
  - id: a
"""
    )
    errors = [str(error) for error in roster.read(path).errors]
    for part in (
        "did you mean 203.0.113.0/24",
        "nonsense is no prefix",
        "before valid_from",
        "no domain is no domain",
        "-1 is no AS",
        "'nobody'",
        "colour",
        "'A B'",
        "stands twice",
        "parent missing",
    ):
        assert any(part in error for error in errors), part


def test_a_name_in_vietnamese_becomes_its_a_label(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("version: 1\norganizations: [{id: a, domains: [sởytế.example]}]", encoding="utf-8")
    (organization,) = roster.read(path).organizations
    assert organization.domains[0].name == "xn--syt-7mz2m3b.example" or organization.domains[0].name.startswith("xn--")


@pytest.mark.parametrize(
    "text", ["", "[]", "version: 2\norganizations: []", "version: 1", "{", "version: 1\norganizations: [1]"]
)
def test_a_file_that_is_none_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert roster.read(path).errors
