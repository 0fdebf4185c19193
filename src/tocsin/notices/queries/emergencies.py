"""One-shot warnings."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from tocsin.base.tenancy import Viewer
from tocsin.notices.models import (
    Emergency,
    State,
)


def emergencies(viewer: Viewer) -> QuerySet[Emergency]:
    """Return the one-shot warnings, newest first, each with how far its notices have come; only the team sees them."""
    rows = Emergency.objects.all() if viewer.sees_everything else Emergency.objects.none()
    return rows.annotate(
        n_organizations=Count("notices", distinct=True),
        n_sent=Count("notices", filter=Q(notices__sent_at__isnull=False), distinct=True),
        n_unreached=Count("notices", filter=Q(notices__state=State.NO_CONTACT), distinct=True),
        n_answered=Count("notices__answers__notice", distinct=True),
    ).order_by("-id")
