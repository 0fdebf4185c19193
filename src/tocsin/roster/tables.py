"""CSV and XLSX as tables: named columns, rows of texts, and where each cell stands.

A workbook has a sheet for each table; a CSV file has them one below the other, each begun by a line
with its name in brackets: `[networks]`. One table alone, without a name, is that of organizations.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from tocsin.roster.reasons import RowError, Wrong

DAYS = ("valid_from", "valid_to")
COLUMNS: dict[str, tuple[str, ...]] = {
    "organizations": ("id", "name_vi", "name_en", "parent", "sector", "language", "criticality", "essential", *DAYS),
    "networks": ("organization", "cidr", *DAYS),
    "domains": ("organization", "name", *DAYS),
    "asns": ("organization", "number", *DAYS),
    "contacts": ("organization", "name", "email", "roles", "phone", "language", *DAYS),
    "ignored": ("value", "reason", *DAYS),
}
"""The tables and their columns, in the order in which they are written."""
INLINE = ("networks", "domains", "asns", "contacts")
"""Lists that may also stand in a cell of an organization."""
ALIASES = {"network": "cidr", "prefix": "cidr", "domain": "name", "asn": "number", "role": "roles"}
KEYS = {"networks": "cidr", "domains": "name", "asns": "number"}
MOST_ROWS = 500_000
MOST_COLUMNS = 60
MOST_BYTES = 64 << 20
"""How large the parts of a workbook may be when unpacked."""
_ERRORS = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")
"""What a spreadsheet takes for a formula, perhaps behind apostrophes that are there to prevent it."""
_SECTION = re.compile(r"\[\s*([A-Za-z]+)\s*\]")


@dataclass(slots=True)
class Row:
    """One row: its cells by the name of their column, and where they are."""

    table: str
    sheet: str
    number: int
    cells: dict[str, str]
    letters: dict[str, str] = field(default_factory=dict)

    def place(self, column: str = "") -> str:
        """Name the row, or a cell of it: `networks!B7` in a workbook, `c.csv:7 cidr` in a text."""
        if self.letters:
            return f"{self.sheet}!{self.letters.get(column, '')}{self.number}"
        return f"{self.sheet}:{self.number} {column}".rstrip()


def from_csv(content: str, name: str, errors: list[RowError]) -> Iterator[Row]:
    """Yield the rows of a CSV text; separated by commas, semicolons or tabs. Raise Wrong."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=_delimiter(content))

    def lines() -> Iterator[tuple[int, list[str]]]:
        before = 0
        try:
            for cells in reader:
                yield before + 1, [_unquoted(cell.strip()) for cell in cells]
                before = reader.line_num
        except csv.Error as error:
            raise Wrong("not-csv", detail=f"line {before + 1}: {error}") from None

    table, rows = "organizations", _Rows(errors, name)
    for number, cells in lines():
        if number == 1 and len(cells) <= 2 and cells[:1] and cells[0].lower().startswith("sep="):
            continue  # how Excel is told the separator
        section = _SECTION.fullmatch(cells[0]) if cells and not any(cells[1:]) else None
        if section:
            table = section.group(1).lower()
            rows = _Rows(errors, name)
            if table not in COLUMNS:
                errors.append(RowError.of(f"{name}:{number}", "unknown-sheet", value=table, known=", ".join(COLUMNS)))
                rows.is_unreadable = True
            continue
        yield from rows.take(table, number, cells)


