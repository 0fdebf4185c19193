"""Stop four: fold a batch's findings into the rows that live; take the owner's word; remember what was told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from tocsin.base.audit import actions as audit
from tocsin.base.dialect import bulk
from tocsin.base.identifiers import uuid7s
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.core.severity import RANK
from tocsin.findings.actions.inheriting import with_heirs
from tocsin.findings.actions.raising import PORTION, note_news, raise_known
from tocsin.findings.models import Disowned, Episode, Finding, FindingChange, Means, News, Owner
from tocsin.intake.actions import taking
from tocsin.pipeline import fold as folding
from tocsin.pipeline.chunk import INSTANT

_LATER = "excluded.last_seen > old.last_seen"
UPDATE = ", ".join(
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
# Seen after it was gone: it is back, which begins a time of its own with a warning and a deadline of its own. Seen
# after a look that did not show it: it was there all along.
_BACK = f"{_LATER} AND old.sensor = 'gone'"
UPDATE += ", " + ", ".join(
    [
        f"sensor = CASE WHEN {_BACK} THEN 'back' WHEN {_LATER} AND old.sensor = 'not-seen-since' THEN 'seen' ELSE old.sensor END",
        f"n_reopened = old.n_reopened + CASE WHEN {_BACK} THEN 1 ELSE 0 END",
        f"owner = CASE WHEN {_BACK} AND old.owner = 'says-fixed' THEN 'silent' ELSE old.owner END",
        f"verified_by = CASE WHEN {_BACK} THEN '' ELSE old.verified_by END",
        f"sensor_at = CASE WHEN {_LATER} AND old.sensor IN ('gone', 'not-seen-since') THEN excluded.sensor_at ELSE old.sensor_at END",
        f"reopened_at = CASE WHEN {_BACK} THEN excluded.sensor_at ELSE old.reopened_at END",
        *(
            f"{c} = CASE WHEN {_BACK} THEN NULL ELSE old.{c} END"
            for c in ("verified_at", "warned_at", "due_at", "answered_at", "fixing_until", "declined_rank")
        ),
    ]
)
_SAME = "old.organization_id = fresh.organization_id AND old.asset = fresh.asset AND old.kind = fresh.kind"
_SENSORS = f"""
    INSERT INTO {{changes}} (finding_id, at, what, "before", "after", "by", means, reason, evidence, note)
    SELECT old.id, %s, 'sensor', old.sensor, CASE WHEN old.sensor = 'gone' THEN 'back' ELSE 'seen' END, %s, 'sensor',
           CASE WHEN old.sensor = 'gone' THEN 'seen-after-verified' ELSE 'seen-again' END, fresh.evidence, ''
    FROM {{rows}} AS fresh JOIN {{findings}} AS old ON {_SAME}
    WHERE old.sensor IN ('gone', 'not-seen-since') AND fresh.last_seen > old.last_seen AND old.moved_at IS NULL
"""
_EPISODES = f"""
    INSERT INTO {{episodes}} (finding_id, number, organization_id, kind, severity_rank, opened_at, warned_at, due_at,
                              answered_at, heard_at, owner, verified_at, verified_by, ended_at)
    SELECT old.id, old.n_reopened + 1, old.organization_id, old.kind, old.severity_rank,
           COALESCE(old.reopened_at, old.first_seen), old.warned_at, old.due_at, old.answered_at, old.heard_at, old.owner,
           old.verified_at, old.verified_by, %s
    FROM {{rows}} AS fresh JOIN {{findings}} AS old ON {_SAME}
    WHERE old.sensor = 'gone' AND old.verified_at IS NOT NULL AND fresh.last_seen > old.last_seen AND old.moved_at IS NULL
"""
_CHANGES = """
    INSERT INTO {changes} (finding_id, at, what, "before", "after", "by", means, reason, evidence, note)
    SELECT COALESCE(old.id, fresh.id), %s, CASE WHEN old.id IS NULL THEN 'new' ELSE 'worse' END,
           COALESCE(old.severity, ''), fresh.severity, %s, 'sensor', '', fresh.evidence, ''
    FROM {rows} AS fresh LEFT JOIN {findings} AS old
      ON old.organization_id = fresh.organization_id AND old.asset = fresh.asset AND old.kind = fresh.kind
    WHERE old.id IS NULL OR fresh.severity_rank > old.severity_rank
"""
# Seen again after its owner called it fixed, or after it was gone: that is news too.
_NEWS = """
    INSERT INTO {news} (organization_id, kind)
    SELECT DISTINCT fresh.organization_id, fresh.kind
    FROM {rows} AS fresh LEFT JOIN {findings} AS old
      ON old.organization_id = fresh.organization_id AND old.asset = fresh.asset AND old.kind = fresh.kind
    WHERE old.id IS NULL OR fresh.severity_rank > old.severity_rank OR old.owner = %s OR old.sensor = 'gone'
