"""Pass what is open on to those that follow an organization that ended: by statement, the past stays where it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tocsin.base.dialect import bulk
from tocsin.base.identifiers import uuid7s
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Succession
from tocsin.findings.actions.folding import UPDATE
from tocsin.findings.actions.inheriting import heirs_of
from tocsin.findings.actions.raising import note_news
from tocsin.findings.models import Finding, FindingChange, Sensor

PORTION = 5000
"""Findings that pass on at a time."""
_KEPT = (
    "asset", "kind", "taxonomy", "type", "severity", "severity_rank", "sensor", "sensor_at", "first_seen", "last_seen", "count",
    "n_reopened", "exploited_at", "because", "feeds", "ports", "evidence", "related",
)  # fmt: skip
_TAKEN = f"""
    INSERT INTO {{findings}} AS old (id, organization_id, owner, verified_by, {", ".join(_KEPT)})
    SELECT pair.id, %s, 'silent', '', {", ".join(f"f.{column}" for column in _KEPT)}
    FROM {{pairs}} AS pair JOIN {{findings}} AS f ON f.id = pair.was WHERE TRUE
    ON CONFLICT (organization_id, asset, kind) DO UPDATE SET {UPDATE}, moved_at = NULL
"""
_GONE = """
    INSERT INTO {changes} (finding_id, at, what, "before", "after", "by", means, reason, note)
    SELECT pair.was, %s, 'moved', CAST(f.count AS VARCHAR(32)), '0', %s, 'time', 'succession', %s
    FROM {pairs} AS pair JOIN {findings} AS f ON f.id = pair.was
"""
_COME = """
    INSERT INTO {changes} (finding_id, at, what, "before", "after", "by", means, reason, note)
    SELECT heir.id, %s, CASE WHEN heir.id = pair.id THEN 'new' ELSE 'recounted' END, '',
           CASE WHEN heir.id = pair.id THEN heir.severity ELSE CAST(heir.count AS VARCHAR(32)) END, %s, 'time', 'succession', %s
    FROM {pairs} AS pair JOIN {findings} AS f ON f.id = pair.was
    JOIN {findings} AS heir ON heir.organization_id = %s AND heir.asset = f.asset AND heir.kind = f.kind
"""


@dataclass(frozen=True, slots=True)
class PassedOn:
    """How many open findings went to whoever follows, and which organizations gave them away."""

    n: int
    organizations: frozenset[str]


@transaction.atomic
def pass_on(*, now: datetime) -> PassedOn:
    """Let open findings of organizations that ended be their successors', once the day has come; each succession once.

    The successor has not been told of them: they are silent there, and decided about. What refers to the finding of
    before keeps it, marked as moved. People who sign in for it belong to the successor too, from then on.
    """
    due = constituents.successions(SYSTEM).filter(carried_at=None, on__lte=timezone.localdate(now))
    n, organizations = 0, set()
    rows = list(due.select_for_update().order_by("on", "pk"))
    for row in rows:
        for before in row.before:
            for after, becauses in heirs_of(row, before):
                open_ = Finding.objects.filter(organization=before).exclude(sensor=Sensor.GONE)
                moved = _pass(
                    open_ if becauses is None else open_.filter(because__in=becauses), before, after, row, now
                )
                n += moved
                if moved:
                    organizations.add(before)
        constituency.mark_carried(succession=row, now=now)
    constituency.pass_members_on(successions=rows, now=now)
    return PassedOn(n, frozenset(organizations))


def _pass(rows: QuerySet[Finding], before: str, after: str, row: Succession, now: datetime) -> int:
    quote = connection.ops.quote_name
    tables = {"changes": quote(FindingChange._meta.db_table), "findings": quote(Finding._meta.db_table)}  # noqa: SLF001
    at, field = connection.ops.adapt_datetimefield_value(now), Finding._meta.get_field("id")  # noqa: SLF001
    kinds = set(rows.order_by().values_list("kind", flat=True).distinct())
    n = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION]):
        fresh = zip(uuid7s(len(ids)), ids, strict=True)
        with bulk.held(fresh, {"id": field, "was": field}) as pairs, connection.cursor() as cursor:
            cursor.execute(_GONE.format(pairs=pairs, **tables), [at, row.by, row.reason])
            cursor.execute(_TAKEN.format(pairs=pairs, **tables), [after])
            cursor.execute(_COME.format(pairs=pairs, **tables), [at, row.by, row.reason, after])
            cursor.execute(
                f"UPDATE {tables['findings']} SET moved_at = %s WHERE id IN (SELECT was FROM {pairs})",
                [at],
            )
        n += len(ids)
    note_news({(organization, kind) for organization in (before, after) for kind in kinds})
    return n
