"""Read a file of merges and splits: each row says which organization gives way to which, on what day."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from tocsin.roster import documents
from tocsin.roster.reasons import Wrong

COLUMNS: Final = ("from", "to", "on", "reason", "value")
MOST_ROWS: Final = 10_000
WRONG: Final[dict[str, str]] = {
    "same": "name those that end and, apart from them, those that follow",
    "unknown": "not known: %(value)s",
    "no-reason": "say why: the reason is kept with it",
    "stranger": "not among those that follow: %(value)s",
    "gone": "did not exist on %(day)s: %(value)s",
    "unborn": "does not exist on %(day)s: %(value)s",
    "open": "say which organization gets %(value)s of %(organization)s",
    "not-utf-8": "the text is not UTF-8; save it as CSV UTF-8",
    "unreadable": "this is neither CSV nor YAML with the columns from, to, on, reason, value",
    "missing": "row %(row)s: %(key)s is missing",
    "bad-day": "row %(row)s: %(value)s is no day; write 2026-06-30",
    "too-many": "there are more than %(limit)s rows",
    "nothing": "there is no row in it",
}


class BadSuccession(ValueError):
    """It cannot be done as asked; `code` and `values` say why, as does the English text."""

    def __init__(self, code: str, **values: object) -> None:
        self.code, self.values = code, {name: str(value) for name, value in values.items()}
        super().__init__(WRONG[code] % self.values)


@dataclass(frozen=True, slots=True)
class Planned:
    """Organizations that end the day before `on`, those that follow, and who gets what is assigned by value."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    on: date
    reason: str
    assigned: Mapping[str, str] = field(default_factory=dict)


def read(content: bytes, name: str) -> list[Planned]:
    """Return the successions of a file (CSV, YAML or JSON), in the order of their days. Raise BadSuccession.

    Rows with the same day that share an organization are one succession. A row with a value gives it alone to `to`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadSuccession("not-utf-8") from None
    rows = _mappings(text, name)
    if not rows:
        raise BadSuccession("nothing")
    if len(rows) > MOST_ROWS:
        raise BadSuccession("too-many", limit=MOST_ROWS)
    return plans(_row(number, row) for number, row in enumerate(rows, 1))


def write(planned: Iterable[Planned]) -> bytes:
    """Return successions as the CSV file that `read` takes."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for plan in planned:
        table.writerows([one, to, plan.on.isoformat(), plan.reason, ""] for one in plan.before for to in plan.after)
        table.writerows(
            [plan.before[0], to, plan.on.isoformat(), plan.reason, value] for value, to in plan.assigned.items()
        )
    return out.getvalue().encode()


def plans(rows: Iterable[tuple[str, str, date, str, str]]) -> list[Planned]:
    """Return the successions that rows (from, to, day, reason, value) make together."""
    groups: list[tuple[date, list[tuple[str, str, date, str, str]]]] = []
    for row in rows:
        names, joined = {row[0], row[1]}, [row]
        kept = []
        for day, members in groups:
            if day == row[2] and names & {name for one in members for name in one[:2]}:
                joined = [*members, *joined]
            else:
                kept.append((day, members))
        groups = [*kept, (row[2], joined)]
    made = [
        Planned(
            tuple(dict.fromkeys(row[0] for row in members)),
            tuple(dict.fromkeys(row[1] for row in members)),
            day,
            next((row[3] for row in members if row[3]), ""),
            {row[4]: row[1] for row in members if row[4]},
        )
        for day, members in groups
    ]
    return sorted(made, key=lambda plan: (plan.on, plan.before))


def _mappings(text: str, name: str) -> list[dict[str, Any]]:
    suffix = name.lower().rpartition(".")[2]
    if suffix in {"yaml", "yml", "json"}:
        try:
            found = json.loads(text) if suffix == "json" else documents.from_yaml(text)
        except (ValueError, RecursionError, Wrong):
            raise BadSuccession("unreadable") from None
        if isinstance(found, dict):
            found = found.get("successions")
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise BadSuccession("unreadable")
        return found
    head = text.partition("\n")[0]
    table = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        names = [(column or "").strip().lower() for column in table.fieldnames or ()]
        if not {"from", "to", "on"} <= set(names):
            raise BadSuccession("unreadable")
        table.fieldnames = names
        return [{key: value for key, value in row.items() if key} for row in table if any(row.values())]
    except csv.Error:
        raise BadSuccession("unreadable") from None


def _row(number: int, row: Mapping[str, Any]) -> tuple[str, str, date, str, str]:
    said = {key: str(row.get(key) or "").strip() for key in COLUMNS}
    for key in ("from", "to", "on"):
        if not said[key]:
            raise BadSuccession("missing", row=number, key=key)
    try:
        on = date.fromisoformat(said["on"])
    except ValueError:
        raise BadSuccession("bad-day", row=number, value=said["on"]) from None
    return said["from"], said["to"], on, said["reason"][:300], said["value"]
