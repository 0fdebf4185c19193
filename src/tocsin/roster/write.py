"""Write a constituency to a file that `read` gives back unchanged, byte for byte the same each time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import Any

from tocsin.core.constituency import Contact, Ignored, Organization
from tocsin.roster import tables
from tocsin.roster.tables import COLUMNS

KINDS = {
    "yaml": "application/yaml",
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What can be written, with its media type."""
Cell = str | int | date | None
_MADE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""A workbook says when it was made; one that says always the same can be compared."""
_FIRST_DAY = date(1900, 3, 1)
"""Before, spreadsheets count days wrongly."""


class UnknownKind(Exception):
    """The name does not end in .yaml, .yml, .json, .csv or .xlsx."""


def write(path: Path, organizations: Sequence[Organization], ignored: Sequence[Ignored] = ()) -> None:
    """Write by the suffix: .yaml .yml .json .csv .xlsx. Raise UnknownKind."""
    path.write_bytes(content(path.name, organizations, ignored))


def content(name: str, organizations: Sequence[Organization], ignored: Sequence[Ignored] = ()) -> bytes:
    """Return the file that a name's suffix asks for. Raise UnknownKind."""
    match PurePath(name).suffix.lower():
        case ".yaml" | ".yml":
            return _yaml(_document(organizations, ignored))
        case ".json":
            text = json.dumps(_document(organizations, ignored), ensure_ascii=False, indent=1, default=str)
            return f"{text}\n".encode()
        case ".csv":
            return _csv(organizations, ignored)
        case ".xlsx":
            return _xlsx(organizations, ignored)
    raise UnknownKind(name)


def _yaml(document: dict[str, Any]) -> bytes:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(document, Dumper=dumper, allow_unicode=True, sort_keys=False, width=120)
    return text.encode()


def _document(organizations: Sequence[Organization], ignored: Sequence[Ignored]) -> dict[str, Any]:
    document: dict[str, Any] = {"version": 1, "organizations": [_mapping(o) for o in organizations]}
    if ignored:
        document["ignored"] = [{"value": i.value, "reason": i.reason, **_days(i)} for i in ignored]
    return document


def _days(item: Any) -> dict[str, date]:
    return {key: value for key in ("valid_from", "valid_to") if (value := getattr(item, key)) is not None}


def _held(value: object, key: str, item: Any) -> object:
    days = _days(item)
    return {key: value, **days} if days else value


def _mapping(organization: Organization) -> dict[str, Any]:
    found: dict[str, Any] = {"id": organization.id, "name": {"vi": organization.name_vi, "en": organization.name_en}}
    for key in ("parent", "sector", "language", "criticality", "essential"):
        if value := getattr(organization, key):
            found[key] = value
    if organization.networks:
        found["networks"] = [_held(item.cidr, "cidr", item) for item in organization.networks]
    if organization.domains:
        found["domains"] = [_held(item.name, "name", item) for item in organization.domains]
    if organization.asns:
        found["asns"] = [_held(item.number, "number", item) for item in organization.asns]
    if organization.contacts:
        found["contacts"] = [_contact(item) for item in organization.contacts]
    return {**found, **_days(organization)}


def _contact(contact: Contact) -> dict[str, Any]:
    found: dict[str, Any] = {"name": contact.name, "email": contact.email, "roles": list(contact.roles)}
    found.update({key: value for key in ("phone", "language") if (value := getattr(contact, key))})
    return {**found, **_days(contact)}


def _tables(
    organizations: Sequence[Organization], ignored: Sequence[Ignored]
) -> Iterator[tuple[str, Iterator[list[Cell]]]]:
    """Yield each table with its rows, their cells in the order of COLUMNS."""
    yield (
        "organizations",
        (
            [
                o.id, o.name_vi, o.name_en, o.parent, o.sector, o.language, o.criticality,
                "yes" if o.essential else "", o.valid_from, o.valid_to,
            ]
            for o in organizations
        ),
    )  # fmt: skip
    yield "networks", ([o.id, i.cidr, i.valid_from, i.valid_to] for o in organizations for i in o.networks)
    yield "domains", ([o.id, i.name, i.valid_from, i.valid_to] for o in organizations for i in o.domains)
    yield "asns", ([o.id, i.number, i.valid_from, i.valid_to] for o in organizations for i in o.asns)
    yield (
        "contacts",
        (
            [o.id, c.name, c.email, ", ".join(c.roles), c.phone, c.language, c.valid_from, c.valid_to]
            for o in organizations
            for c in o.contacts
        ),
    )
    yield "ignored", ([i.value, i.reason, i.valid_from, i.valid_to] for i in ignored)


def _csv(organizations: Sequence[Organization], ignored: Sequence[Ignored]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for name, rows in _tables(organizations, ignored):
        if name != "organizations":
            writer.writerow([])
        writer.writerow([f"[{name}]"])
        writer.writerow(COLUMNS[name])
        writer.writerows([tables.quoted("" if cell is None else str(cell)) for cell in row] for row in rows)
    # With the mark, spreadsheets read the file as UTF-8.
    return out.getvalue().encode("utf-8-sig")


def _xlsx(organizations: Sequence[Organization], ignored: Sequence[Ignored]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": _MADE})
        bold = book.add_format({"bold": True})
        dated = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        # A text that looks like a formula stays a text even when somebody edits the cell.
        kept = book.add_format({"quote_prefix": True})
        for name, rows in _tables(organizations, ignored):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(COLUMNS[name]) - 1, 22)
            sheet.write_row(0, 0, COLUMNS[name], bold)
            for number, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    if isinstance(cell, date) and cell >= _FIRST_DAY:
                        sheet.write_datetime(number, place, datetime(cell.year, cell.month, cell.day), dated)  # noqa: DTZ001 - a day has no zone
                    elif isinstance(cell, int):
                        sheet.write_number(number, place, cell)
                    elif cell:
                        text = str(cell)
                        sheet.write_string(number, place, text, kept if tables.FORMULA.match(text) else None)
    return out.getvalue()
