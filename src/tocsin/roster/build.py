"""From entries, whatever file they stand in, to the plain values of `core.constituency`; errors are collected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, TypeVar

from tocsin.core.constituency import AutonomousSystem, Contact, Domain, Ignored, Network, Organization
from tocsin.roster import tables, values
from tocsin.roster.documents import Listed, Mapped
from tocsin.roster.reasons import RowError, Wrong
from tocsin.roster.tables import Row

T = TypeVar("T")
MOST_ITEMS = 1_000_000
MOST_ERRORS = 1000
DAYS = ("valid_from", "valid_to")
KEYS: dict[str, tuple[str, ...]] = {
    "organizations": ("id", "name", *tables.COLUMNS["organizations"][3:-2], *tables.INLINE, *DAYS),
    "networks": ("cidr", *DAYS),
    "domains": ("name", *DAYS),
    "asns": ("number", *DAYS),
    "contacts": ("name", "email", "roles", "phone", "language", *DAYS),
    "ignored": ("value", "reason", *DAYS),
}
"""What an entry of each list may say in YAML and JSON."""


class Full(Exception):
    """There is more of something than is looked at; the error is in the list."""


@dataclass(slots=True)
class Entry:
    """One entry of a list: its texts by key, and where each stands."""

    cells: Mapping[str, Any]
    place: Callable[[str], str]
    organization: str = ""


@dataclass(slots=True)
class Builder:
    """Builds values and collects what is wrong."""

    name: str
    errors: list[RowError] = field(default_factory=list)
    organizations: list[Organization] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    """Where each organization stands, for what is said of it afterwards."""
    ignored: list[Ignored] = field(default_factory=list)
    _n: int = 0

    def say(self, place: str, wrong: Wrong, organization: str = "") -> None:
        """Add an error. Raise Full when there are too many."""
        self.errors.append(RowError(place, wrong.code, wrong.values, organization))
        if len(self.errors) >= MOST_ERRORS:
            self.errors.append(RowError.of(self.name, "too-many-errors", limit=MOST_ERRORS))
            raise Full

    # YAML and JSON

    def take_document(self, found: object) -> None:
        """Build from a document."""
        if not isinstance(found, Mapped) or not isinstance(found.get("organizations"), Listed | list):
            self.say(self.name, Wrong("no-organizations"))
            return
        if found.get("version") != "1":
            self.say(
                self._at(found.lines.get("version", 0), "version"),
                Wrong("unknown-version", value=found.get("version", "?")),
            )
            return
        for key in found:
            if key not in {"version", "organizations", "ignored"}:
                self.say(
                    self._at(found.lines[key], key),
                    Wrong("unknown-key", value=key, known="version, organizations, ignored"),
                )
        for entry in self._entries(found["organizations"], "organizations", 0, "id"):
            self._organization(entry, self._each)
        for entry in self._entries(found.get("ignored") or Listed(), "ignored", 0, "value"):
            self._ignored(entry)

    def _each(self, name: str, entry: Entry) -> Iterator[Entry]:
        given = entry.cells.get(name)
        if given is not None:
            line = getattr(entry.cells, "lines", {}).get(name, 0)
            short = tables.KEYS.get(name, "email")
            yield from self._entries(given, f"{self._path(entry)}.{name}", line, short, name, entry.organization)

    def _path(self, entry: Entry) -> str:
        return entry.place("").rpartition(" ")[2]

    def _at(self, line: int, path: str) -> str:
        return f"{self.name}:{line} {path}" if line else f"{self.name} {path}"

    def _entries(
        self, given: object, path: str, line: int, short: str, kind: str = "", organization: str = ""
    ) -> Iterator[Entry]:
        """Yield the entries of a list; a bare text is an entry that says nothing but `short`."""
        if not isinstance(given, list):
            self.say(self._at(line, path), Wrong("not-a-list"), organization)
            return
        for number, item in enumerate(given):
            self._count()
            at = given.lines[number] if isinstance(given, Listed) else line
            where = f"{path}[{number}]"
            cells = item
            if isinstance(item, str) and kind:
                cells = Mapped(at)
                cells.put(short, item, at)
            elif not isinstance(item, Mapped):
                self.say(self._at(at, where), Wrong("not-a-mapping"), organization)
                continue

            def place(key: str, cells: Mapped = cells, at: int = at, where: str = where) -> str:
                return self._at(cells.lines.get(key, at) or at, f"{where}.{key}" if key else where)

            entry = Entry(cells, place, organization)
            allowed = KEYS[kind or path]
            for key in cells:
                if key not in allowed:
                    self.say(place(key), Wrong("unknown-key", value=key, known=", ".join(allowed)), organization)
            yield entry

    def _count(self) -> None:
        self._n += 1
        if self._n > MOST_ITEMS:
            self.errors.append(RowError.of(self.name, "too-many", limit=MOST_ITEMS))
            raise Full

    # CSV and XLSX

    def take_rows(self, rows: Iterator[Row]) -> None:
        """Build from tables; their order does not matter."""
        by_table: dict[str, list[Row]] = {name: [] for name in tables.COLUMNS}
        for row in rows:
            self._count()
            by_table[row.table].append(row)
        names = {row.cells.get("id", "") for row in by_table["organizations"]}
        belonging: dict[str, dict[str, list[Row]]] = {name: {} for name in tables.INLINE}
        for name in tables.INLINE:
            for row in by_table[name]:
                owner = row.cells.get("organization", "")
                if owner in names and owner:
                    belonging[name].setdefault(owner, []).append(row)
                else:
                    wrong = (
                        Wrong("unknown-organization", value=owner) if owner else Wrong("missing", key="organization")
                    )
                    self.say(row.place("organization"), wrong, owner)
        taken: set[str] = set()
        for row in by_table["organizations"]:
            id_ = row.cells.get("id", "")
            below = {name: found.get(id_, []) if id_ not in taken else [] for name, found in belonging.items()}
            taken.add(id_)
            self._organization(Entry(row.cells, row.place), partial(self._of_rows, row, below))
        for row in by_table["ignored"]:
            for entry in self._split(row, "value", ""):
                self._ignored(entry)

    def _of_rows(self, row: Row, below: dict[str, list[Row]], name: str, entry: Entry) -> Iterator[Entry]:
        """Yield what stands in a cell of the organization, then the rows of the list's own table."""
        for item in tables.parts(row.cells.get(name, "")) if name != "contacts" else _contacts(row.cells.get(name, "")):
            self._count()
            try:
                cells = _inline_contact(item) if name == "contacts" else _inline(item, tables.KEYS[name])
            except Wrong as wrong:
                self.say(row.place(name), wrong, entry.organization)
                continue
            yield Entry(cells, partial(_inside, row, name), entry.organization)
        for other in below[name]:
            if name == "contacts":
                yield Entry(other.cells, other.place, entry.organization)
            else:
                yield from self._split(other, tables.KEYS[name], entry.organization)

    def _split(self, row: Row, key: str, organization: str) -> Iterator[Entry]:
        """Yield an entry for each of the values in the cell `key`, all with the other cells of the row."""
        for item in tables.parts(row.cells.get(key, "")) or [""]:
            self._count()
            yield Entry({**row.cells, key: item}, row.place, organization)

    # both

    def _organization(self, entry: Entry, items: Callable[[str, Entry], Iterator[Entry]]) -> None:
        id_ = self._value(entry, "id", values.identifier, "", required=True)
        entry.organization = id_
        vi, en = self._names(entry)
        parent = self._value(entry, "parent", values.identifier, "")
        since, until = self._days(entry)
        made: dict[str, tuple[Any, ...]] = {
            name: tuple(self._unique(name, items(name, entry))) for name in tables.INLINE
        }  # fmt: skip
        found = Organization(
            id=id_,
            name_vi=vi or en or id_,
            name_en=en or vi or id_,
            parent=parent or None,
            sector=self._value(entry, "sector", lambda v: values.text(v, values.LIMITS["sector"]), ""),
            language=self._value(entry, "language", values.language, ""),
            valid_from=since,
            valid_to=until,
            criticality=self._value(entry, "criticality", values.criticality, ""),
            essential=self._value(entry, "essential", values.flag, default=False),
            **made,
        )
        if not id_:
            return
        if id_ in self.places:
            self.say(entry.place("id"), Wrong("id-twice", value=id_), id_)
            return
        self.places[id_] = entry.place("parent")
        self.organizations.append(found)

    def _names(self, entry: Entry) -> tuple[str, str]:
        given = entry.cells.get("name")
        one = lambda v: values.text(v, values.LIMITS["name"])
        if isinstance(given, Mapped):
            for key in given:
                if key not in {"vi", "en"}:
                    self.say(entry.place("name"), Wrong("unknown-key", value=key, known="vi, en"), entry.organization)
            inner = Entry(given, lambda key: f"{entry.place('name')}.{key}", entry.organization)
            return self._value(inner, "vi", one, ""), self._value(inner, "en", one, "")
        both = self._value(entry, "name", one, "")
        return (
            self._value(entry, "name_vi", one, "") or both,
            self._value(entry, "name_en", one, "") or both,
        )

    def _unique(self, name: str, entries: Iterator[Entry]) -> Iterator[Any]:
        seen: set[Any] = set()
        for entry in entries:
            item = self._item(name, entry)
            if item is None:
                continue
            if item in seen:
                key = tables.KEYS.get(name, "email")
                self.say(entry.place(key), Wrong("item-twice", value=entry.cells.get(key)), entry.organization)
                continue
            seen.add(item)
            yield item

    def _item(self, name: str, entry: Entry) -> Network | Domain | AutonomousSystem | Contact | None:
        before = len(self.errors)
        since, until = self._days(entry)
        found: Network | Domain | AutonomousSystem | Contact
        if name == "networks":
            found = Network(self._value(entry, "cidr", values.network, "", required=True), since, until)
        elif name == "domains":
            found = Domain(self._value(entry, "name", values.domain, "", required=True), since, until)
        elif name == "asns":
            found = AutonomousSystem(self._value(entry, "number", values.asn, 0, required=True), since, until)
        else:
            found = Contact(
                name=self._value(entry, "name", lambda v: values.text(v, values.LIMITS["contact"]), ""),
                email=self._value(entry, "email", values.email, "", required=True),
                roles=self._roles(entry),
                phone=self._value(entry, "phone", lambda v: values.text(v, values.LIMITS["phone"]), ""),
                language=self._value(entry, "language", values.language, ""),
                valid_from=since,
                valid_to=until,
            )
        return found if len(self.errors) == before else None

    def _roles(self, entry: Entry) -> tuple[str, ...]:
        given = entry.cells.get("roles")
        if given is None:
            return ()
        words = tables.parts(given) if isinstance(given, str) else given
        found: list[str] = []
        for word in words if isinstance(words, list) else [words]:
            self._count()
            try:
                if not isinstance(word, str):
                    raise Wrong("not-a-text")
                role = values.role(word)
            except Wrong as wrong:
                self.say(entry.place("roles"), wrong, entry.organization)
            else:
                if role not in found:
                    found.append(role)
        return tuple(found)

    def _ignored(self, entry: Entry) -> None:
        before = len(self.errors)
        since, until = self._days(entry)
        value = self._value(entry, "value", values.ignored, "", required=True)
        reason = self._value(entry, "reason", lambda v: values.text(v, values.LIMITS["reason"]), "", required=True)
        found = Ignored(value, reason, since, until)
        if found in self.ignored and len(self.errors) == before:
            self.say(entry.place("value"), Wrong("item-twice", value=value))
        if len(self.errors) == before:
            self.ignored.append(found)

    def _days(self, entry: Entry) -> tuple[date | None, date | None]:
        since = self._value(entry, "valid_from", values.day, None)
        until = self._value(entry, "valid_to", values.day, None)
        if since and until and until < since:
            self.say(entry.place("valid_to"), Wrong("bad-order", value=until, other=since), entry.organization)
        return since, until

    def _value(
        self, entry: Entry, key: str, make: Callable[[str], T], default: T, *, required: bool = False
    ) -> T:  # fmt: skip
        """Return one value made from the text under `key`, or `default` after saying what is wrong with it."""
        given = entry.cells.get(key)
        if isinstance(given, bool):
            given = "yes" if given else "no"
        try:
            if given is not None and not isinstance(given, str):
                raise Wrong("not-a-text")
            if not (given or "").strip():
                if required:
                    raise Wrong("missing", key=key)
                return default
            assert given is not None
            if tables.shows_an_error(given):
                raise Wrong("spreadsheet-error", value=given)
            return make(given)
        except Wrong as wrong:
            self.say(entry.place(key), wrong, entry.organization)
            return default


