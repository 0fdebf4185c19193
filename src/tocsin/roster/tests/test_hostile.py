"""A file made to hurt is refused with a named reason, in bounded time and memory; nothing in it is evaluated."""

from __future__ import annotations

import io
import resource
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from tocsin import roster
from tocsin.roster import build, reasons, tables

HEAD = "version: 1\norganizations:\n"


def codes(content: str | bytes, name: str = "c.yaml") -> set[str]:
    data = content.encode() if isinstance(content, str) else content
    found = roster.parse(data, name)
    for error in found.errors:
        assert len(str(error)) < 600
        assert str(error).isprintable()
    return {error.code for error in found.errors}


def _laughs(word: str) -> str:
    lines = [f"a0: &a0 [{', '.join(['lol'] * 10)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join([*lines, "version: 1", f"organizations: {word}"])


@pytest.mark.parametrize("word", ["*a8", "[{id: a, networks: *a8}]", "[{id: a, name: *a8}]", "[{id: *a8}]", "[{id: a, contacts: [{email: *a8}]}]"])  # fmt: skip
def test_a_billion_laughs_are_not_expanded(word: str) -> None:
    assert codes(_laughs(word)) & {"not-a-text", "not-a-mapping", "not-a-list"}


def test_one_list_that_all_organizations_share_is_counted_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MOST_ITEMS", 10_000)
    networks = ", ".join(f"198.51.{n >> 6}.{(n & 63) * 4}/30" for n in range(200))
    text = HEAD + f"- {{id: o-0, networks: &n [{networks}]}}\n"
    text += "".join(f"- {{id: o-{n}, networks: *n}}\n" for n in range(1, 200))
    assert codes(text) == {"too-many"}


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: " + "{" * 100_000, "- " * 100_000, "? " * 100_000, "k: " + "[a, " * 100_000,
     "\n".join(" " * n + "a:" for n in range(2000))],
)  # fmt: skip
def test_deep_nesting_is_refused_before_the_stack_ends(text: str) -> None:
    assert codes(text) == {"too-deep"}


def test_deep_json_is_refused() -> None:
    assert codes("[" * 100_000, "c.json") == {"too-deep"}
    assert codes('{"version": 1, "organizations": [{"id": ' + "1" * 10_000 + "}]}", "c.json") == {"too-long"}


@pytest.mark.parametrize(
    "text",
    ["a: !!python/object/apply:os.system [id]", "a: !!binary aGk=", "version: 1\norganizations: !x []", "a: *b", "&a [*a]",
     HEAD + "- &a {id: a}\n- {<<: *a, id: b}\n"],
)  # fmt: skip
def test_tags_merges_and_aliases_of_nothing_are_refused(text: str) -> None:
    assert codes(text) & {"unknown-tag", "unknown-alias", "unknown-key"}


@pytest.mark.parametrize(
    "key", ["id", "name", "sector", "parent", "language", "valid_from", "essential", "networks", "colour"]
)
@pytest.mark.parametrize("kind", ["yaml", "json", "csv", "xlsx"])
def test_a_cell_of_ten_megabytes_is_named_not_repeated(kind: str, key: str) -> None:
    long = "x" * 10_000_000
    if kind == "csv":
        content = f"id,{key},b\na,{long},\n".encode()
    elif kind == "xlsx":
        content = _workbook([["id", key], ["a", long[:32_767]]])
    elif kind == "json":
        content = f'{{"version": 1, "organizations": [{{"id": "a", "{key}x": 1}}, {{"{key}": "{long}"}}]}}'.encode()
    else:
        content = f"{HEAD}- id: a\n- {key}: {long}\n".encode()
    assert codes(content, f"c.{kind}")


def _workbook(rows: list[list[object]], **options: object) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet("organizations")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def _parts(content: bytes, **replaced: bytes) -> bytes:
    """Return a workbook with some of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            key = member.filename.rpartition("/")[2].partition(".")[0]
            new.writestr(member.filename, replaced.get(key, old.read(member)))
    return out.getvalue()


def test_a_formula_is_what_the_spreadsheet_last_showed() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("organizations")
        sheet.write_row(0, 0, ["id", "name_vi", "sector"])
        sheet.write_row(1, 0, ["a"])
        sheet.write_formula(1, 1, '=CONCAT("M","ột")', None, "Một")
        sheet.write_formula(1, 2, '=WEBSERVICE("http://x.example/")', None, "health")
    (organization,) = roster.parse(out.getvalue(), "c.xlsx").organizations
    assert (organization.name_vi, organization.sector) == ("Một", "health")


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = _parts(_workbook([["id"], ["a"]]), sharedStrings=b"<sst>" + b" " * (80 << 20))
    assert len(bomb) < 1 << 20
    assert codes(bomb, "c.xlsx") == {"too-large"}


def test_entities_of_a_workbook_are_not_expanded() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'
    assert codes(_parts(_workbook([["id"], ["a"]]), sharedStrings=laughs), "c.xlsx") == {"not-xlsx"}
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst><si><t>&a;</t></si></sst>'
    assert codes(_parts(_workbook([["id"], ["a"]]), sharedStrings=outside), "c.xlsx") == {"not-xlsx"}


def test_a_cell_in_the_last_corner_costs_no_more_than_another() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    corner = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert codes(_parts(_workbook([["id"], ["a"]]), sheet1=corner), "c.xlsx") == {"too-many"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 1000, _workbook([["id"]])[:-30], _parts(_workbook([["id"]]), workbook=b"<a"),
     _parts(_workbook([["id"]]), sheet1=b"\xff\xfe<"), _parts(_workbook([["id"], ["a"]]), styles=b""),
     _parts(_workbook([["id"], ["a"]]), sheet1=b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="x"><c r="?"/></row></sheetData></worksheet>')],
)  # fmt: skip
def test_a_broken_workbook_is_no_traceback(content: bytes) -> None:
    assert codes(content, "c.xlsx") == {"not-xlsx"}


def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    assert codes(b"a" * (roster.LARGEST + 1)) == {"too-large"}


def test_errors_end_somewhere() -> None:
    found = roster.parse(("id\n" + "A B\n" * 50_000).encode(), "c.csv")
    assert len(found.errors) == build.MOST_ERRORS + 1
    assert found.errors[-1].code == "too-many-errors"


def test_rows_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 1000)
    assert codes("id\n" + "".join(f"a{n}\n" for n in range(1001)), "c.csv") == {"too-many"}


@pytest.mark.parametrize("text", ["a\u202eb", "a\x00b", "a\x1bb", "a\ufeffb", "a\ufffeb"])
def test_characters_that_deceive_are_refused(text: str) -> None:
    content = f'{{"version": 1, "organizations": [{{"id": "a", "sector": {_json(text)}}}]}}'
    assert codes(content, "c.json") == {"bad-character"}


def _json(text: str) -> str:
    import json

    return json.dumps(text)


@pytest.mark.parametrize("email", ["a@b.example\nBcc: x@y.example", "a@b.example>", "a b@c.example", "<a@b.example>", "a@b", "@b.example", "a@@b.example", 'a"@b.example'])  # fmt: skip
def test_an_address_that_could_say_more_than_one_is_refused(email: str) -> None:
    content = f'{{"version": 1, "organizations": [{{"id": "a", "contacts": [{_json(email)}]}}]}}'
    assert codes(content, "c.json") == {"bad-email"}


KINDS = st.sampled_from(["c.yaml", "c.json", "c.csv", "c.xlsx"])


@given(st.binary(max_size=300), KINDS)
def test_random_bytes_never_raise(content: bytes, name: str) -> None:
    roster.parse(content, name)


SAMPLES = {
    kind: roster.content(kind, roster.parse(
        b"version: 1\norganizations: [{id: a, networks: [192.0.2.0/24], asns: [64500], contacts: [{email: a@a.example, roles: [x]}]}]",
        "c.yaml").organizations) for kind in ("c.yaml", "c.json", "c.csv", "c.xlsx")
}  # fmt: skip


@given(KINDS, st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4)), min_size=1, max_size=5))
def test_a_file_with_some_bytes_changed_never_raises(name: str, changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(SAMPLES[name])
    for place, new in changes:
        content[place % len(content) : place % len(content) + len(new)] = new
    roster.parse(bytes(content), name)


def test_every_reason_that_is_given_has_a_sentence() -> None:
    import re
    from pathlib import Path

    folder = Path(reasons.__file__).parent
    given = {
        code
        for path in folder.glob("*.py")
        for code in re.findall(r'(?:Wrong|RowError)(?:\.of)?\([^"\n]*"([a-z0-9-]+)"', path.read_text(encoding="utf-8"))
    }
    assert given <= set(reasons.REASONS)
    assert set(reasons.REASONS) <= given | {"not-yaml", "circle"}
