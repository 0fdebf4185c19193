"""Notices and their list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from tocsin.base.lists import Found, Order, find
from tocsin.base.tenancy import SYSTEM, Viewer, scoped
from tocsin.constituency.queries import chosen as chosen_organizations
from tocsin.notices import listing
from tocsin.notices.models import (
    Answer,
    Notice,
)


def notices(viewer: Viewer, *, state: str = "", organization: str = "") -> QuerySet[Notice]:
    """Return the notices the viewer may see, newest first, each with its latest answer.

    A contact sees those that went out: what still waits has not been said.
    """
    rows = scoped(Notice.objects.all(), viewer)
    if not viewer.sees_everything:
        rows = rows.filter(sent_at__isnull=False)
    if state:
        rows = rows.filter(state=state)
    if organization:
        rows = rows.filter(organization_id=organization)
    last = Answer.objects.filter(notice=OuterRef("pk")).order_by("-at")
    return (
        rows.select_related("organization")
        .annotate(answer=Subquery(last.values("answer")[:1]), answered_at=Subquery(last.values("at")[:1]))
        .order_by("-id")
    )


def listed(
    viewer: Viewer, wanted: listing.Wanted, *, order: Order, key: Sequence[Any] | None, named: str = "", size: int = 50
) -> Found[Notice]:
    """Return a page of the list of notices, whatever is asked of it, in bounded time."""
    chosen = chosen_organizations(viewer, wanted.organization, named)
    if chosen == []:
        return Found([], None, 0)
    asked = listing.filters(wanted, chosen, timezone.get_current_timezone())
    if not viewer.sees_everything:
        asked.append(listing.WENT_OUT)
    return find(notices(SYSTEM).order_by(), asked, order, key, size=size, window=TRIED)


TRIED = 3_000
"""Notices tried for a page: each costs a look at its answers or at its notice."""


def by_state(viewer: Viewer) -> dict[str, int]:
    """Return how many notices are in each state."""
    return dict(scoped(Notice.objects.order_by(), viewer).values_list("state").annotate(n=Count("pk")))
