"""Read findings for a viewer."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from tocsin.base.tenancy import Viewer, scoped
from tocsin.findings.models import Finding


def findings(
    viewer: Viewer, *, organization: str = "", severity: str = "", owner: str = "", search: str = ""
) -> QuerySet[Finding]:
    """Return the findings the viewer may see, the gravest and newest first, narrowed by the given words."""
    rows = scoped(Finding.objects.all(), viewer)
    if organization:
        rows = rows.filter(organization_id=organization)
    if severity:
        rows = rows.filter(severity_rank=Finding.rank(severity))
    if owner:
        rows = rows.filter(owner=owner)
    if search:
        rows = rows.filter(asset__startswith=search)
    return rows.select_related("organization").order_by("-severity_rank", "-id")


def by_owner(viewer: Viewer) -> dict[str, int]:
    """Return how many findings there are for each word of their owners."""
    rows = scoped(Finding.objects.all(), viewer)
    return dict(rows.order_by().values_list("owner").annotate(n=Count("pk")))


def by_organization(viewer: Viewer) -> dict[str, tuple[int, int]]:
    """Return for each organization how many findings it has, and how many of them nobody has answered."""
    rows = (
        scoped(Finding.objects.all(), viewer).order_by().values_list("organization_id", "owner").annotate(n=Count("pk"))
    )
    found: dict[str, tuple[int, int]] = {}
    for organization, owner, n in rows:
        all_, silent = found.get(organization, (0, 0))
        found[organization] = (all_ + n, silent + (n if owner == "silent" else 0))
    return found
