"""Who has what an organization that ended had: late events of its days belong to what passed on."""

from __future__ import annotations

import polars as pl
from django.db.models import Exists, OuterRef

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Succession
from tocsin.findings.models import Finding, FindingChange
from tocsin.pipeline import fold as folding

GENERATIONS = 20
"""How many times over what an organization had is followed to whoever has it now."""


def heirs_of(row: Succession, before: str) -> list[tuple[str, list[str] | None]]:
    """Return who follows an organization, each with the reasons of attribution that pass to it; None: all do."""
    if len(row.after) == 1:
        return [(row.after[0], None)]
    found: dict[str, list[str]] = {}
    for one in row.moved:
        if one["from"] == before and one["kind"] in {"network", "domain", "asn"}:
            value = one["value"].removeprefix("AS") if one["kind"] == "asn" else one["value"]
            found.setdefault(one["to"], []).append(f"{one['kind']} {value}"[:300])
    return sorted(found.items())


def with_heirs(frame: pl.DataFrame) -> pl.DataFrame:
    """Return findings of a batch, those that passed on under the organization that has them now.

    Late events of days before the change would else wake the finding of an organization that ended.
    """
    for _ in range(GENERATIONS):
        # What moved in detail is asked for only where it splits one of these: every fold comes by here.
        carried = constituents.successions(SYSTEM).exclude(carried_at=None).defer("moved")
        names = set(frame["organization"].unique().to_list())
        mine = [(row, before) for row in carried.iterator() for before in row.before if before in names]
        pairs = [pair for row, before in mine for pair in _passed(row, before)]
        if not pairs:
            return frame
        schema = {**dict.fromkeys(folding.NAME, pl.String), "heir": pl.String}
        heirs = pl.DataFrame(pairs, schema=schema, orient="row").unique(folding.NAME)
        joined = frame.join(heirs, on=folding.NAME, how="left", maintain_order="left")
        if joined["heir"].is_null().all():
            return frame
        given = joined.with_columns(organization=pl.coalesce("heir", "organization")).drop("heir")
        frame = folding.merge(given.select(frame.columns))
    return frame


def _passed(row: Succession, before: str) -> list[tuple[str, str, str, str]]:
    changes = FindingChange.objects.filter(finding=OuterRef("pk"), what="moved", reason="succession")
    gone = Finding.every.filter(Exists(changes), organization=before, moved_at__isnull=False)
    return [
        (before, asset, kind, after)
        for after, becauses in heirs_of(row, before)
        for asset, kind in (gone if becauses is None else gone.filter(because__in=becauses)).values_list(
            "asset", "kind"
        )
    ]
