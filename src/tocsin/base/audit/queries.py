"""Read the audit trail: for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime

from django.db.models import QuerySet

from tocsin.base.audit import chain
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import Role, Viewer

COLUMNS = [field.name for field in fields(chain.Link)]
CHUNK = 2000


def entries(
    viewer: Viewer,
    *,
    actor: str = "",
    action: str = "",
    about: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEntry]:
    """Return entries, newest first: by whom, which act, about which object, from `since` to before `until`."""
    if viewer.role is not Role.ADMINISTRATOR:
        return AuditEntry.objects.none()
    rows = AuditEntry.objects.order_by("-id")
    if actor:
        rows = rows.filter(actor_email=actor.strip().lower())
    if action:
        rows = rows.filter(action=action)
    if about:
        rows = rows.filter(object_id=about.strip())
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    return rows


def about(viewer: Viewer, *, object_kind: str, object_id: str) -> QuerySet[AuditEntry]:
    """Return what was done to one object, newest first; the caller has made sure that the viewer may see the object."""
    return AuditEntry.objects.filter(object_kind=object_kind, object_id=object_id).order_by("-id")


def actions_known(viewer: Viewer) -> list[str]:
    """Return every kind of act there is an entry of."""
    return list(entries(viewer).order_by("action").values_list("action", flat=True).distinct())


def verify(viewer: Viewer, *, holds: str = "") -> chain.Verdict:
    """Walk the whole chain in bounded memory; `holds` is a head noted before that must still be part of it."""
    rows = entries(viewer).order_by("id").values_list(*COLUMNS).iterator(chunk_size=CHUNK)
    return chain.walk(_links(rows), holds=holds)


def _links(rows: Iterator[tuple[object, ...]]) -> Iterator[chain.Link]:
    for row in rows:
        yield chain.Link(*row)  # type: ignore[arg-type]