def from_xlsx(content: bytes, errors: list[RowError]) -> Iterator[Row]:
    """Yield the rows of a workbook: of formulas the value last shown, nothing is evaluated. Raise Wrong."""
    import openpyxl

    _check_parts(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
        try:
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # whatever the library meets in a crafted file
            raise Wrong("not-xlsx", detail=f"{type(error).__name__}: {error}") from None
        try:
            yield from _sheets(book, errors)
        except Wrong:
            raise
        except Exception as error:
            raise Wrong("not-xlsx", detail=f"{type(error).__name__}: {error}") from None
        finally:
            book.close()


def _sheets(book: Any, errors: list[RowError]) -> Iterator[Row]:
    sheets = [sheet for sheet in book.worksheets if not sheet.title.startswith("#")]
    for sheet in sheets:
        table = sheet.title.strip().lower()
        alone = len(sheets) == 1 and table not in COLUMNS
        rows = _Rows(errors, sheet.title, letters=True)
        # What a sheet says of its own size need not be true: cells are read until there are none.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
            texts = [_text(cell) for cell in cells]
            if not any(texts):
                if number > MOST_ROWS:
                    raise Wrong("too-many", limit=MOST_ROWS)
                continue
            if not alone and table not in COLUMNS:
                errors.append(RowError.of(sheet.title, "unknown-sheet", value=sheet.title, known=", ".join(COLUMNS)))
                break
            yield from rows.take("organizations" if alone else table, number, texts)


class _Rows:
    """Rows below one heading."""

    def __init__(self, errors: list[RowError], sheet: str, *, letters: bool = False) -> None:
        self.errors = errors
        self.sheet = sheet
        self.heading: list[str] = []
        self.letters: dict[str, str] = {}
        self.wants_letters = letters
        self.is_unreadable = False

    def take(self, table: str, number: int, cells: list[str]) -> Iterator[Row]:
        """Read the heading, or yield the row."""
        if number > MOST_ROWS:
            raise Wrong("too-many", limit=MOST_ROWS)
        if self.is_unreadable or not any(cells):
            return
        if not self.heading:
            self._read_heading(table, number, cells)
            return
        row = Row(table, self.sheet, number, dict(zip(self.heading, cells, strict=False)), self.letters)
        row.cells.pop("", None)
        beyond = [
            cell for place, cell in enumerate(cells) if cell and (self.heading[place : place + 1] or [""]) == [""]
        ]
        if beyond:
            self.errors.append(RowError(row.place(), "beyond-heading"))
        yield row

    def _read_heading(self, table: str, number: int, cells: list[str]) -> None:
        names = [re.sub(r"[\s-]+", "_", cell.lower()) for cell in cells]
        known = {
            *COLUMNS[table],
            *(INLINE if table == "organizations" else ()),
            "name" if table == "organizations" else "",
        }
        first = COLUMNS[table][0]
        names = [name if name in known else ALIASES.get(name, name) for name in names]
        while names and not names[-1]:
            names.pop()
        self.heading = names
        if self.wants_letters:
            self.letters = {name: _letter(place) for place, name in enumerate(names) if name}
        heading = Row(table, self.sheet, number, {}, self.letters)
        if first not in names:
            self.errors.append(RowError.of(heading.place(), "no-heading", value=first))
            self.is_unreadable = True
            return
        for place, name in enumerate(names):
            if name and name not in known:
                said = ", ".join(sorted(known - {""}))
                self.errors.append(RowError.of(heading.place(name), "unknown-key", value=name, known=said))
            elif name and name in names[:place]:
                self.errors.append(RowError.of(heading.place(name), "key-twice", value=name))


def parts(cell: str) -> list[str]:
    """Return the values of a cell that holds several, separated by semicolons, commas or lines."""
    return [part for part in (piece.strip() for piece in re.split(r"[;,\n]", cell)) if part]


def quoted(cell: str) -> str:
    """Return a cell so that no spreadsheet takes it for a formula; `_unquoted` gives it back."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _delimiter(content: str) -> str:
    """Return the separator that the first lines have most of, outside quotes."""
    head = content[:20_000]
    if match := re.match(r"sep=(.)\r?\n", head):
        return match.group(1)
    bare = re.sub(r'"[^"]*"', "", head)
    return max(",;\t", key=bare.count)


def _letter(place: int) -> str:
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def shows_an_error(cell: str) -> bool:
    """Say whether a cell holds what a spreadsheet shows when a formula failed."""
    return cell in _ERRORS


def _check_parts(content: bytes) -> None:
    """Refuse a workbook that unpacks to more than it should, or brings its own entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parcel:
            members = parcel.infolist()
            if len(members) > 2000 or sum(member.file_size for member in members) > MOST_BYTES:
                raise Wrong("too-large", limit=f"{MOST_BYTES >> 20} MiB")
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with parcel.open(member) as part:
                        if b"<!DOCTYPE" in part.read(1024):
                            raise Wrong("not-xlsx", detail="it declares a document type")
    except Wrong:
        raise
    except Exception as error:  # a crafted archive raises what it likes: BadZipFile, zlib.error, RuntimeError …
        raise Wrong("not-xlsx", detail=error) from None
