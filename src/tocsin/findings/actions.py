"""Stop four: fold a batch's findings into the rows that live; and take the owner's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from tocsin.base.audit import actions as audit
from tocsin.base.dialect import bulk
from tocsin.base.identifiers import uuid7s
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.core.severity import RANK
from tocsin.findings import queries
from tocsin.findings.models import Finding, FindingChange, Owner, Standing
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
    heard = Finding.objects.filter(pk__in=[finding.pk for finding in changed])
    heard.update(owner=word.value, answered_at=Coalesce("answered_at", now))


@transaction.atomic
def record_word(*, findings: Sequence[Finding], word: Owner, note: str, actor: Viewer, now: datetime) -> int:
    """Record what an owner said to the team, by telephone or at a desk; return on how many it changed. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    changed = [finding for finding in findings if finding.owner != word.value]
    hear_owner(findings=changed, word=word, by=actor.email, note=note[:4000], now=now)
    for finding in changed:
        audit.record(
            actor=actor, action="word-recorded", object_kind="finding", object_id=str(finding.pk), now=now,
            detail={"before": finding.owner, "word": word.value},
        )  # fmt: skip
    return len(changed)


def mark_warned(*, findings: QuerySet[Any, Any], due_at: datetime, now: datetime) -> None:
    """Note that the owner was told of these, by the query for their ids, and by when they are to be fixed.

    The first warning and its deadline stand: a reminder does not give more time.
    """
    told = Finding.objects.filter(pk__in=findings)
    told.update(warned_at=Coalesce("warned_at", now), due_at=Coalesce("due_at", due_at))


@transaction.atomic
def take_stock(*, now: datetime) -> None:
    """Count how the findings stand in the loop, by organization and severity, for the front page."""
    keys = ("organization_id", "severity_rank")
    names = [*keys, *(f"n_{name}" for name in queries.FIGURES)]
    rows = list(queries.counted(SYSTEM, keys, now))
    Standing.objects.all().delete()
    Standing.objects.bulk_create(
        (Standing(**dict(zip(names, row, strict=True)), taken_at=now) for row in rows), batch_size=1000
    )
