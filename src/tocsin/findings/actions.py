"""Stop four: fold a batch's findings into the rows that live; and take the owner's word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from tocsin.base import dialect
from tocsin.base.identifiers import uuid7
from tocsin.findings.models import Finding, FindingChange, Owner, Sensor

CHUNK = 400
"""Rows at a time: within the number of parameters that SQLite takes."""
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


def fold(*, frame: pl.DataFrame, batch_id: str, now: datetime) -> None:
    """Fold a batch's findings. The caller's transaction makes it happen once."""
    for part in _parts(frame):
        known = {
            (f["organization_id"], f["asset"], f["kind"]): f
            for f in Finding.objects.filter(asset__in=[row["asset"] for row in part]).values(
                "id", "organization_id", "asset", "kind", "severity", "severity_rank"
            )
        }
        dialect.upsert(
            Finding, [_row(row) for row in part], unique=["organization_id", "asset", "kind"], update=_UPDATE
        )
        names = [(row["organization"], row["asset"], row["kind"]) for row in part]
        fresh = [name for name in names if name not in known]
        ids = {name: f["id"] for name, f in known.items()}
        if fresh:
            made = Finding.objects.filter(asset__in=[name[1] for name in fresh]).values_list(
                "id", "organization_id", "asset", "kind"
            )
            ids.update({(o, a, k): id_ for id_, o, a, k in made})
        _note_changes(part, known, ids, batch_id, now)


def _parts(frame: pl.DataFrame) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, frame.height, CHUNK):
        yield [
            {**row, "asset": str(row["asset"]).replace("\0", "")[:2000], "kind": str(row["kind"])[:200]}
            for row in frame[start : start + CHUNK].iter_rows(named=True)
        ]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "organization_id": row["organization"],
        "asset": row["asset"],
        "kind": row["kind"],
        "taxonomy": row["classification_taxonomy"],
        "type": row["classification_type"],
        "severity": row["severity"],
        "severity_rank": Finding.rank(str(row["severity"])),
        "sensor": Sensor.SEEN.value,
        "owner": Owner.SILENT.value,
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "count": row["count"],
        "because": str(row["because"])[:300],
        "feeds": row["feeds"],
        "ports": row["ports"],
        "evidence": row["evidence"],
        "related": row["related"],
    }


def _note_changes(
    part: Sequence[dict[str, Any]],
    known: Mapping[tuple[str, str, str], Mapping[str, Any]],
    ids: Mapping[tuple[str, str, str], UUID],
    batch_id: str,
    now: datetime,
) -> None:
    changes = []
    for row in part:
        name = (row["organization"], row["asset"], row["kind"])
        old = known.get(name)
        if old is None:
            changes.append(
                FindingChange(
                    finding_id=ids[name], at=now, what="new", after=str(row["severity"]), by=f"batch {batch_id}"
                )
            )
        elif Finding.rank(str(row["severity"])) > int(str(old["severity_rank"])):
            changes.append(
                FindingChange(
                    finding_id=ids[name], at=now, what="worse", before=str(old["severity"]), after=str(row["severity"]), by=f"batch {batch_id}"
                )
            )  # fmt: skip
    FindingChange.objects.bulk_create(changes)


def hear_owner(*, findings: Sequence[Finding], word: Owner, by: str, note: str, now: datetime) -> None:
    """Take the owner's word about findings; what the sensors see stays as it is."""
    changed = [finding for finding in findings if finding.owner != word.value]
    FindingChange.objects.bulk_create(
        FindingChange(finding=f, at=now, what="owner", before=f.owner, after=word.value, by=by, note=note)
        for f in changed
    )
    Finding.objects.filter(pk__in=[finding.pk for finding in changed]).update(owner=word.value)
