"""What is written is read again, whatever it says; and writing what was read gives the same bytes."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin import roster
from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Ignored, Network, Organization
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

KINDS = ["yaml", "json", "csv", "xlsx"]
SPECIAL = ["=1+1", "'=x", "''", "@SUM(A1)", "-2+3", "+84 20 123", "no", "007", "1e5", "2026-01-01", "~", "null", "# x",
           "a: b", "[x]", "[networks]", "*a", "&a", '"', "\\", ";", "a; b", "x,y", "_x0041_", "＝1", "<b>", "%s", "%(value)s"]  # fmt: skip


def _canonical(limit: int) -> st.SearchStrategy[str]:
    """Texts that survive the reader's own rules: NFC, single spaces, nothing forbidden."""

    def kept(text: str) -> str | None:
        try:
            return values.text(text, limit)
        except Wrong:
            return None

    return st.one_of(st.sampled_from(SPECIAL), st.text(max_size=12).map(kept).filter(lambda t: t is not None))


days = st.one_of(st.none(), st.dates(date(1890, 1, 1), date(9999, 12, 31)))


@st.composite
def dated(
    draw: st.DrawFn, make: object, *parts: st.SearchStrategy[object], **named: st.SearchStrategy[object]
) -> object:
    since, until = draw(days), draw(days)
    if since and until and until < since:
        since, until = until, since
    keys = {name: draw(strategy) for name, strategy in named.items()}
    return make(*map(draw, parts), **keys, valid_from=since, valid_to=until)  # type: ignore[operator]


prefixes = st.one_of(
    st.builds(lambda n, bits: str(_network(n, bits, 32)), st.integers(0, 2**32 - 1), st.integers(0, 32)),
    st.builds(lambda n, bits: str(_network(n, bits, 128)), st.integers(0, 2**128 - 1), st.integers(0, 128)),
)


def _network(number: int, bits: int, width: int) -> object:
    import ipaddress

    make = ipaddress.IPv4Network if width == 32 else ipaddress.IPv6Network
    return make((number >> (width - bits) << (width - bits), bits))


names = st.sampled_from(
    ["soyte.example", "a-b.tinh.example", "xn--syt-7mz2m3b.example", "_dmarc.x.example", "1.example"]
)
languages = st.sampled_from(["", "vi", "en", "zh-Hant", "no"])
roles = st.lists(st.sampled_from(["security", "head", "technical", "ca-truc-24-7"]), unique=True, max_size=3).map(tuple)
contacts = dated(
    Contact, name=_canonical(200), email=st.sampled_from(["a@b.example", "=x@b.example", "+1@b.example", "o'x@b.example"]),
    roles=roles, phone=_canonical(64), language=languages,
)  # fmt: skip


@st.composite
def constituencies(draw: st.DrawFn) -> tuple[list[Organization], list[Ignored]]:
    ids = draw(st.lists(st.sampled_from(["a", "b.c", "0", "no", "1e5", "so-y-te", "x_y"]), unique=True, max_size=3))
    organizations = [
        draw(
            dated(
                Organization,
                st.just(id_),
                name_vi=_canonical(300).map(lambda text: text or "tên"),
                name_en=_canonical(300).map(lambda text: text or "name"),
                parent=st.sampled_from([None, *ids[:n]]),
                sector=_canonical(64),
                language=languages,
                networks=_unique(dated(Network, prefixes)),
                domains=_unique(dated(Domain, names)),
                asns=_unique(dated(AutonomousSystem, st.integers(1, 2**32 - 1))),
                contacts=_unique(contacts),
                criticality=st.sampled_from(["", "low", "critical"]),
                essential=st.booleans(),
            )
        )
        for n, id_ in enumerate(ids)
    ]
    rules = dated(
        Ignored,
        st.one_of(prefixes, names, st.sampled_from(["AS64510"])),
        _canonical(300).map(lambda text: text or "own scanner"),
    )
    return organizations, list(draw(_unique(rules)))


def _unique(items: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=2, unique=True).map(tuple)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(constituencies())
def test_what_is_written_is_read_again_and_written_the_same(
    kind: str, given: tuple[list[Organization], list[Ignored]]
) -> None:
    written = roster.content(f"c.{kind}", *given)
    found = roster.parse(written, f"c.{kind}")
    assert found.errors == []
    assert (found.organizations, found.ignored) == given
    assert roster.content(f"c.{kind}", found.organizations, found.ignored) == written


PROVINCE = [
    Organization(
        "so-y-te", "Sở Y tế", "Department of Health", None, "health", "vi",
        (Network("203.0.113.0/25"), Network("2001:db8:1::/48", date(2025, 7, 1), date(2026, 6, 30))),
        (Domain("soyte.example"),), (AutonomousSystem(64500),),
        (Contact('=HYPERLINK("http://x.example")', "security@soyte.example", ("security", "head"), "+84 20 0000", "vi"),),
        criticality="high", essential=True,
    )
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_does_not_say_when_it_was_written(kind: str) -> None:
    with time_machine.travel(date(2026, 1, 1)):
        one = roster.content(f"c.{kind}", PROVINCE)
    with time_machine.travel(date(2027, 5, 5)):
        assert roster.content(f"c.{kind}", PROVINCE) == one


def test_no_cell_of_a_csv_file_begins_like_a_formula() -> None:
    text = roster.content("c.csv", PROVINCE).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert '\'=HYPERLINK("http://x.example")' in cells
    assert "'+84 20 0000" in cells
    assert [cell for cell in cells if cell[:1] in set("=+-@\t\r")] == []


def test_no_cell_of_a_workbook_is_a_formula_and_days_are_days() -> None:
    book = openpyxl.load_workbook(io.BytesIO(roster.content("c.xlsx", PROVINCE)))
    assert book.sheetnames == ["organizations", "networks", "domains", "asns", "contacts", "ignored"]
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d"}
    contact = book["contacts"]["B2"]
    assert (contact.value, contact.quotePrefix) == ('=HYPERLINK("http://x.example")', True)
    assert book["networks"]["C3"].is_date


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(roster.UnknownKind):
        roster.content("c.pdf", PROVINCE)
