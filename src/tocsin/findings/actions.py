"""Stop four: fold a batch's findings into the rows that live; and take the owner's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from django.db import connection

from tocsin.base.dialect import bulk
from tocsin.base.identifiers import uuid7s
from tocsin.core.severity import RANK
from tocsin.findings.models import Finding, FindingChange, Owner
from tocsin.pipeline import fold as folding

_LATER = "excluded.last_seen > old.last_seen"
_UPDATE = ", ".join(
    [
        "count = old.count + excluded.count",
        "first_seen = CASE WHEN excluded.first_seen < old.first_seen THEN excluded.first_seen ELSE old.first_seen END",
        *(f"{c} = CASE WHEN {_LATER} THEN excluded.{c} ELSE old.{c} END" for c in ("last_seen", "because", "related", "feeds", "ports", "evidence")),
        *(
            f"{c} = CASE WHEN excluded.severity_rank > old.severity_rank THEN excluded.{c} ELSE old.{c} END"
            for c in ("severity", "severity_rank")
        ),
    ]
)  # fmt: skip
_CHANGES = """
    INSERT INTO {changes} (finding_id, at, what, "before", "after", "by", note)
    SELECT COALESCE(old.id, fresh.id), %s, CASE WHEN old.id IS NULL THEN 'new' ELSE 'worse' END,
           COALESCE(old.severity, ''), fresh.severity, %s, ''
    FROM {rows} AS fresh LEFT JOIN {findings} AS old
      ON old.organization_id = fresh.organization_id AND old.asset = fresh.asset AND old.kind = fresh.kind
    WHERE old.id IS NULL OR fresh.severity_rank > old.severity_rank
"""


def fold(*, frame: pl.DataFrame, batch_id: str, now: datetime) -> None:
    """Fold a batch's findings. The caller's transaction makes it happen once."""
    if frame.is_empty():
        return
    quote = connection.ops.quote_name
    names = {"changes": quote(FindingChange._meta.db_table), "findings": quote(Finding._meta.db_table)}  # noqa: SLF001
    with bulk.staged(Finding, _rows(frame)) as rows:
        with connection.cursor() as cursor:  # before the rows themselves: what is new is what is not there yet
            cursor.execute(
                _CHANGES.format(rows=rows, **names),
                [connection.ops.adapt_datetimefield_value(now), f"batch {batch_id}"],
            )
        bulk.upsert(Finding, rows, unique=["organization_id", "asset", "kind"], update=_UPDATE)


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the findings as rows of their table."""
    fits = pl.col("asset").str.replace_all("\0", "", literal=True).str.slice(0, 2000), pl.col("kind").str.slice(0, 200)
    cut = frame.with_columns(*fits)
    if not cut.select(folding.NAME).equals(frame.select(folding.NAME)):
        frame = folding.merge(cut)  # two that differ only after the 2,000th character are one finding here
    return frame.select(
        pl.Series("id", uuid7s(frame.height), dtype=pl.String),
        pl.col("organization").alias("organization_id"), "asset", "kind",
        pl.col("classification_taxonomy").alias("taxonomy"),
        pl.col("classification_type").alias("type"), "severity",
        pl.col("severity").replace_strict(RANK, return_dtype=pl.UInt8).alias("severity_rank"),
        "first_seen", "last_seen", "count",
        pl.col("because").str.slice(0, 300), "feeds", "ports", "evidence", "related",
    )  # fmt: skip


def hear_owner(*, findings: Sequence[Finding], word: Owner, by: str, note: str, now: datetime) -> None:
    """Take the owner's word about findings; what the sensors see stays as it is."""
    changed = [finding for finding in findings if finding.owner != word.value]
    FindingChange.objects.bulk_create(
        FindingChange(finding=f, at=now, what="owner", before=f.owner, after=word.value, by=by, note=note)
        for f in changed
    )
    Finding.objects.filter(pk__in=[finding.pk for finding in changed]).update(owner=word.value)
