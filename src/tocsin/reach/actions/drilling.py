"""Call many contacts at once without a reason, and see who answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries as constituency
from tocsin.reach.actions.calling import calls_for_drill
from tocsin.reach.models import Call, Drill

LONGEST = timedelta(days=30)


class BadDrill(ValueError):
    """The drill ends too soon or too late, or has nobody to call; the text says why."""


@transaction.atomic
def begin_drill(
    *, title: str, organizations: Collection[str], roles: Collection[str], ends_at: datetime, actor: Viewer, now: datetime
) -> Drill:  # fmt: skip
    """Begin a drill: the calls are sent from now on. Without organizations all are called; without roles all contacts.

    Raise BadDrill, NotAllowed.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if not now < ends_at <= now + LONGEST:
        raise BadDrill(f"it ends within {LONGEST.days} days from now")
    rows = constituency.told_on(SYSTEM, now.date())
    if organizations:
        known = set(constituency.organizations(SYSTEM).filter(pk__in=organizations).values_list("pk", flat=True))
        if missing := sorted(set(organizations) - known):
            raise BadDrill(f"not known: {', '.join(missing[:10])}")
        rows = rows.filter(organization__in=organizations)
    chosen = [contact for contact in rows if not roles or set(roles) & set(contact.roles)]
    if not chosen:
        raise BadDrill("nobody to call: no contact of these organizations is told")
    drill = Drill.objects.create(title=title.strip()[:200] or f"{now:%Y-%m-%d}", begun_at=now, begun_by=actor.email, ends_at=ends_at)  # fmt: skip
    calls = calls_for_drill(chosen, now)
    for call in calls:
        call.drill = drill
    Call.objects.bulk_create(calls, batch_size=500)
    audit.record(
        actor=actor, action="drill-begun", object_kind="drill", object_id=str(drill.pk), now=now,
        detail={"title": drill.title, "called": len(calls), "organizations": len({c.organization_id for c in chosen}), "ends_at": ends_at},
    )  # fmt: skip
    return drill
