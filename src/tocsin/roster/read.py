"""Read a constituency file into `core.constituency`, collecting every error with its place."""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Ignored, Network, Organization

_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,98}")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_KNOWN = {
    "id",
    "name",
    "parent",
    "sector",
    "language",
    "networks",
    "domains",
    "asns",
    "contacts",
    "valid_from",
    "valid_to",
}
LISTS = ("networks", "domains", "asns")
SHEET = ["id", "name_vi", "name_en", "parent", "sector", "language", *LISTS, "contacts", "valid_from", "valid_to"]
"""Columns of the CSV and XLSX form. Lists are separated by `;`; a list's item may end in `[from..to]`;
a contact is `Name <address> roles,with,commas phone`."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong, and where."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(slots=True)
class Read:
    """What a file holds. With errors, the organizations are those parts that were right."""

    organizations: list[Organization] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


class _Wrong(Exception):
    pass


def read(path: Path) -> Read:
    """Read a file by its suffix (.yaml .yml .json .csv .xlsx). Raise OSError when it cannot be read at all."""
    found = Read()
    try:
        rows = list(_rows(path, found))
    except (ValueError, KeyError, _Wrong) as error:
        found.errors.append(RowError(path.name, " ".join(str(error).split())))
        return found
    seen: set[str] = set()
    for place, row in rows:
        organization = _organization(place, row, found.errors)
        if organization is None:
            continue
        if organization.id in seen:
            found.errors.append(RowError(place, f"the identifier {organization.id} stands twice"))
        seen.add(organization.id)
        found.organizations.append(organization)
    for organization in found.organizations:
        if organization.parent and organization.parent not in seen:
            found.errors.append(RowError(organization.id, f"the parent {organization.parent} is not in this file"))
    _check_circles(found)
    return found


def _check_circles(found: Read) -> None:
    parents = {organization.id: organization.parent for organization in found.organizations}
    for start, parent in parents.items():
        above, path = parent, {start}
        while above in parents and above not in path:
            path.add(above)
            above = parents[above]
        if above == start:
            found.errors.append(RowError(start, "the organization is above itself"))


def _rows(path: Path, found: Read) -> Iterator[tuple[str, dict[str, Any]]]:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        text = path.read_bytes().decode("utf-8-sig")
        delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
        yield from _sheet(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), "line")
    elif suffix == ".xlsx":
        import openpyxl

        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            rows = ([_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True))
            yield from _sheet(rows, "row")
        finally:
            book.close()
    else:
        yield from _document(path, found)


def _document(path: Path, found: Read) -> Iterator[tuple[str, dict[str, Any]]]:
    text = path.read_bytes().decode("utf-8-sig")
    if path.suffix.lower() == ".json":
        data = json.loads(text)
    else:
        import yaml

        try:
            data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
        except yaml.YAMLError as error:
            raise _Wrong(f"not YAML: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("organizations"), list):
        raise _Wrong("expected `version: 1` and a list `organizations`")
    if data.get("version") != 1:
        raise _Wrong(f"version {data.get('version')!r} is not known; this is version 1")
    for number, row in enumerate(data["organizations"], start=1):
        if isinstance(row, dict):
            yield f"organization {number} ({row.get('id', 'without id')})", row
        else:
            found.errors.append(RowError(f"organization {number}", "is no mapping"))
    for number, row in enumerate(data.get("ignored") or [], start=1):
        try:
            since, until = _validity(row)
            found.ignored.append(Ignored(str(row["value"]), str(row["reason"]), since, until))
        except (_Wrong, KeyError, TypeError) as error:
            found.errors.append(RowError(f"ignored {number}", f"needs value and reason: {error}"))


def _sheet(rows: Any, word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    heading: list[str] = []
    for number, cells in enumerate(rows, start=1):
        values = [str(cell or "").strip() for cell in cells]
        if not any(values):
            continue
        if not heading:
            heading = [value.lower() for value in values]
            unknown = [name for name in heading if name and name not in SHEET]
            if "id" not in heading or unknown:
                raise _Wrong(f"the heading needs a column id; not known: {', '.join(unknown) or 'none'}")
            continue
        row = dict(zip(heading, values, strict=False))
        place = f"{word} {number} ({row.get('id', '')})"
        yield place, _from_sheet(row)


def _from_sheet(row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: value for key, value in row.items() if value and key in _KNOWN and key not in {*LISTS, "contacts"}
    }
    found["name"] = {"vi": row.get("name_vi", ""), "en": row.get("name_en", "")}
    keys = {"networks": "cidr", "domains": "name", "asns": "number"}
    for name in LISTS:
        found[name] = []
        for item in filter(None, (part.strip() for part in row.get(name, "").split(";"))):
            match = re.fullmatch(r"(\S+?)\s*(?:\[(\S*?)\.\.(\S*?)\])?", item)
            value, since, until = match.groups() if match else (item, None, None)
            found[name].append({keys[name]: value, "valid_from": since or None, "valid_to": until or None})
    found["contacts"] = []
    for item in filter(None, (part.strip() for part in row.get("contacts", "").split(";"))):
        match = re.fullmatch(r"(.*?)\s*<([^>]*)>\s*([A-Za-z,-]*)\s*(.*)", item)
        name, email, roles, phone = match.groups() if match else ("", item, "", "")
        found["contacts"].append(
            {"name": name, "email": email, "roles": [role for role in roles.split(",") if role], "phone": phone}
        )
    return found


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _organization(place: str, row: dict[str, Any], errors: list[RowError]) -> Organization | None:
    def collect(reason: object) -> None:
        errors.append(RowError(place, str(reason)))

    for key in sorted(set(row) - _KNOWN):
        collect(f"the key {key} is not known")
    id_ = str(row.get("id") or "")
    if not _SLUG.fullmatch(id_):
        collect(f"the id {id_!r} must be lower-case letters, digits, dots and hyphens")
        return None
    name = row.get("name") or {}
    if isinstance(name, str):
        name = {"vi": name, "en": name}
    since = until = None
    try:
        since, until = _validity(row)
    except _Wrong as error:
        collect(error)
    return Organization(
        id=id_,
        name_vi=str(name.get("vi") or name.get("en") or id_),
        name_en=str(name.get("en") or name.get("vi") or id_),
        parent=str(row["parent"]) if row.get("parent") else None,
        sector=str(row.get("sector") or ""),
        language=str(row.get("language") or ""),
        networks=tuple(_each(row, "networks", "cidr", _network, collect)),
        domains=tuple(_each(row, "domains", "name", _domain, collect)),
        asns=tuple(_each(row, "asns", "number", _asn, collect)),
        contacts=tuple(_each(row, "contacts", "email", _contact, collect)),
        valid_from=since,
        valid_to=until,
    )


def _each(row: dict[str, Any], key: str, short: str, make: Any, collect: Any) -> Iterator[Any]:
    items = row.get(key) or []
    if not isinstance(items, list):
        collect(f"{key} must be a list")
        return
    for number, item in enumerate(items, start=1):
        whole = item if isinstance(item, dict) else {short: item}
        try:
            yield make(whole, *_validity(whole))
        except (_Wrong, ValueError, KeyError, UnicodeError) as error:
            collect(f"{key} {number}: {error}")


def _network(item: dict[str, Any], since: date | None, until: date | None) -> Network:
    text = str(item["cidr"]).strip()
    try:
        return Network(str(ipaddress.ip_network(text)), since, until)
    except ValueError:
        try:
            meant = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise _Wrong(f"{text} is no prefix") from None
        raise _Wrong(f"{text} has bits set behind its length; did you mean {meant}?") from None


def _domain(item: dict[str, Any], since: date | None, until: date | None) -> Domain:
    import idna

    text = str(item["name"]).strip().strip(".").lower()
    try:
        name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError as error:
        raise _Wrong(f"{text} is no domain: {error}") from None
    if not re.fullmatch(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}", name):
        raise _Wrong(f"{text} is no domain")
    return Domain(name, since, until)


def _asn(item: dict[str, Any], since: date | None, until: date | None) -> AutonomousSystem:
    text = str(item["number"]).upper().removeprefix("AS").strip()
    if not text.isdigit() or not 0 < int(text) < 1 << 32:
        raise _Wrong(f"{item['number']} is no AS number")
    return AutonomousSystem(int(text), since, until)


def _contact(item: dict[str, Any], since: date | None, until: date | None) -> Contact:
    email = str(item.get("email") or "").strip()
    if not _EMAIL.fullmatch(email):
        raise _Wrong(f"{email!r} is no e-mail address")
    roles = item.get("roles") or []
    if not isinstance(roles, list):
        raise _Wrong("roles must be a list")
    return Contact(
        str(item.get("name") or ""), email, tuple(map(str, roles)), str(item.get("phone") or ""), str(item.get("language") or ""), since, until
    )  # fmt: skip


def _validity(item: dict[str, Any]) -> tuple[date | None, date | None]:
    since, until = (_day(item.get(key)) for key in ("valid_from", "valid_to"))
    if since and until and until < since:
        raise _Wrong(f"valid_to {until} is before valid_from {since}")
    return since, until


def _day(value: object) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _Wrong(f"{value} is no day; write 2026-06-30") from None
