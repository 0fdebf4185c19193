"""Shadowserver's CSV reports (https://github.com/The-Shadowserver-Foundation/report_schema).

The published schema (`intelmq.json`) decides what each column means when the operator gives it;
else `columns.py` does, so that a report nobody has seen still comes in. What no column of an event
takes goes into `extra`, name by name. Times are UTC, as Shadowserver states.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import polars as pl

from tocsin.feeds import delimited
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.shadowserver import convert, plan
from tocsin.pipeline import objects
from tocsin.pipeline.chunk import INSTANT, KEY_SCHEMA, SCHEMA, Chunk, Reject

_SHARED = {"asn", "geo", "tag", "naics", "hostname", "severity", "region", "src_asn", "sector", "src_geo", "infection"}
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_LATE = {"severity"}
"""Columns of KEYS that neither attribution nor the search for duplicates needs: read for the kept rows alone."""
_ZONE = r"\s*(Z|UTC|GMT|[+-]00:?00)$"


def recognize(head: bytes, name: str) -> int:
    """Recognize by the heading: a timestamp, an address, and columns that Shadowserver's reports share."""
    heading = {field.lower() for field in delimited.heading(head)}
    if "timestamp" not in heading or not heading & {"ip", "src_ip", "http_referer_ip", "email", "url"}:
        return 0
    shared = len(heading & _SHARED)
    return 90 if shared >= 3 else 60 if shared == 2 else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the report block by block."""
    made: plan.Plan | None = None
    late: set[str] = set()

    def narrow(names: list[str]) -> set[str]:
        nonlocal made, late
        lowered = delimited.unique_names([name.lower() for name in names])  # `IP` and `ip` are two columns
        made = plan.make(lowered, source.name, options.schema)
        needed = {name for column in _columns(made, options, narrow=True) for name in column.meta.root_names()}
        needed |= {made.targets[name].column for name in ("time_source",) if name in made.targets}
        later = [*_columns(made, options, narrow=False), *_extra_columns(made).values()]
        used = {name for column in later for name in column.meta.root_names()}
        late = {name for name, known in zip(names, lowered, strict=True) if known in used}
        return {name for name, known in zip(names, lowered, strict=True) if known in needed}

    with source.open() as file:
        for names, records in delimited.read(file, chunk_bytes=options.chunk_bytes, narrow=narrow):
            assert made is not None
            yield _chunk(records, dict(zip(names, made.names, strict=True)), late or None, made, options)


def code(source: Source, options: Options) -> str:
    """Return the feed's code of a report: the operator's, else by its name, as `shadowserver-scan-rdp`."""
    return options.feed_code or f"shadowserver-{_report(plan.report_name(source.name))}"


def _report(name: str) -> str:
    return name.replace("_", "-") or "report"


def _chunk(
    records: delimited.Records, lowered: dict[str, str], late: set[str] | None, made: plan.Plan, options: Options
) -> Chunk:
    rows = records.frame.rename(lowered, strict=False)
    keys = rows.with_columns(_times(rows, made)).select(
        pl.col(delimited.ROW).cast(pl.UInt64).alias("raw_row"), "time_source", *_columns(made, options, narrow=True)
    )
    rejects = list(records.rejects)
    readable = keys["time_source"].is_not_null().to_numpy()
    if not readable.all():
        numbers, bad = rows.filter(~readable)[delimited.ROW], records.whole(~readable, None).frame
        for number, row in zip(numbers, bad.iter_rows(), strict=True):
            shown = ",".join(str(value or "") for value in row)[: delimited.SHOWN]
            rejects.append(Reject(number, "bad-time", "no time that can be read in the column timestamp", shown))
        keys = keys.filter(readable)

    def finish(kept: pl.Series) -> pl.DataFrame:
        wanted = np.zeros(len(readable), dtype=bool)
        wanted[np.flatnonzero(readable)[kept.to_numpy()]] = True
        found = records.whole(wanted, late)
        part = found.frame.rename(lowered, strict=False)
        # `with_columns`, not `select`: constants alone would be one row.
        wide = part.with_columns(_columns(made, options, narrow=False)).select(_names(made, narrow=False))
        return wide.with_columns(_extra(part, made, plain=found.plain))

    return Chunk(rows=records.n, keys=keys, finish=finish, rejects=sorted(rejects, key=lambda reject: reject.row))


def _times(rows: pl.DataFrame, made: plan.Plan) -> pl.Series:
    """Read the column of times; forms beyond the usual one are tried only where it fails."""
    take = made.targets.get("time_source")
    if take is None or not rows.height:
        return pl.Series("time_source", [None] * rows.height, dtype=INSTANT)
    text = rows[take.column]
    times = text.str.to_datetime(_TIMES[0], strict=False, time_unit="us")
    if times.null_count():
        plain = text.str.strip_chars().str.replace(_ZONE, "")
        others = [plain.str.to_datetime(form, strict=False, time_unit="us") for form in _TIMES]
        times = pl.select(pl.coalesce(times, *others)).to_series()
    return times.dt.replace_time_zone("UTC").alias("time_source")


def _columns(made: plan.Plan, options: Options, *, narrow: bool) -> list[pl.Expr]:
    """Return the columns of an event that the plan fills: those of the keys, or the others."""
    constants = dict(
        made.constants,
        feed_code=options.feed_code or f"shadowserver-{_report(made.report)}",
        feed_provider=options.feed_provider or "Shadowserver",
        feed_name=options.feed_name or made.report or "Shadowserver report",
    )
    found = []
    for target in _names(made, narrow=narrow):
        take, constant = made.targets.get(target), constants.get(target)
        if take is None:
            found.append(pl.lit(constant, dtype=SCHEMA[target]).alias(target))
        else:
            value = convert.event_column(target, take, made.names)
            found.append((value if constant is None else pl.coalesce(value, pl.lit(constant))).alias(target))
    return found


def _names(made: plan.Plan, *, narrow: bool) -> list[str]:
    given = dict.fromkeys([*made.targets, *made.constants, "feed_code", "feed_provider", "feed_name"])
    given.pop("time_source", None)
    return [name for name in given if name in SCHEMA and (name in KEY_SCHEMA and name not in _LATE) == narrow]


def _extra(part: pl.DataFrame, made: plan.Plan, *, plain: bool) -> pl.Series:
    empty = {column.name for column in part if column.null_count() == part.height}
    full = {column.name for column in part if column.name not in empty and not (column == "").any()}
    texts: dict[str, pl.Expr] = {}
    literals: dict[str, pl.Expr] = {}
    for name, column in _extra_columns(made, full).items():
        take = made.extra[name]
        if take.column not in empty:
            (literals if convert.is_literal(take) else texts)[name] = column
    return objects.write(part, texts, literals, plain=plain)


def _extra_columns(made: plan.Plan, full: Collection[str] = ()) -> dict[str, pl.Expr]:
    """Return what `extra` is made of; a column of `full` holds no empty text, which would be none."""
    found = {}
    for name, take in made.extra.items():
        if not take.conversion and take.column in full:
            found[name] = pl.col(take.column)
        else:
            found[name] = (convert.literal if convert.is_literal(take) else convert.text)(take, made.names)
    return found


FORMAT = Format("shadowserver", recognize, parse, "Shadowserver report (CSV)", code=code)