"""
_AMONG = """moved_at IS NOT NULL AND EXISTS (SELECT 1 FROM {rows} AS fresh
        WHERE old.organization_id = fresh.organization_id AND old.asset = fresh.asset AND old.kind = fresh.kind)"""
_RETURNED = f"""
    INSERT INTO {{changes}} (finding_id, at, what, "before", "after", "by", note)
    SELECT old.id, %s, 'returned', '', '', %s, '' FROM {{findings}} AS old WHERE {_AMONG}
"""
_NEWS_OF_RETURNED = f"""
    INSERT INTO {{news}} (organization_id, kind)
    SELECT DISTINCT old.organization_id, old.kind FROM {{findings}} AS old WHERE {_AMONG}
"""
# What a finding said of events that moved away counts no more when events come to it again.
_ANEW = f"""
    UPDATE {{findings}} AS old SET count = 0, moved_at = NULL, severity_rank = 0,
           first_seen = '9999-12-31 00:00:00', last_seen = '1970-01-01 00:00:00' WHERE {_AMONG}
"""


def fold(*, frame: pl.DataFrame, batch_id: str, now: datetime) -> None:
    """Fold a batch's findings. The caller's transaction makes it happen once."""
    frame = with_heirs(without_disowned(frame))
    if frame.is_empty():
        return
    quote = connection.ops.quote_name
    tables = {"changes": FindingChange, "findings": Finding, "news": News, "episodes": Episode}
    names = {name: quote(model._meta.db_table) for name, model in tables.items()}  # noqa: SLF001 - Django's public-by-use API
    told = [connection.ops.adapt_datetimefield_value(now), f"batch {batch_id}"]
    seen = rows_of(frame).with_columns(pl.lit(now, dtype=INSTANT).alias("sensor_at"))
    with bulk.staged(Finding, seen) as rows:
        with connection.cursor() as cursor:  # before the rows themselves: what is new is what is not there yet
            cursor.execute(_CHANGES.format(rows=rows, **names), told)
            cursor.execute(_SENSORS.format(rows=rows, **names), told)
            cursor.execute(_EPISODES.format(rows=rows, **names), told[:1])
            # Said so, and not by exclude(): SQLite reads NOT (x IS NULL) from no index, but from a million rows.
            if Finding.every.filter(moved_at__isnull=False).exists():
                cursor.execute(_RETURNED.format(rows=rows, **names), told)
                cursor.execute(_NEWS_OF_RETURNED.format(rows=rows, **names))
                cursor.execute(_ANEW.format(rows=rows, **names))
            cursor.execute(_NEWS.format(rows=rows, **names), [Owner.SAYS_FIXED.value])
        bulk.upsert(Finding, rows, unique=["organization_id", "asset", "kind"], update=UPDATE)
    raise_known(kinds=seen["kind"].unique().to_list(), by=f"batch {batch_id}", means=Means.SENSOR, now=now)


def without_disowned(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the findings that are their organization's; what the team agreed is not theirs goes to what nobody holds."""
    pairs = list(
        Disowned.objects.filter(organization__in=frame["organization"].unique().to_list()).values_list(
            "organization_id", "asset"
        )
    )
    if not pairs:
        return frame
    left = pl.DataFrame(pairs, schema=["organization", "asset"], orient="row")
    nobodys = frame.join(left, on=["organization", "asset"], how="semi")
    if nobodys.height:
        taking.queue_disowned(nobodys)
    return frame.join(left, on=["organization", "asset"], how="anti")


@transaction.atomic
def disown(*, findings: Collection[Finding], reason: str, by: str, now: datetime) -> None:
    """Agree that the assets of these findings are not their organizations'.

    All they have there, now and later, waits among what nobody holds; what refers to them stays readable.
    """
    assets = {(finding.organization_id, finding.asset) for finding in findings}
    Disowned.objects.bulk_create(
        [
            Disowned(organization_id=owner, asset=asset, reason=reason[:1000], by=by, at=now)
            for owner, asset in sorted(assets)
        ],
        ignore_conflicts=True,
    )
    columns = ("organization_id", "asset", "kind", "count", "first_seen", "last_seen")
    for owner, asset in sorted(assets):
        rows = Finding.objects.filter(organization=owner, asset=asset)
        values = list(rows.values_list(*columns))
        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "organization": pl.String,
            "asset": pl.String,
            "kind": pl.String,
            "count": pl.Int64,
            "first_seen": INSTANT,
            "last_seen": INSTANT,
        }
        taking.queue_disowned(pl.DataFrame(values, schema=schema, orient="row"))
        note_news({(owner, kind) for _, _, kind, *_ in values})
        FindingChange.objects.bulk_create(
            FindingChange(
                finding=finding,
                at=now,
                what="moved",
                before=str(finding.count),
                after="0",
                by=by,
                means=Means.TEAM,
                reason="not-ours",
                note=reason,
            )
            for finding in rows.only("count")
        )
        rows.update(moved_at=now)


