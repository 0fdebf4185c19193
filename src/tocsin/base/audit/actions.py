"""Write the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from tocsin.base import dialect
from tocsin.base.audit import chain
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import Viewer


@transaction.atomic(savepoint=False)
def record(
    *, actor: Viewer, action: str, object_kind: str, object_id: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Add an entry to the chain, inside the caller's transaction; call it last.

    From here to the end of the transaction nobody else can add one: two that followed the same entry would fork
    the chain. What is done before holds nobody up.
    """
    dialect.hold_until_commit("audit")
    last = AuditEntry.objects.order_by("-id").values_list("entry_hash", flat=True).first() or ""
    said = chain.plain(detail or {})
    at = now.astimezone(UTC)
    AuditEntry.objects.create(
        at=at,
        actor_email=actor.email,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        detail=said,
        previous_hash=last,
        entry_hash=chain.digest(
            previous=last,
            at=at,
            actor_email=actor.email,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            detail=said,
        ),
    )
