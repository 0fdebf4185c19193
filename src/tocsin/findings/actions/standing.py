"""Count how the findings stand in the loop."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import queries
from tocsin.findings.models import Standing


def take_stock(*, now: datetime) -> None:
    """Count how the findings stand in the loop, by organization and severity, for the front page.

    Counting may take seconds: nobody who writes waits for it, only the few rows it comes to are one transaction.
    """
    keys = ("organization_id", "severity_rank")
    names = [*keys, *(f"n_{name}" for name in queries.FIGURES)]
    rows = list(queries.counted(SYSTEM, keys, now))
    with transaction.atomic():
        Standing.objects.all().delete()
        Standing.objects.bulk_create(
            (Standing(**dict(zip(names, row, strict=True)), taken_at=now) for row in rows), batch_size=1000
        )
