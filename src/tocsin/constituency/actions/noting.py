"""Register what organizations said of themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.constituency.models import Fact, Organization


def note_fact(
    *, organizations: Collection[Organization], label: str, survey: UUID, actor: Viewer, now: datetime
) -> list[str]:
    """Register something of these organizations; return of which it is new. The caller's transaction holds it, and its audit.

    Raise NotAllowed.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    ids = {one.pk for one in organizations}
    known = set(Fact.objects.filter(label=label, organization__in=ids).values_list("organization_id", flat=True))
    made = [
        Fact(organization_id=id_, label=label, survey=survey, by=actor.email, at=now) for id_ in sorted(ids - known)
    ]
    Fact.objects.bulk_create(made, ignore_conflicts=True)
    return [one.organization_id for one in made]
