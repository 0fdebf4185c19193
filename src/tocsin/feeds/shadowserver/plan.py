"""Which column of a report becomes what: by the published schema, else by the shared columns."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tocsin.core import taxonomy
from tocsin.feeds.shadowserver import columns
from tocsin.pipeline.chunk import SCHEMA

_DATED = re.compile(r"^\d{4}-\d{2}-\d{2}-(?:\d+[-_])?")
_WORD = re.compile(r"^[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Take:
    """One column of the file taken for one place of an event, by way of a conversion of the schema."""

    column: str
    conversion: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the columns of one file become columns of events and names in `extra`."""

    report: str
    names: list[str]
    constants: dict[str, str]
    targets: dict[str, Take]
    extra: dict[str, Take] = field(default_factory=dict)


def make(names: list[str], file_name: str, schema: dict[str, Any] | None) -> Plan:
    """Return the plan for a file with this heading."""
    named = report_name(file_name)
    published = _published(named, names, schema or {})
    if published is not None:
        return _by_schema(named if columns.known(named) else published["file_name"], names, published)
    report = named
    if not columns.known(report):
        have = set(names)
        report = next((name for telling, name in columns.TELLTALES if telling <= have), report)
    rsit, identifier = columns.classify(report)
    targets = {target: Take(column, "validate_to_none") for target, column in columns.targets(report, names).items()}
    if "source_url" in targets:
        targets["source_url"] = Take(targets["source_url"].column, "convert_http_host_and_url")
    telling = columns.per_row(report)
    if telling in names:
        targets["classification_identifier"] = Take(telling, "validate_to_none")
    if columns.generation(report) == "scan_exchange" and "tag" in names:
        targets |= {"classification_type": Take("tag", "scan_exchange_type")}
        targets |= {"classification_identifier": Take("tag", "scan_exchange_identifier")}
    constants = {"classification_type": rsit, "classification_identifier": identifier}
    used = {take.column for target, take in targets.items() if not target.startswith("classification_")}
    return Plan(report, names, constants, targets, {name: Take(name) for name in names if name not in used})


def report_name(file_name: str) -> str:
    """Return the report a file's name begins with, after its date: `2026-11-20-scan_rdp-vn.csv` is scan_rdp."""
    stem = re.split(r"[/\\!]", file_name)[-1].lower()
    dated = _DATED.match(stem)
    word = _WORD.match(stem[dated.end() :] if dated else stem)
    name = word[0] if word else ""
    longer = max((row[0] for row in columns.OTHERS if stem.replace("-", "_").startswith(row[0])), key=len, default="")
    if dated or (columns.known(name) and len(name) >= len(longer)):
        return name
    return longer  # older files are called Drone-Brute-Force.csv


def _published(named: str, names: list[str], schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema's entry for this report: the one so named, else the one whose columns fit clearly."""
    reports = {key: value for key, value in schema.items() if isinstance(value, dict) and "required_fields" in value}
    by_name = {str(value.get("file_name", key)): value for key, value in reports.items()} | reports
    if named in by_name:
        return by_name[named]
    if not reports or columns.known(named):
        return None  # a report the schema does not have is better read by our rules than by a stranger's
    wanted = {key: {row[1] for row in _rows(value)} for key, value in reports.items()}
    # A column that few reports have says more than one they all share.
    common = Counter(column for fields in wanted.values() for column in fields)
    have = set(names)

    def weight(fields: set[str]) -> float:
        return sum(math.log(len(reports) / common[column]) for column in fields if common[column])

    def fit(key: str) -> float:
        return weight(wanted[key] & have) / (weight(wanted[key] | have) or 1)

    best = max(reports, key=fit)
    return reports[best] if fit(best) >= 0.8 else None


def _rows(published: dict[str, Any]) -> list[list[Any]]:
    return [*published["required_fields"], *published.get("optional_fields", [])]


def _by_schema(report: str, names: list[str], published: dict[str, Any]) -> Plan:
    have = set(names)
    targets: dict[str, Take] = {}
    extra: dict[str, Take] = {}
    for row in _rows(published):
        place, column, take = (
            str(row[0]),
            str(row[1]),
            Take(str(row[1]), str(row[2]) if len(row) > 2 and row[2] else ""),
        )
        if column not in have:
            continue
        target = place.replace(".", "_")
        if target in SCHEMA and target != "extra":
            targets.setdefault(target, take)
        else:
            extra.setdefault(place.removeprefix("extra.") or column, take)
    constants = {key.replace(".", "_"): str(value) for key, value in published.get("constant_fields", {}).items()}
    rsit, identifier = columns.classify(report)
    constants["classification_type"] = taxonomy.rsit_type(constants.get("classification_type", rsit))
    constants.setdefault("classification_identifier", identifier)
    for name in ("classification_taxonomy", "time_source"):
        constants.pop(name, None)  # the taxonomy follows from the type
    targets.pop("classification_taxonomy", None)
    used = {take.column for take in (*targets.values(), *extra.values())}
    extra |= {name: Take(name) for name in names if name not in used}
    return Plan(report, names, {k: v for k, v in constants.items() if k in SCHEMA}, targets, extra)
