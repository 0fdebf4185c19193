"""Write a constituency to a file that `read` gives back unchanged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tocsin.core.constituency import Contact, Ignored, Organization
from tocsin.roster.read import SHEET


def write(path: Path, organizations: Sequence[Organization], ignored: Sequence[Ignored] = ()) -> None:
    """Write by the suffix: .yaml .yml .json .csv .xlsx. The sheets hold no ignore list and no language of contacts."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerows([SHEET, *map(_row, organizations)])
        path.write_bytes(out.getvalue().encode("utf-8-sig"))
    elif suffix == ".xlsx":
        _xlsx(path, organizations)
    else:
        document: dict[str, Any] = {"version": 1, "organizations": [_mapping(o) for o in organizations]}
        if ignored:
            document["ignored"] = [{"value": i.value, "reason": i.reason, **_days(i)} for i in ignored]
        if suffix == ".json":
            text = json.dumps(document, ensure_ascii=False, indent=1, default=str)
        else:
            import yaml

            text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
        path.write_bytes(text.encode())


def _xlsx(path: Path, organizations: Sequence[Organization]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("constituency")
        for number, row in enumerate([SHEET, *map(_row, organizations)]):
            sheet.write_row(number, 0, row)


def _days(item: Any) -> dict[str, date]:
    return {key: value for key in ("valid_from", "valid_to") if (value := getattr(item, key)) is not None}


def _held(value: object, key: str, item: Any) -> object:
    days = _days(item)
    return {key: value, **days} if days else value


def _mapping(organization: Organization) -> dict[str, Any]:
    found: dict[str, Any] = {"id": organization.id, "name": {"vi": organization.name_vi, "en": organization.name_en}}
    for key in ("parent", "sector", "language"):
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


def _row(organization: Organization) -> list[str]:
    def dated(value: object, item: Any) -> str:
        days = _days(item)
        return f"{value} [{days.get('valid_from', '')}..{days.get('valid_to', '')}]" if days else str(value)

    contacts = [f"{c.name} <{c.email}> {','.join(c.roles)} {c.phone}".strip() for c in organization.contacts]
    return [
        organization.id,
        organization.name_vi,
        organization.name_en,
        organization.parent or "",
        organization.sector,
        organization.language,
        "; ".join(dated(item.cidr, item) for item in organization.networks),
        "; ".join(dated(item.name, item) for item in organization.domains),
        "; ".join(dated(item.number, item) for item in organization.asns),
        "; ".join(contacts),
        str(organization.valid_from or ""),
        str(organization.valid_to or ""),
    ]
