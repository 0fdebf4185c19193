"""Tables with named columns, from CSV or JSON: what most published lists are. One row becomes one event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tocsin.feeds import documents, tabular, text
from tocsin.feeds.format import Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

Take = Callable[[Rows, dict[str, Any]], None]
"""Called once per row with its named values; must call `event` or `reject` exactly once."""


def is_json(source: Source) -> bool:
    """Tell whether the content begins like JSON."""
    return text.head(source.head()).lstrip("\ufeff \n\t")[:1] in ("{", "[")


def parse(source: Source, options: Options, rows: Rows, take: Take, names: tuple[str, ...]) -> Iterator[Chunk]:
    """Read a table. `names` are the columns by position, and tell which line is the heading, commented or not."""
    reader = _json(source, rows, take) if is_json(source) else _csv(source, rows, take, names)
    for _ in reader:
        if rows.full():
            yield rows.chunk()
    yield from rows.last()


def _json(source: Source, rows: Rows, take: Take) -> Iterator[None]:
    for found in documents.objects(source):
        for record in [found] if isinstance(found, documents.Bad) else flat(found):
            rows.next()
            if isinstance(record, documents.Bad):
                rows.reject(record.reason, record.detail, record.text)
            elif isinstance(record, dict):
                take(rows, record)
            else:
                rows.reject("not-a-record", "a value where an object should be", str(record))
            yield


def flat(found: Any) -> Iterator[Any]:
    """Yield the records of wrappings: `{"query_status", "urls"|"data"|…: […]}`, and abuse.ch's `{"123": [{…}]}`."""
    if isinstance(found, dict) and found:
        for name in documents.WRAPPINGS:
            if isinstance(found.get(name), list):
                yield from found[name]
                return
        if all(isinstance(part, list) for part in found.values()):
            for key, part in found.items():
                for record in part:
                    yield {"id": key, **record} if isinstance(record, dict) else record
            return
    yield found


def _csv(source: Source, rows: Rows, take: Take, names: tuple[str, ...]) -> Iterator[None]:
    wanted = set(names)
    for raw, fields in tabular.records(_without_comments(source, wanted)):
        if fields is not None and len(wanted & set(tabular.heading(fields))) >= max(2, len(fields) // 2):
            names = tuple(tabular.heading(fields))
            continue
        rows.next()
        if fields is None:
            rows.reject("bad-csv", "a quote that is never closed", raw)
        elif len(fields) != len(names):
            rows.reject("ragged-row", f"{len(fields)} fields where the heading has {len(names)}", raw)
        else:
            take(rows, {name: field.strip() for name, field in zip(names, fields, strict=True)})
        yield


def _without_comments(source: Source, wanted: set[str]) -> Iterator[str]:
    """Leave out comments, but let a commented heading through without its sign."""
    for line in text.lines(source):
        if line.startswith("#"):
            bare = line.strip("# ")
            if len(bare) < 1000 and len(wanted & set(tabular.heading(bare.split(",")))) >= 2:
                yield bare
            continue
        yield line


def columns(head: bytes, *, records: bool = False) -> frozenset[str]:
    """Return the names of a table's columns, from a CSV heading (commented or not) or JSON fields; perhaps only the records' own."""
    if documents.keys(head):
        return documents.record_keys(head) if records else documents.keys(head)
    best: list[str] = []
    for line in text.head(head).split("\n")[:60]:
        bare = line.strip().strip("#").strip()
        if bare.count(",") >= 1 and len(bare) < 4000:
            names = tabular.heading(bare.split(","))
            if all(name.replace("_", "").replace(" ", "").isalnum() for name in names):
                best = max(best, names, key=len)
    return frozenset(best)


def rest(record: dict[str, Any], *used: str) -> dict[str, Any]:
    """Return what no column of the event has taken."""
    return {name: value for name, value in record.items() if name not in used}


def first(record: dict[str, Any], *names: str) -> Any:
    """Return the first value that is there."""
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)
