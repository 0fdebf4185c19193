"""What people write, and what their spreadsheets make of it, is read; what is wrong is named with its place."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from tocsin import roster
from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Ignored, Network, Organization

HEALTH = Organization(
    "so-y-te", "Sở Y tế", "Department of Health", None, "health", "vi",
    (Network("203.0.113.0/25"), Network("2001:db8:1::/48", date(2025, 7, 1), date(2026, 6, 30))),
    (Domain("soyte.example"),), (AutonomousSystem(64500),),
    (Contact("Security desk", "security@soyte.example", ("security", "technical"), "+84 20 0000"),),
)  # fmt: skip
NOON = datetime(2025, 7, 1, 12, 30)  # noqa: DTZ001 - a spreadsheet's instants have no zone
ONE = "version: 1\norganizations:\n- id: a\n"


def errors(text: str | bytes, name: str = "c.yaml") -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    return [str(error) for error in roster.parse(content, name).errors]


def workbook(**sheets: list[list[object]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "d/m/yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write(number, place, cell)
    return out.getvalue()


def test_every_error_names_line_path_and_reason_all_at_once() -> None:
    assert errors(
        """
version: 1
organizations:
  - id: a
    networks: [203.0.113.1/24, nonsense, {cidr: 192.0.2.0/24, valid_from: 2026-02-01, valid_to: 2026-01-01}]
    domains: ["no domain", "https://x.example/", {nam: y.example}]
    asns: [-1, 4294967296]
    contacts:
      - {email: nobody, roles: [Head of IT], language: Vietnamese}
    parent: missing
    colour: red
    essential: maybe
    criticality: huge
  - id: A B
  - id: a
  - {name: {fr: Santé}}
  - {id: b, networks: [192.0.2.0/24, 192.0.2.0/24]}
ignored:
  - {value: nothing}
