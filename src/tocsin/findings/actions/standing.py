"""Count how the findings stand in the loop."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import transaction

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import queries
from tocsin.findings.models import Standing, Tally


def take_stock(*, now: datetime) -> None:
    """Count how the findings stand in the loop, by organization and severity, and along each axis.

    Counting may take seconds: nobody who writes waits for it, only the few rows it comes to are one transaction.
    """
    keys = ("organization_id", "severity_rank")
    names = [*keys, *(f"n_{name}" for name in queries.FIGURES)]
    standings, tallies = [], Counter[tuple[str, str, str]]()
    for row in queries.counted(SYSTEM, keys, now, words=True):
        standings.append(Standing(**dict(zip(names, row[: len(names)], strict=True)), taken_at=now))
        for (axis, word), n in zip(queries.WORDS, row[len(names) :], strict=True):
            tallies[row[0], axis, word] += n
    with transaction.atomic():
        Standing.objects.all().delete()
        Tally.objects.all().delete()
        Standing.objects.bulk_create(standings, batch_size=1000)
        Tally.objects.bulk_create(
            (Tally(organization_id=o, axis=axis, word=word, n=n) for (o, axis, word), n in tallies.items() if n),
            batch_size=1000,
        )
