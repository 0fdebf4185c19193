"""Any CSV or NDJSON, by a small mapping file (its form: docs/reference/mapping.md). Only when the operator asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from tocsin.feeds import documents, tabular, text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.intelmq.parse import column_value
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import SCHEMA, Chunk

NEVER = {
    "event_id",
    "raw_row",
    "raw_sha256",
    "asset",
    "kind",
    "organization",
    "because",
    "related",
    "extra",
    "time_observation",
}


def recognize(head: bytes, name: str) -> int:
    """Never by itself: without a mapping nothing says what the columns mean."""
    return 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the file as the mapping says; a mapping with a fault refuses the file as one row."""
    given = options.mapping if isinstance(options.mapping, dict) else {}
    rows = Rows(options, code=str(given.get("feed_code") or "mapped"), name="Mapped", provider="unknown")
    wrong = faults(options.mapping)
    if wrong:
        rows.row = 0
        rows.reject("bad-mapping", "; ".join(wrong))
        yield from rows.last()
        return
    mapping = _Mapping(given)
    for record in _records(source, given, rows):
        mapping.take(rows, record)
        if rows.full():
            yield rows.chunk()
    yield from rows.last()


def faults(given: object) -> list[str]:
    """Return what is wrong with a mapping, in sentences; empty when nothing is."""
    if not isinstance(given, dict):
        return ["no mapping was given (--mapping FILE)"]
    found = []
    columns = given.get("columns")
    if not isinstance(columns, dict) or not columns:
        found.append("columns: an object {column of the file: field of an event} is needed")
    else:
        named = [name for given in columns.values() for name in (given if isinstance(given, list) else [given])]
        wrong = [str(name) for name in named if not _is_field(name)]
        found += [f"columns: {name} is no field of an event" for name in wrong]
    for part in ("constants", "values", "time", "only"):
        if part in given and not isinstance(given[part], dict):
            found.append(f"{part}: must be an object")
    constants = given.get("constants")
    if isinstance(constants, dict):
        found += [f"constants: {name} is no field of an event" for name in constants if not _is_field(name)]
    heading = given.get("heading", True)
    if not isinstance(heading, (bool, list)):
        found.append("heading: true, false or a list of names")
    delimiter = given.get("delimiter")
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"'):
        found.append("delimiter: one character")
    when = given.get("time")
    if isinstance(when, dict) and not found:
        try:
            ZoneInfo(str(when.get("zone", "UTC")))
        except (KeyError, ValueError, OSError):
            found.append(f"time: {when.get('zone')} is no time zone")
    return found


def _field(name: object) -> str:
    """Return the column that a mapping means; what follows `extra.` is a name of its own and stays as it is."""
    plain = str(name)
    return f"extra_{plain[6:]}" if plain.startswith("extra.") else plain.replace(".", "_")


def _is_field(name: object) -> bool:
    plain = _field(name)
    return plain.startswith("extra_") or (plain in SCHEMA and plain not in NEVER)


class _Mapping:
    """A mapping that was found right, made ready."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.columns = {
            str(key).lower(): [_field(name) for name in (value if isinstance(value, list) else [value])]
            for key, value in given["columns"].items()
        }
        self.constants = {_field(key): value for key, value in (given.get("constants") or {}).items()}
        self.scheme = str(given.get("url_scheme") or "")
        maps = given.get("values") or {}
        self.values = {
            str(column).lower(): {str(key).lower(): value for key, value in pairs.items()}
            for column, pairs in maps.items()
            if isinstance(pairs, dict)
        }
        self.only = {
            str(column).lower(): {str(word).lower() for word in (words if isinstance(words, list) else [words])}
            for column, words in (given.get("only") or {}).items()
        }
        when = given.get("time") or {}
        self.zone: tzinfo = ZoneInfo(str(when["zone"])) if "zone" in when else UTC
        self.form: str | None = str(when["format"]) if when.get("format") else None

    def take(self, rows: Rows, record: dict[str, Any]) -> None:
        """Make one event of a row."""
        for column, words in self.only.items():
            given = next((value for name, value in record.items() if name.lower() == column), None)
            if str(given).lower() not in words:
                rows.reject("not-wanted", f"the mapping takes other rows only: {column} is {str(given)[:40]}", record)
                return
        found: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in self.constants.items():
            if name.startswith("extra_"):
                extra[name[6:]] = value
            else:
                found[name] = column_value(name, value)
        for name, given in record.items():
            for field in self.columns.get(name.lower(), [""]):
                meant = self.values.get(field) or self.values.get(name.lower(), {})
                value = meant.get(str(given).lower(), given)
                if not field or field.startswith("extra_"):
                    extra[field[6:] or name] = value
                    continue
                if field == "time_source":
                    normal = values.instant(values.text(value), self.zone, self.form)
                    if normal is None and values.text(value):
                        rows.reject("bad-time", f"no time that can be read: {str(value)[:80]}", record)
                        return
                else:
                    normal = column_value(field, value, self.scheme)
                    if normal is None and values.text(value):
                        extra[name] = value
                found[field] = found.get(field) if normal is None else normal
        found.setdefault("classification_type", "other")
        rows.event(record, extra=extra, **found)


def _records(source: Source, given: dict[str, Any], rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield the rows that can be read; the others are refused here."""
    head = text.head(source.head()).lstrip("\ufeff \n\t")
    if given.get("framing", "json" if head[:1] in ("{", "[") else "csv") == "json":
        for found in documents.objects(source):
            for record in _unwrapped(found, str(given.get("records") or "")):
                rows.next()
                if isinstance(record, documents.Bad):
                    rows.reject(record.reason, record.detail, record.text)
                elif isinstance(record, dict):
                    yield _flat(record)
                else:
                    rows.reject("not-a-record", "a value where an object should be", str(record))
        return
    heading = given.get("heading", True)
    names = tabular.heading([str(name) for name in heading]) if isinstance(heading, list) else []
    lines = text.lines(source)
    comment = str(given.get("comment") or "#")
    delimiter = given.get("delimiter") or tabular.delimiter_of(next(iter(text.content_lines(source.head())), ","))
    for raw, fields in tabular.records(lines, delimiter, (comment,)):
        if not names and fields is not None:
            names = tabular.heading(fields) if heading else [str(n + 1) for n in range(len(fields))]
            if heading:
                continue
        rows.next()
        if fields is None:
            rows.reject("bad-csv", "a quote that is never closed", raw)
        elif len(fields) != len(names):
            rows.reject("ragged-row", f"{len(fields)} fields where the heading has {len(names)}", raw)
        else:
            yield dict(zip(names, fields, strict=True))


def _unwrapped(found: Any, name: str) -> list[Any]:
    """Return the records under the name that the mapping gives, where an object has it; else the object itself."""
    if not name or not isinstance(found, dict) or name not in found:
        return [found]
    inner = found[name]
    return inner if isinstance(inner, list) else [inner]


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Give fields of nested objects a name with a dot; ten levels are enough for anyone."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any, int]] = [("", record, 0)]
    while waiting:
        name, value, depth = waiting.pop()
        if isinstance(value, dict) and depth < 10:
            waiting += [(f"{name}.{key}" if name else str(key), part, depth + 1) for key, part in value.items()]
        else:
            found[name] = value
    return found


FORMAT = Format("mapped", recognize, parse, "Any CSV or NDJSON, by a mapping file")
