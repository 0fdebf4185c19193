"""Why organizations do or do not hear from us."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from tocsin.base.tenancy import Viewer, scoped
from tocsin.notices.models import (
    DecisionLog,
)


def decisions(
    viewer: Viewer, *, rests: str = "", organization: str = "", kind: str = ""
) -> QuerySet[DecisionLog]:  # fmt: skip
    """Return the latest decision for each organization and kind, perhaps those that rest on a reason."""
    chosen = {"rests": rests, "organization_id": organization, "kind": kind}
    rows = scoped(DecisionLog.objects.all(), viewer).filter(**{name: value for name, value in chosen.items() if value})
    return rows.select_related("organization", "notice").order_by("organization_id", "kind")


def resting(viewer: Viewer) -> list[tuple[str, int]]:
    """Return on which reasons the decisions rest, and how many on each."""
    rows = scoped(DecisionLog.objects.all(), viewer).order_by()
    return sorted(rows.values_list("rests").annotate(n=Count("pk")), key=lambda pair: -pair[1])


def type_of(viewer: Viewer, kind: str) -> str:
    """Return the RSIT type of a kind, as far as it was decided about; empty when it never was."""
    if not kind:
        return ""
    found = scoped(DecisionLog.objects.filter(kind=kind), viewer).order_by().values_list("type", flat=True)
    return found.first() or ""
