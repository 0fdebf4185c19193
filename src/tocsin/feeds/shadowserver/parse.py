"""Shadowserver's CSV reports (https://github.com/The-Shadowserver-Foundation/report_schema).

The published schema (`intelmq.json`) decides what each column means when the operator gives it;
else `columns.py` does, so that a report nobody has seen still comes in. What no column of an event
takes goes into `extra`, name by name. Times are UTC, as Shadowserver states.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.core import taxonomy
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.shadowserver import blocks, columns
from tocsin.pipeline.chunk import INSTANT, KEY_SCHEMA, SCHEMA, Chunk, Reject

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}-(?:\d+[-_])?([a-z][a-z0-9_]*)")
_TELLING = {"asn", "geo", "tag", "naics", "hostname", "severity", "region", "src_asn", "sector", "src_geo", "infection"}
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_SEVERITIES = {"critical", "high", "medium", "low", "info"}


def recognize(head: bytes, name: str) -> int:
    """Recognize by the heading: a timestamp, an address, and columns that Shadowserver's reports share."""
    heading = set(_heading(head))
    if "timestamp" not in heading or not heading & {"ip", "src_ip", "email", "url"}:
        return 0
    shared = len(heading & _TELLING)
    return 90 if shared >= 3 else 60 if shared == 2 else 0


