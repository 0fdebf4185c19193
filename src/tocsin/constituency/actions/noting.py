"""Register what organizations said of themselves, and take it back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from tocsin.base.audit import actions as audit
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


@transaction.atomic
def withdraw_fact(*, fact: Fact, actor: Viewer, now: datetime) -> None:
    """Take back what was registered of an organization: selections find it by this no more. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if Fact.objects.filter(pk=fact.pk).delete()[0]:
        audit.record(
            actor=actor, action="fact-withdrawn", object_kind="organization", object_id=fact.organization_id, now=now,
            detail={"label": fact.label, "survey": fact.survey and str(fact.survey), "by": fact.by, "at": fact.at.isoformat()},
        )  # fmt: skip
