"""Write the audit trail."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import Viewer


def record(
    *, actor: Viewer, action: str, object_kind: str, object_id: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Add an entry to the chain, inside the caller's transaction."""
    last = AuditEntry.objects.order_by("-id").values_list("entry_hash", flat=True).first() or ""
    detail = detail or {}
    text = json.dumps(
        [last, now.isoformat(), actor.email, action, object_kind, object_id, detail], sort_keys=True, default=str
    )
    AuditEntry.objects.create(
        at=now,
        actor_email=actor.email,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        detail=json.loads(json.dumps(detail, default=str)),
        previous_hash=last,
        entry_hash=hashlib.sha256(text.encode()).hexdigest(),
    )
