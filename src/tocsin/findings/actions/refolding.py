"""Fold again after events moved to another owner: what a finding says comes from the events it has now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import polars as pl
from django.db import connection
from django.db.models import PROTECT

from tocsin.base.dialect import bulk
from tocsin.findings.actions.folding import fitted, rows_of, without_disowned
from tocsin.findings.actions.inheriting import with_heirs
from tocsin.findings.actions.raising import known_kinds, note_news
from tocsin.findings.models import Finding, FindingChange

_TAKEN = (
    "taxonomy", "type", "severity", "severity_rank", "first_seen", "last_seen", "count", "because", "feeds", "ports", "evidence", "related",
)  # fmt: skip
_UPDATE = ", ".join(f"{column} = excluded.{column}" for column in _TAKEN) + ", moved_at = NULL"
_SAME = "old.organization_id = fresh.organization_id AND old.asset = fresh.asset AND old.kind = fresh.kind"
_CHANGES = f"""
    INSERT INTO {{changes}} (finding_id, at, what, "before", "after", "by", means, note)
    SELECT COALESCE(old.id, fresh.id), %s,
           CASE WHEN old.id IS NULL THEN 'new' WHEN old.moved_at IS NOT NULL THEN 'returned' ELSE 'recounted' END,
           CASE WHEN old.id IS NULL THEN '' ELSE CAST(old.count AS VARCHAR(32)) END,
           CASE WHEN old.id IS NULL THEN fresh.severity ELSE CAST(fresh.count AS VARCHAR(32)) END, %s, 'sensor', ''
    FROM {{rows}} AS fresh LEFT JOIN {{findings}} AS old ON {_SAME}
    WHERE old.id IS NULL OR old.moved_at IS NOT NULL OR old.count <> fresh.count
"""
_EMPTIED = f"""
    SELECT old.id FROM {{names}} AS name JOIN {{findings}} AS old ON old.asset = name.asset AND old.kind = name.kind
    LEFT JOIN {{rows}} AS fresh ON {_SAME} WHERE old.moved_at IS NULL AND fresh.id IS NULL
"""
PORTION = 500


def refold(*, names: pl.DataFrame, frame: pl.DataFrame, batch_id: str, now: datetime) -> None:
    """Make the findings of these names (asset, kind) exactly those of `frame`. The caller's transaction makes it happen once.

    A finding that lost all its events goes; one that something else refers to, as a notice, stays with what it said,
    marked as moved.
    """
    quote = connection.ops.quote_name
    tables = {"changes": quote(FindingChange._meta.db_table), "findings": quote(Finding._meta.db_table)}  # noqa: SLF001
    frame = with_heirs(without_disowned(frame))
    known = known_kinds(frame["kind"].unique().to_list())
    # What is known to be exploited stays as grave as it was raised to.
    grave = pl.when(pl.col("kind").is_in(list(known))).then(pl.lit("critical"))
    frame = frame.with_columns(grave.otherwise("severity").alias("severity"))
    at, by = connection.ops.adapt_datetimefield_value(now), f"batch {batch_id}"
    fresh = rows_of(frame)
    with bulk.staged(Finding, _only_named(names)) as wanted, bulk.staged(Finding, fresh) as rows:
        with connection.cursor() as cursor:
            cursor.execute(_CHANGES.format(rows=rows, **tables), [at, by])
            cursor.execute(_EMPTIED.format(rows=rows, names=wanted, **tables))
            emptied = [id_ for (id_,) in cursor.fetchall()]
        bulk.upsert(Finding, rows, unique=["organization_id", "asset", "kind"], update=_UPDATE)
    note_news(frame.select("organization", pl.col("kind").str.slice(0, 200)).unique().iter_rows())
    for start in range(0, len(emptied), PORTION):
        _empty(emptied[start : start + PORTION], by, now)


def _only_named(names: pl.DataFrame) -> pl.DataFrame:
    """Return names as rows of the table of findings that say nothing else."""
    nothing = (pl.lit("[]").alias(column) for column in ("feeds", "ports", "evidence", "related"))
    return fitted(names.select("asset", "kind")).unique().with_columns(pl.lit("0" * 32).alias("id"), *nothing)


def _empty(ids: Sequence[UUID | str], by: str, now: datetime) -> None:
    found = {finding.pk: finding for finding in Finding.objects.filter(pk__in=ids)}
    note_news({(finding.organization_id, finding.kind) for finding in found.values()})
    kept: set[UUID] = set()
    for relation in Finding._meta.related_objects:  # noqa: SLF001 - Django's public-by-use API
        if relation.on_delete is PROTECT:
            rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": list(found)})  # noqa: SLF001
            kept |= set(rows.values_list(relation.field.attname, flat=True))
    Finding.objects.filter(pk__in=found.keys() - kept).delete()
    FindingChange.objects.bulk_create(
        FindingChange(finding_id=id_, at=now, what="moved", before=str(found[id_].count), after="0", by=by)
        for id_ in sorted(kept, key=str)
    )
    Finding.objects.filter(pk__in=kept).update(moved_at=now)