def _inline(item: str, key: str) -> dict[str, str]:
    """Read `VALUE` or `VALUE [FROM..TO]`."""
    match = re.fullmatch(r"([^\s\[\]]+)\s*(?:\[\s*([^\s\]]*?)\s*\.\.\s*([^\s\]]*?)\s*\])?", item[:300])
    if match is None or len(item) > 300:
        raise Wrong("bad-item", value=item)
    value, since, until = match.groups()
    return {key: value, "valid_from": since or "", "valid_to": until or ""}


def _inside(row: Row, column: str, _key: str) -> str:
    """Return the place of a value that shares its cell with others."""
    return row.place(column)


def _contacts(cell: str) -> list[str]:
    """Return the contacts of a cell: separated by semicolons or lines, because their roles have commas."""
    return [part for part in (piece.strip() for piece in re.split(r"[;\n]", cell)) if part]


def _inline_contact(item: str) -> dict[str, str]:
    """Read `address`, or `Name <address> role, role`."""
    if len(item) > 1000:
        raise Wrong("bad-contact", value=item)
    if "<" not in item:
        return {"email": item}
    match = re.fullmatch(r"([^<>]*)<([^<>]*)>([^<>]*)", item)
    if match is None:
        raise Wrong("bad-contact", value=item)
    name, email, roles = (group.strip() for group in match.groups())
    return {"name": name, "email": email, "roles": roles}
