"""Draw from the looks of feeds what is not there any more: the first of the two axes moves by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connection, transaction

from tocsin.base.dialect import bulk
from tocsin.base.tenancy import SYSTEM
from tocsin.findings import rules
from tocsin.findings.actions.raising import note_news
from tocsin.findings.models import Finding, FindingChange, Means, News, Sensor
from tocsin.intake import queries as intake
from tocsin.pipeline.chunk import INSTANT

_UNSEEN = """f.moved_at IS NULL AND f.feeds = cut.feeds AND (
        (f.sensor <> 'gone' AND f.last_seen < cut.last_seen) OR (f.sensor IN ('seen', 'back') AND f.last_seen < cut.first_seen))"""
_AFTER = "CASE WHEN f.last_seen < cut.last_seen THEN 'gone' ELSE 'not-seen-since' END"
_CHANGES = f"""
    INSERT INTO {{changes}} (finding_id, at, what, "before", "after", "by", means, reason, evidence, note)
    SELECT f.id, %s, 'sensor', f.sensor, {_AFTER}, cut.because, 'sensor',
           CASE WHEN f.last_seen < cut.last_seen THEN 'looked-enough' ELSE 'not-in-the-latest-look' END, cut.evidence, '' FROM {{cuts}} AS cut JOIN {{findings}} AS f ON {_UNSEEN}
"""
_NEWS = f"""
    INSERT INTO {{news}} (organization_id, kind)
    SELECT DISTINCT f.organization_id, f.kind FROM {{cuts}} AS cut JOIN {{findings}} AS f ON {_UNSEEN}
    WHERE f.last_seen < cut.last_seen
"""
_MOVE = f"""
    UPDATE {{findings}} AS f SET sensor = {_AFTER}, sensor_at = %s,
           verified_at = CASE WHEN f.last_seen < cut.last_seen THEN CAST(%s AS {{instant}}) ELSE f.verified_at END,
           verified_by = CASE WHEN f.last_seen < cut.last_seen THEN cut.because ELSE f.verified_by END
    FROM {{cuts}} AS cut WHERE {_UNSEEN}