def _heading(head: bytes) -> list[str]:
    try:
        block = next(blocks.blocks(io.BytesIO(head), len(head) or 1))
        first = next(blocks.records(block))
    except StopIteration:
        return []
    return [] if isinstance(first, str) else [field.strip().lstrip("\ufeff").strip('"').lower() for field in first]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the columns of one file become columns of events."""

    report: str
    names: list[str]
    constants: dict[str, str]
    targets: dict[str, str]
    """Column of an event -> column of the file."""

    @property
    def used(self) -> set[str]:
        """Columns of the file that an event's column takes."""
        return set(self.targets.values())


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the report block by block."""
    with source.open() as file:
        plan, rows = None, 0
        for block in blocks.blocks(file, options.chunk_bytes):
            if plan is None:
                first = next(blocks.records(block), "")
                heading = _heading(block[: blocks.LONGEST]) if not isinstance(first, str) else []
                plan = _plan(heading, source.name, options)
                block = _after_heading(block)
                if not block:
                    continue
            chunk = _chunk(block, plan, rows, options)
            rows += chunk.rows
            yield chunk


def _after_heading(block: bytes) -> bytes:
    end, quotes = 0, 1
    while quotes % 2:
        following = block.find(b"\n", end) + 1
        if not following:
            return b""
        end = following
        quotes = block.count(b'"', 0, end)
    return block[end:]


def _plan(heading: list[str], name: str, options: Options) -> Plan:
    names, seen = [], dict[str, int]()
    for field in heading:  # a name that stands twice keeps both columns
        seen[field] = seen.get(field, 0) + 1
        names.append(field if seen[field] == 1 else f"{field}_{seen[field]}")
    report, published = _report(names, name, options.schema)
    if published is not None:
        return _published_plan(report, names, published)
    targets: dict[str, str] = {}
    for field in names:
        target = columns.SHARED.get(field)
        if target and target not in targets:
            targets[target] = field
    rsit, identifier = columns.classify(report)
    return Plan(report, names, {"classification_type": rsit, "classification_identifier": identifier}, targets)


def _report(names: list[str], name: str, schema: dict[str, Any] | None) -> tuple[str, dict[str, Any] | None]:
    match = _NAME.search(name.rsplit("/", 1)[-1].lower())
    named = match[1] if match else ""
    if schema:
        reports = {
            key: value for key, value in schema.items() if isinstance(value, dict) and "required_fields" in value
        }
        if named in reports:
            return named, reports[named]
        have = set(names)

        def fit(key: str) -> float:
            wanted = {row[1] for row in (*reports[key]["required_fields"], *reports[key].get("optional_fields", []))}
            return len(wanted & have) / len(wanted | have)

        best = max(reports, key=fit, default="")
        if best and fit(best) >= 0.8:
            return best, reports[best]
    if not named:
        named = next((report for column, report in columns.TELLTALES if column in names), "")
    return named, None


def _published_plan(report: str, names: list[str], published: dict[str, Any]) -> Plan:
    targets: dict[str, str] = {}
    for row in (*published["required_fields"], *published.get("optional_fields", [])):
        target = row[0].replace(".", "_")
        if target in SCHEMA and target not in targets and row[1] in names:
            targets[target] = row[1]
    constants = {
        key.replace(".", "_"): value
        for key, value in published.get("constant_fields", {}).items()
        if key.replace(".", "_") in SCHEMA
    }
    constants.pop("classification_taxonomy", None)
    rsit, identifier = columns.classify(report)
    constants["classification_type"] = taxonomy.rsit_type(constants.get("classification_type", rsit))
    if "classification_identifier" not in targets:
        constants.setdefault("classification_identifier", identifier)
    return Plan(report, names, constants, {k: v for k, v in targets.items() if k not in constants})


def _chunk(block: bytes, plan: Plan, before: int, options: Options) -> Chunk:
    rejects: list[Reject] = []
    n = blocks.regular(block, len(plan.names))
    if n is not None:
        raw = _fast(block, plan.names)
        if raw is not None and raw.height == n:
            return _events(raw.with_row_index("_row", before + 1), plan, rejects, n, options)
    rows: list[list[str]] = []
    numbers: list[int] = []
    n = 0
    for record in blocks.records(block):
        n += 1
        if isinstance(record, str):
            rejects.append(Reject(before + n, "bad-csv", record))
        elif len(record) != len(plan.names):
            detail = f"{len(record)} fields where the heading has {len(plan.names)}"
            rejects.append(Reject(before + n, "ragged-row", detail, ",".join(record)[:4096]))
        else:
            rows.append(record)
            numbers.append(before + n)
    turned: list[tuple[str, ...]] = list(zip(*rows, strict=True)) if rows else [() for _ in plan.names]
    data = dict(zip(plan.names, turned, strict=True))
    raw = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in data.items()})
    raw = raw.with_columns(pl.all().replace("", None)).with_columns(_row=pl.Series(numbers, dtype=pl.UInt32))
    return _events(raw, plan, rejects, n, options)


def _fast(block: bytes, names: list[str]) -> pl.DataFrame | None:
    try:
        return pl.read_csv(block, has_header=False, new_columns=names, infer_schema=False, quote_char='"')
    except pl.exceptions.PolarsError:
        return None


def _events(raw: pl.DataFrame, plan: Plan, rejects: list[Reject], n: int, options: Options) -> Chunk:
    keys = raw.select(_key_expressions(plan, options))
    bad = keys["time_source"].is_null()
    if bad.any():
        lines = raw.filter(bad)
        for row, text in zip(lines["_row"], _texts(lines, plan), strict=True):
            rejects.append(Reject(row, "bad-time", "no time that can be read in the column timestamp", text))
        raw, keys = raw.filter(~bad), keys.filter(~bad)

    def finish(kept: pl.Series) -> pl.DataFrame:
        part = raw if len(kept) == raw.height else raw[kept]
        return part.select(_wide_expressions(part, plan, options))

    return Chunk(rows=n, keys=keys, finish=finish, rejects=rejects)


def _texts(lines: pl.DataFrame, plan: Plan) -> list[str]:
    return (
        lines.select(pl.concat_str(plan.names, separator=",", ignore_nulls=True).str.slice(0, 4096))
        .to_series()
        .to_list()
    )


def _key_expressions(plan: Plan, options: Options) -> list[pl.Expr]:
    found = [pl.col("_row").cast(pl.UInt64).alias("raw_row"), _time(plan)]
    for target, column in plan.targets.items():
        if target in KEY_SCHEMA and target != "time_source":
            found.append(_typed(target, column).alias(target))
    constants = dict(
        plan.constants, feed_code=options.feed_code or f"shadowserver-{plan.report.replace('_', '-') or 'report'}"
    )
    found += [pl.lit(value).alias(name) for name, value in constants.items() if name in KEY_SCHEMA]
    return found


def _time(plan: Plan) -> pl.Expr:
    column = plan.targets.get("time_source")
    if column is None:
        return pl.lit(None, dtype=INSTANT).alias("time_source")
    text = pl.col(column).str.strip_chars().str.strip_suffix("Z").str.strip_suffix("+00:00").str.strip_suffix(" UTC")
    attempts = [text.str.to_datetime(form, strict=False, time_unit="us") for form in _TIMES]
    return pl.coalesce(attempts).dt.replace_time_zone("UTC").alias("time_source")


def _typed(target: str, column: str) -> pl.Expr:
    value = pl.col(column)
    if target.endswith("_port"):
        return value.cast(pl.UInt16, strict=False)
    if target.endswith("_asn"):
        number = value.cast(pl.UInt32, strict=False)
        return pl.when(number > 0).then(number)
    if target == "severity":
        lowered = value.str.to_lowercase()
        return pl.when(lowered.is_in(list(_SEVERITIES))).then(lowered)
    if target in {"source_ip", "destination_ip"}:
        return pl.when(value != "0.0.0.0").then(value)  # noqa: S104 - an anonymizer's placeholder, not a bind
    if target in {"malware_name", "protocol_transport", "protocol_application", "classification_identifier"}:
        return value.str.to_lowercase()
    return value


def _wide_expressions(part: pl.DataFrame, plan: Plan, options: Options) -> list[pl.Expr]:
    found = [
        _typed(target, column).alias(target)
        for target, column in plan.targets.items()
        if target not in KEY_SCHEMA and target in SCHEMA
    ]
    constants = dict(
        plan.constants,
        feed_provider=options.feed_provider or "Shadowserver",
        feed_name=options.feed_name or plan.report or "report",
    )
    found += [
        pl.lit(value).alias(name) for name, value in constants.items() if name in SCHEMA and name not in KEY_SCHEMA
    ]
    rest = [name for name in plan.names if name not in plan.used and part[name].null_count() < part.height]
    found.append(_json(rest).alias("extra"))
    return found


def _json(names: list[str]) -> pl.Expr:
    """Return one JSON object of the columns that have a value.

    Written field by field: far cheaper than encoding a struct, and nulls vanish by themselves. A text
    with a quote, a backslash or a control character is escaped; most columns hold none.
    """
    if not names:
        return pl.lit("{}")
    fields = []
    for name in names:
        text = pl.col(name)
        escaped = (
            pl.when(text.str.contains(r'["\\\x00-\x1f]'))
            .then(
                text.str.replace_all("\\", "\\\\", literal=True)
                .str.replace_all('"', '\\"', literal=True)
                .str.replace_all("\n", "\\n", literal=True)
                .str.replace_all("\t", "\\t", literal=True)
                .str.replace_all(r"[\x00-\x1f]", " ")
            )
            .otherwise(text)
        )
        fields.append(pl.concat_str(pl.lit(f'"{name}":"'), escaped, pl.lit('"')))
    return pl.concat_str(pl.lit("{"), pl.concat_str(fields, separator=",", ignore_nulls=True), pl.lit("}"))


FORMAT = Format("shadowserver", recognize, parse, "Shadowserver report (CSV)")
