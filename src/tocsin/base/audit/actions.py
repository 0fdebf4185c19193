"""Write the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from tocsin.base import dialect
from tocsin.base.audit import chain
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import Viewer


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be recorded: an act on an object."""

    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any] = field(default_factory=dict)


def record(
    *, actor: Viewer, action: str, object_kind: str, object_id: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Add an entry to the chain, inside the caller's transaction; call it last.

    From here to the end of the transaction nobody else can add one: two that followed the same entry would fork
    the chain. What is done before holds nobody up.
    """
    record_all(actor=actor, acts=[Act(action, object_kind, object_id, detail or {})], now=now)


@transaction.atomic(savepoint=False)
def record_all(*, actor: Viewer, acts: Sequence[Act], now: datetime) -> None:
    """Add many entries at once, in this order; the rest is as with one."""
    if not acts:
        return
    dialect.hold_until_commit("audit")
    previous = AuditEntry.objects.order_by("-id").values_list("entry_hash", flat=True).first() or ""
    at = now.astimezone(UTC)
    entries = []
    for act in acts:
        said = chain.plain(act.detail)
        own = chain.digest(
            previous=previous, at=at, actor_email=actor.email, action=act.action,
            object_kind=act.object_kind, object_id=act.object_id, detail=said,
        )  # fmt: skip
        entries.append(
            AuditEntry(
                at=at, actor_email=actor.email, action=act.action, object_kind=act.object_kind, object_id=act.object_id,
                detail=said, previous_hash=previous, entry_hash=own,
            )
        )  # fmt: skip
        previous = own
    AuditEntry.objects.bulk_create(entries, batch_size=100)