"""
PORTION = 400


@dataclass(frozen=True, slots=True)
class Verified:
    """How many findings the next look did not show, and how many enough looks did not: these are verified."""

    not_seen: int
    gone: int


@transaction.atomic
def verify(*, now: datetime) -> Verified:
    """Weigh the looks that came since the last time. Without a new look nothing is read and nothing changes."""
    looks = intake.looks(SYSTEM)
    fresh = list(looks.filter(is_weighed=False).values_list("pk", flat=True))
    if not fresh:
        return Verified(0, 0)
    known: dict[str, list[rules.Look]] = {}
    names: dict[str, list[str]] = {}
    for look in looks:
        if len(known.setdefault(look.feed_code, [])) < rules.most_looks():
            known[look.feed_code].append(rules.Look(look.day, look.proves_before))
        names.setdefault(look.feed_code, []).append(look.names)
    before = FindingChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    feeds = [list(found) for found in _sets_of_feeds()]
    listed = [found for found in feeds if any(rules.rule_of(feed).method is rules.Method.LIST for feed in found)]
    _move_at_once([found for found in feeds if found not in listed], known, now)
    for found in listed:
        _move_by_lists(found, known, names, now)
    for start in range(0, len(fresh), PORTION):
        looks.filter(pk__in=fresh[start : start + PORTION]).update(is_weighed=True)
    moved = FindingChange.objects.filter(pk__gt=before, what="sensor", at=now)
    gone = moved.filter(after=Sensor.GONE).count()
    return Verified(moved.count() - gone, gone)


def _sets_of_feeds() -> Iterable[Sequence[str]]:
    rows = Finding.objects.order_by().exclude(sensor=Sensor.GONE).values_list("feeds", flat=True).distinct()
    return rows.iterator()


def _move_at_once(sets: Sequence[list[str]], known: Mapping[str, Sequence[rules.Look]], now: datetime) -> None:
    """Move all findings of these sets of feeds, by statement: a million rows need no object each."""
    cuts = [(found, cut) for found in sets if (cut := rules.cut_offs(found, known)).not_seen or cut.gone]
    if not cuts:
        return
    # The temporary table has the columns of findings: the two instants and the rule stand where they fit.
    frame = pl.DataFrame(
        {
            "id": ["0" * 32] * len(cuts),
            "feeds": [found for found, _ in cuts],
            "first_seen": pl.Series([cut.not_seen for _, cut in cuts], dtype=INSTANT),
            "last_seen": pl.Series([cut.gone for _, cut in cuts], dtype=INSTANT),
            "because": [cut.rule for _, cut in cuts],
        }
    ).with_columns(
        pl.Series("evidence", [rules.proofs(found, known) for found, _ in cuts]),
        *(pl.lit("[]").alias(name) for name in ("ports", "related")),
    )
    at = connection.ops.adapt_datetimefield_value(now)
    with bulk.staged(Finding, frame) as rows, connection.cursor() as cursor:
        tables = _tables(cuts=rows)
        cursor.execute(_CHANGES.format(**tables), [at])
        cursor.execute(_NEWS.format(**tables))
        cursor.execute(_MOVE.format(**tables), [at, at])


def _move_by_lists(
    feeds: Collection[str], known: Mapping[str, Sequence[rules.Look]], names: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Move findings that stand on lists: what a complete list does not name any more was taken off."""
    lists = [feed for feed in feeds if rules.rule_of(feed).method is rules.Method.LIST]
    others = [feed for feed in feeds if feed not in lists]
    cut = rules.cut_offs(others, known)
    ruled = any(rules.rule_of(feed).looks for feed in others)
    rows = Finding.objects.filter(feeds=list(feeds)).exclude(sensor=Sensor.GONE)
    fields = ("id", "asset", "kind", "sensor", "last_seen", "organization_id")
    told = [(id_.hex, *rest) for id_, *rest in rows.values_list(*fields)]
    found = pl.DataFrame(told, schema=list(fields), orient="row", infer_schema_length=None)
    if found.is_empty():
        return
    looked_back = max(rules.rule_of(feed).looks for feed in lists)
    stands = [_stands(found, lists, names, back) for back in range(looked_back)]
    found = found.with_columns(
        stands[0].alias("on_latest"), pl.select(pl.any_horizontal(*stands)).to_series().alias("on_any")
    )
    if ruled:
        unseen, gone = ((pl.col("last_seen") < at) if at else pl.lit(False) for at in (cut.not_seen, cut.gone))
    else:
        unseen = gone = pl.lit(True)
    rule = rules.rule_of(lists[0]).name
    ended = found.filter(~pl.col("on_any") & gone)
    missed = found.filter(~pl.col("on_latest") & unseen & pl.col("sensor").is_in(["seen", "back"]))
    missed = missed.join(ended, on="id", how="anti")
    proofs = rules.proofs(feeds, known)
    _move(ended, Sensor.GONE, rule, proofs, now)
    _move(missed, Sensor.NOT_SEEN_SINCE, rule, proofs, now)
    note_news(set(ended.select("organization_id", "kind").iter_rows()))


def _stands(found: pl.DataFrame, lists: Sequence[str], names: Mapping[str, Sequence[str]], back: int) -> pl.Series:
    """Say which findings stand on any of the lists in their last look but `back`; all do while one was not looked at."""
    on = pl.Series("on", [False] * found.height)
    for feed in lists:
        places = names.get(feed, [])
        if len(places) <= back:
            return pl.Series("on", [True] * found.height)
        if places[back]:  # without names the list was there, and empty
            listed = pl.read_parquet(Path(settings.TOCSIN_HOME) / places[back]).select("asset", "kind", on=pl.lit(True))
            on |= found.join(listed, on=["asset", "kind"], how="left", maintain_order="left")["on"].fill_null(
                value=False
            )
    return on.alias(str(back))


def _move(found: pl.DataFrame, sensor: Sensor, rule: str, proofs: Sequence[str], now: datetime) -> None:
    ids = [UUID(id_) for id_ in found["id"]]
    was = dict(zip(ids, found["sensor"].to_list(), strict=True))
    values: dict[str, Any] = {"sensor": sensor, "sensor_at": now}
    if sensor is Sensor.GONE:
        values |= {"verified_at": now, "verified_by": rule}
    for start in range(0, len(ids), PORTION):
        part = ids[start : start + PORTION]
        FindingChange.objects.bulk_create(
            FindingChange(
                finding_id=id_,
                at=now,
                what="sensor",
                before=was[id_],
                after=sensor,
                by=rule,
                means=Means.SENSOR,
                reason="taken-off" if sensor is Sensor.GONE else "not-in-the-latest-look",
                evidence=proofs,
            )
            for id_ in part
        )
        Finding.objects.filter(pk__in=part).update(**values)


def _tables(**named: str) -> dict[str, str]:
    quote = connection.ops.quote_name
    models = {"changes": FindingChange, "findings": Finding, "news": News}
    instant = "timestamptz" if connection.vendor == "postgresql" else "text"
    return {**{n: quote(m._meta.db_table) for n, m in models.items()}, "instant": instant, **named}  # noqa: SLF001
