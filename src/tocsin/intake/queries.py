"""Read what came in. It holds everybody's reports: a contact sees none of it."""

from __future__ import annotations

from django.db.models import QuerySet

from tocsin.base.tenancy import Viewer
from tocsin.intake.models import Arrival, Batch, Reject, Unattributed


def batches(viewer: Viewer) -> QuerySet[Batch]:
    """Return the batches, newest first."""
    rows = Batch.objects.order_by("-finished_at")
    return rows if viewer.sees_everything else rows.none()


def arrivals(viewer: Viewer) -> QuerySet[Arrival]:
    """Return the arrivals, newest first."""
    rows = Arrival.objects.order_by("-received_at", "-pk")
    return rows if viewer.sees_everything else rows.none()


def rejects(viewer: Viewer) -> QuerySet[Reject]:
    """Return the rejected rows, newest first."""
    rows = Reject.objects.order_by("-pk")
    return rows if viewer.sees_everything else rows.none()


def unattributed(viewer: Viewer) -> QuerySet[Unattributed]:
    """Return what nobody holds, last seen first."""
    rows = Unattributed.objects.order_by("-last_seen", "-pk")
    return rows if viewer.sees_everything else rows.none()
