"""Let it be decided again; and raise what carries a weakness that is known to be exploited."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection

from tocsin.findings import exploited
from tocsin.findings.models import Finding, FindingChange, KnownExploited, News

PORTION = 400
"""Rows named by their identifiers at a time: within the number of parameters that SQLite takes."""
_CHANGES = """
    INSERT INTO {changes} (finding_id, at, what, "before", "after", "by", means, reason, evidence, note)
    SELECT id, %s, 'worse', severity, 'critical', %s, %s, 'known-exploited', NULL, %s
    FROM {findings} WHERE kind = %s AND severity_rank < 5 AND moved_at IS NULL
"""


def note_news(groups: Iterable[tuple[str, str]]) -> None:
    """Let it be decided again about each organization and kind. The caller's transaction makes it true."""
    rows = [News(organization_id=organization, kind=kind) for organization, kind in sorted(groups)]
    News.objects.bulk_create(rows, batch_size=PORTION)


def known_kinds(kinds: Iterable[str]) -> dict[str, list[str]]:
    """Return of these kinds those that carry CVE identifiers known to be exploited, and which."""
    carried = {kind: cves for kind in kinds if (cves := exploited.named(kind))}
    if not carried:
        return {}
    known = _known(set().union(*carried.values()))
    return {kind: sorted(found) for kind, cves in carried.items() if (found := cves & known)}


def raise_known(*, kinds: Iterable[str], by: str, means: str, now: datetime) -> int:
    """Make findings of these kinds critical, where a kind carries a CVE identifier known to be exploited; return how many.

    The caller's transaction holds it.
    """
    known = known_kinds(kinds)
    quote = connection.ops.quote_name
    tables = {"changes": quote(FindingChange._meta.db_table), "findings": quote(Finding._meta.db_table)}  # noqa: SLF001
    at = connection.ops.adapt_datetimefield_value(now)
    raised = 0
    for kind, found in sorted(known.items()):
        with connection.cursor() as cursor:
            cursor.execute(_CHANGES.format(**tables), [at, by, means, " ".join(found), kind])
        rows = Finding.objects.filter(kind=kind)
        milder = rows.filter(severity_rank__lt=5)
        note_news(milder.order_by().values_list("organization_id", "kind").distinct())
        raised += milder.update(severity="critical", severity_rank=5)
        rows.filter(exploited_at=None).update(exploited_at=now)
    return raised


def _known(cves: Collection[str]) -> set[str]:
    every = sorted(cves)
    found: set[str] = set()
    for start in range(0, len(every), PORTION):
        rows = KnownExploited.objects.filter(withdrawn_at=None, cve__in=every[start : start + PORTION])
        found |= set(rows.values_list("cve", flat=True))
    return found