@transaction.atomic
def own_again(*, disowned: Disowned, actor: Viewer, now: datetime) -> None:
    """Lift the agreement that an asset is not an organization's: what comes in from now on is theirs. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    audit.record(
        actor=actor, action="disowning-lifted", object_kind="organization", object_id=disowned.organization_id, now=now,
        detail={"asset": disowned.asset[:300]},
    )  # fmt: skip
    disowned.delete()


def fitted(frame: pl.DataFrame) -> pl.DataFrame:
    """Return assets and kinds as the table holds them."""
    asset = pl.col("asset").str.replace_all("\0", "", literal=True).str.slice(0, 2000)
    return frame.with_columns(asset, pl.col("kind").str.slice(0, 200))


def rows_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the findings as rows of their table."""
    cut = fitted(frame)
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


def hear_owner(
    *,
    ids: Collection[UUID],
    word: Owner,
    by: str,
    note: str,
    now: datetime,
    means: str = Means.TEAM,
    until: datetime | None = None,
    evidence: Sequence[str] | None = None,
) -> None:
    """Take the owner's word about findings; what the sensors see stays as it is. The caller's transaction holds it."""
    _speak(
        ids,
        word,
        {"heard_at": now, "fixing_until": until, "answered_at": Coalesce("answered_at", now)},
        what="owner",
        by=by,
        note=note,
        now=now,
        means=means,
        evidence=evidence,
    )


def overrule(
    *, ids: Collection[UUID], by: str, note: str, now: datetime, reason: str = "claim-refused", means: str = Means.TEAM
) -> None:
    """Set the owner's word aside, after the team has looked or its time was over: it counts as not having spoken."""
    values = {"heard_at": None, "fixing_until": None}
    _speak(ids, Owner.SILENT, values, what="overruled", by=by, note=note, now=now, means=means, reason=reason)


_SPOKEN = """
    INSERT INTO {changes} (finding_id, at, what, "before", "after", "by", means, reason, evidence, note)
    SELECT id, %s, %s, owner, %s, %s, %s, %s, %s, %s FROM {findings} WHERE id IN ({chosen})
"""
"""A row each of what was the word before; an answer may speak of ten thousand."""


def _speak(
    ids: Collection[UUID],
    word: Owner,
    values: dict[str, Any],
    *,
    what: str,
    by: str,
    note: str,
    now: datetime,
    means: str,
    reason: str = "",
    evidence: Sequence[str] | None = None,
) -> None:
    quote = connection.ops.quote_name
    tables = {"changes": quote(FindingChange._meta.db_table), "findings": quote(Finding._meta.db_table)}  # noqa: SLF001
    for part in _portions(ids):
        rows = Finding.objects.filter(pk__in=part)
        chosen, ids_ = rows.order_by().values("pk").query.sql_with_params()
        at = connection.ops.adapt_datetimefield_value(now)
        because = None if evidence is None else connection.ops.adapt_json_value(list(evidence), None)
        with connection.cursor() as cursor:
            cursor.execute(
                _SPOKEN.format(**tables, chosen=chosen), [at, what, word.value, by, means, reason, because, note, *ids_]
            )
        rows.update(owner=word.value, **values)
        note_news(rows.order_by().values_list("organization_id", "kind").distinct())


def tell(*, findings: Any, rank: int | None, now: datetime) -> None:
    """Remember that a notice carrying these (a query of identifiers) was let go. `rank` None: it said they are gone."""
    Finding.objects.filter(pk__in=findings).update(told_at=now, told_rank=rank, declined_rank=None)


def decline(*, findings: Any, rank: int) -> None:
    """Remember that these (a query of identifiers) need not be told while they are no graver than `rank`."""
    Finding.objects.filter(pk__in=findings).update(declined_rank=rank)


def _portions(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    every = sorted(ids)
    for start in range(0, len(every), PORTION):
        yield every[start : start + PORTION]


@transaction.atomic
def record_word(
    *, findings: Sequence[Finding], word: Owner, note: str, actor: Viewer, now: datetime, means: str = Means.TEAM
) -> int:
    """Record what an owner said to the team, by telephone or at a desk; return on how many it changed. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    changed = [finding for finding in findings if finding.owner != word.value]
    hear_owner(ids=[f.pk for f in changed], word=word, by=actor.email, note=note[:4000], now=now, means=means)
    for finding in changed:
        audit.record(
            actor=actor, action="word-recorded", object_kind="finding", object_id=str(finding.pk), now=now,
            detail={"before": finding.owner, "word": word.value},
        )  # fmt: skip
    return len(changed)


def mark_warned(*, findings: QuerySet[Any, Any], due_at: Any, now: datetime) -> None:
    """Note that the owner was told of these, by the query for their ids, and by when (an instant or a query) they are to be fixed.

    The first warning and its deadline stand: a reminder does not give more time.
    """
    told = Finding.objects.filter(pk__in=findings)
    told.update(warned_at=Coalesce("warned_at", now), due_at=Coalesce("due_at", due_at))
