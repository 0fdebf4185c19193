"""Mail and messages that went out, and the ways they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone

from tocsin.base.lists import Found, Order, find
from tocsin.base.tenancy import SYSTEM, Viewer, scoped
from tocsin.constituency.queries import chosen as chosen_organizations
from tocsin.notices import listing
from tocsin.notices.models import (
    Channel,
    Delivery,
    Notice,
)
from tocsin.notices.queries.notices import TRIED


def listed_deliveries(
    viewer: Viewer, wanted: listing.Wanted, *, order: Order, key: Sequence[Any] | None, named: str = "", size: int = 50
) -> Found[Delivery]:
    """Return a page of the list of sent mail, whatever is asked of it, in bounded time."""
    chosen = chosen_organizations(viewer, wanted.organization, named)
    if chosen == []:
        return Found([], None, 0)
    asked = listing.delivery_filters(wanted, chosen, timezone.get_current_timezone())
    return find(deliveries(SYSTEM).order_by(), asked, order, key, size=size, window=TRIED)


def deliveries(viewer: Viewer) -> QuerySet[Delivery]:
    """Return the deliveries the viewer may see, newest first."""
    return (
        scoped(Delivery.objects.all(), viewer, "notice__organization_id")
        .select_related("notice__organization", "notice__emergency", "step")
        .order_by("-id")
    )


def shown_deliveries(viewer: Viewer, notice: Notice) -> QuerySet[Delivery]:
    """Return to whom a notice goes; what the team's duty officer is told of it only the team sees."""
    rows = notice.deliveries.order_by("pk")
    return rows if viewer.sees_everything else rows.filter(to_team=False)


# scope: everyone because the holder of the link is its only credential
def delivery_of_link(delivery_id: UUID) -> Delivery | None:
    """Return the delivery that an answer link names."""
    return Delivery.objects.filter(pk=delivery_id).select_related("notice__organization", "notice__emergency").first()


def deliveries_by_state(viewer: Viewer) -> dict[str, int]:
    """Return how many deliveries are in each state."""
    rows = scoped(Delivery.objects.order_by(), viewer, "notice__organization_id")
    return dict(rows.values_list("state").annotate(n=Count("pk")))


def channels(viewer: Viewer) -> QuerySet[Channel]:
    """Return the ways out that do not answer now."""
    return Channel.objects.order_by("name")