more: 1
"""
    ) == [
        "c.yaml:20 more: more is not known here; known are version, organizations, ignored",
        (
            "c.yaml:11 organizations[0].colour: colour is not known here; known are id, name, parent, sector, language,"
            " criticality, essential, networks, domains, asns, contacts, valid_from, valid_to"
        ),
        (
            "c.yaml:5 organizations[0].networks[0].cidr: 203.0.113.1/24 has bits set behind its length;"
            " did you mean 203.0.113.0/24?"
        ),
        "c.yaml:5 organizations[0].networks[1].cidr: nonsense is no prefix",
        "c.yaml:5 organizations[0].networks[2].valid_to: valid_to 2026-01-01 is before valid_from 2026-02-01",
        "c.yaml:6 organizations[0].domains[0].name: no domain is no domain",
        "c.yaml:6 organizations[0].domains[1].name: https://x.example/ is no domain; did you mean x.example?",
        "c.yaml:6 organizations[0].domains[2].nam: nam is not known here; known are name, valid_from, valid_to",
        "c.yaml:6 organizations[0].domains[2].name: name is missing",
        "c.yaml:7 organizations[0].asns[0].number: -1 is no AS number",
        "c.yaml:7 organizations[0].asns[1].number: 4294967296 is no AS number",
        "c.yaml:9 organizations[0].contacts[0].email: nobody is no e-mail address",
        (
            "c.yaml:9 organizations[0].contacts[0].roles: the role Head of IT is none;"
            " use lower-case letters, digits and hyphens, at most 32"
        ),
        "c.yaml:9 organizations[0].contacts[0].language: Vietnamese is no language; write vi or en",
        "c.yaml:13 organizations[0].criticality: huge is not one of low, medium, high, critical",
        "c.yaml:12 organizations[0].essential: maybe is neither yes nor no",
        (
            "c.yaml:14 organizations[1].id: A B is no identifier;"
            " use lower-case letters, digits, dots, underscores and hyphens"
        ),
        "c.yaml:15 organizations[2].id: the identifier a stands twice",
        "c.yaml:16 organizations[3].id: id is missing",
        "c.yaml:16 organizations[3].name: fr is not known here; known are vi, en",
        "c.yaml:17 organizations[4].networks[1].cidr: 192.0.2.0/24 stands twice with the same days",
        "c.yaml:19 ignored[0].value: nothing is neither a prefix nor a domain nor an AS number",
        "c.yaml:19 ignored[0].reason: reason is missing",
        "c.yaml:10 organizations[0].parent: the parent missing is neither in this file nor known",
    ]


def test_json_errors_name_the_path() -> None:
    assert errors('{"version": 1, "organizations": [{"id": "a", "asns": [64500, "x"], "id": "b"}]}', "c.json") == [
        "c.json: id stands twice"
    ]
    assert errors('{"version": 1, "organizations": [{"id": "a", "asns": [64500, "x"], "networks": {}}]}', "c.json") == [
        "c.json organizations[0].networks: expected a list",
        "c.json organizations[0].asns[1].number: x is no AS number",
    ]


def test_a_csv_error_names_line_and_column_of_the_right_table() -> None:
    assert errors(
        '[organizations]\nid,name_vi\na,"Hai\ndòng"\nb,B,extra\n\n[networks]\norganization,cidr,since\na,x,\nc,192.0.2.0/24\n'
        "[contacts]\nname,email\nLan,lan@a.example\n[networs]\n", "c.csv",
    ) == [
        "c.csv:5: there is a value beyond the last column that has a name",
        "c.csv:8 since: since is not known here; known are cidr, organization, valid_from, valid_to",
        "c.csv:12: a table begins with the names of its columns, one of which is organization",
        "c.csv:14: the sheet networs is not known; known are organizations, networks, domains, asns, contacts, ignored",
        "c.csv:10 organization: the organization c is not in the table of organizations",
        "c.csv:9 cidr: x is no prefix",
    ]  # fmt: skip


def test_an_xlsx_error_names_the_cell() -> None:
    content = workbook(
        organizations=[["id", "name_vi"], ["a", "A"], [], ["b b", "B"]],
        networks=[["organization", "cidr", "valid_from"], ["a", "#REF!", ""], ["a", "192.0.2.0/24", "31/31/2026"]],
        notes=[["anything"]],
        **{"#mine": [["whatever"]]},
    )
    assert errors(content, "c.xlsx") == [
        "notes: the sheet notes is not known; known are organizations, networks, domains, asns, contacts, ignored",
        "networks!B2: the cell shows the error #REF!",
        "networks!C3: 31/31/2026 is no day; write 2026-06-30",
        "organizations!A4: b b is no identifier; use lower-case letters, digits, dots, underscores and hyphens",
    ]


def test_a_workbook_that_excel_wrote_is_read() -> None:
    content = workbook(
        Organizations=[
            ["ID", "Name VI ", "name_en", "Sector", "language", "essential", ""],
            [" so-y-te ", "Sở  Y tế", "Department of Health", "health", "vi", False],
        ],
        networks=[
            ["organization", "CIDR", "valid from", "valid-to"],
            ["so-y-te", "203.0.113.0/25"],
            ["so-y-te", "2001:DB8:1:0::/48 ", NOON, date(2026, 6, 30)],
        ],
        domains=[["organization", "domain"], ["so-y-te", "SoYTe.example."]],
        asns=[["organization", "asn"], ["so-y-te", 64500.0]],
        contacts=[
            ["organization", "email", "name", "roles", "phone"],
            ["so-y-te", "security@soyte.example", "Security desk", "Security; technical", "+84 20 0000"],
        ],
    )
    found = roster.parse(content, "c.xlsx")
    assert (found.errors, found.organizations) == ([], [HEALTH])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("hint", ["", "sep=X\n"])
def test_a_csv_file_that_a_spreadsheet_wrote_is_read(encoding: str, separator: str, hint: str) -> None:
    text = (
        f"{hint}[organizations];;;;;\r\nid;name_vi;name_en;sector;language;\r\n"
        "so-y-te ;Sở Y tế; Department of Health;health;vi;\r\n;;;;;\r\n"
        "[networks];;;;;\r\norganization;cidr;valid_from;valid_to;;\r\n"
        "so-y-te;203.0.113.0/25;;;;\r\nso-y-te;2001:db8:1::/48;01/07/2025;30/06/2026;;\r\n"
        "[domains];;;;;\r\norganization;name;;;;\r\nso-y-te;soyte.example;;;;\r\n"
        "[asns];;;;;\r\norganization;number;;;;\r\nso-y-te;64500;;;;\r\n"
        "[contacts];;;;;\r\norganization;name;email;roles;phone;language\r\n"
        "so-y-te;Security desk;security@soyte.example;\"security\ntechnical\";'+84 20 0000;\r\n"
    ).replace(";", separator).replace("X", separator)  # fmt: skip
    found = roster.parse(text.encode(encoding), "c.csv")
    assert (found.errors, found.organizations) == ([], [HEALTH])


def test_one_table_is_enough() -> None:
    text = (
        "id;name;networks;domains;asns;contacts\n"
        'a;Một;"192.0.2.0/28, 192.0.2.16/28 [2025-07-01..]";a.example;"AS64500; 64501 [..2026-01-01]";'
        '"Lan <lan@a.example> security, head; it@a.example"\n'
    )
    found = roster.parse(text.encode(), "c.csv")
    assert found.errors == []
    assert found.organizations == [
        Organization(
            "a", "Một", "Một", networks=(Network("192.0.2.0/28"), Network("192.0.2.16/28", date(2025, 7, 1))),
            domains=(Domain("a.example"),),
            asns=(AutonomousSystem(64500), AutonomousSystem(64501, None, date(2026, 1, 1))),
            contacts=(Contact("Lan", "lan@a.example", ("security", "head")), Contact("", "it@a.example")),
        )
    ]  # fmt: skip
    assert errors("id,networks,contacts\na,x y z,Lan <lan@\n", "c.csv") == [
        "c.csv:2 networks: x y z cannot be read; write VALUE or VALUE [FROM..TO]",
        "c.csv:2 contacts: Lan <lan@ is no contact; write Name <address> role, role",
    ]


def test_several_values_in_a_cell_share_its_days() -> None:
    text = (
        '[organizations]\nid\na\n[networks]\norganization,cidr,valid_from\na,"192.0.2.0/28\n192.0.2.16/28",2026-01-01\n'
    )
    (organization,) = roster.parse(text.encode(), "c.csv").organizations
    assert organization.networks == (
        Network("192.0.2.0/28", date(2026, 1, 1)),
        Network("192.0.2.16/28", date(2026, 1, 1)),
    )


def test_yaml_keeps_what_was_written() -> None:
    text = (
        ONE
        + "  sector: no\n  contacts: [{name: 007, email: a@a.example, phone: +84123, language: no}]\n  essential: Yes\n"
    )
    (organization,) = roster.parse(text.encode(), "c.yaml").organizations
    assert (organization.sector, organization.essential) == ("no", True)
    assert organization.contacts == (Contact("007", "a@a.example", phone="+84123", language="no"),)


def test_yaml_may_say_the_same_for_several_by_an_alias() -> None:
    text = "version: 1\norganizations:\n- {id: a, contacts: &desk [{email: a@a.example}]}\n- {id: b, contacts: *desk}\n"
    one, other = roster.parse(text.encode(), "c.yaml").organizations
    assert one.contacts == other.contacts == (Contact("", "a@a.example"),)


def test_text_is_normalized() -> None:
    decomposed = ONE + "  name: {vi: 'Sở\u00a0 Y tế', en: ' Health\t'}\n"
    (organization,) = roster.parse(decomposed.encode(), "c.yaml").organizations
    assert (organization.name_vi, organization.name_en) == ("Sở Y tế", "Health")


def test_a_name_in_vietnamese_becomes_its_a_label() -> None:
    text = ONE + "  domains: [sởytế.example]\n"
    (organization,) = roster.parse(text.encode(), "c.yaml").organizations
    assert organization.domains[0].name == "xn--syt-7mz2m3b.example" or organization.domains[0].name.startswith("xn--")


def test_a_value_of_the_ignore_list_is_canonical() -> None:
    text = "version: 1\norganizations: []\nignored: [{value: 64510, reason: x}, {value: 192.0.2.7, reason: x, valid_to: 2026-01-01}, {value: X.example., reason: x}]\n"
    assert roster.parse(text.encode(), "c.yaml").ignored == [
        Ignored("AS64510", "x"),
        Ignored("192.0.2.7/32", "x", None, date(2026, 1, 1)),
        Ignored("x.example", "x"),
    ]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-06-30", date(2026, 6, 30)),
        ("2026-6-3", date(2026, 6, 3)),
        ("2026-06-30T00:00:00", date(2026, 6, 30)),
        ("30/6/2026", date(2026, 6, 30)),
        ("3.4.2026", date(2026, 4, 3)),
    ],
)
def test_a_day_is_written_in_one_of_these_ways(given: str, meant: date) -> None:
    (organization,) = roster.parse((ONE + f"  valid_from: {given}\n").encode(), "c.yaml").organizations
    assert organization.valid_from == meant


@pytest.mark.parametrize("given", ["6/30/2026", "2026-02-30", "2026", "tomorrow", "20260630", "1/1/26"])
def test_what_is_no_day_is_refused(given: str) -> None:
    assert errors(ONE + f"  valid_from: {given}\n") == [
        f"c.yaml:4 organizations[0].valid_from: {given} is no day; write 2026-06-30"
    ]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "version: 2\norganizations: []", "version: 1", "{", "version: 1\norganizations: [1]", "a: [\n", "- a\n---\n- b"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_a_file_that_is_none_says_so(text: str, kind: str) -> None:
    assert len(errors(text, f"c.{kind}")) == 1


@pytest.mark.parametrize("name", ["c.pdf", "c"])
def test_the_name_says_what_kind_of_file_it_is(name: str) -> None:
    assert "must end in" in errors(ONE, name)[0]


def test_a_parent_may_be_known_already(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(ONE + "  parent: tinh\n")
    assert [error.code for error in roster.read(path).errors] == ["unknown-parent"]
    assert roster.read(path, known={"tinh": None}).errors == []
    assert [error.code for error in roster.read(path, known={"tinh": "a"}).errors] == ["circle"]


def test_every_organization_of_a_circle_is_named_once() -> None:
    text = "version: 1\norganizations: [{id: a, parent: b}, {id: b, parent: c}, {id: c, parent: a}, {id: d, parent: a}]"
    assert sorted(error.organization for error in roster.parse(text.encode(), "c.yaml").errors) == ["a", "b", "c"]
