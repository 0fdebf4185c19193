"""Do a thing once, however often it is asked with the same key (draft-ietf-httpapi-idempotency-key-header-07)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tocsin.accounts.models import IdempotencyKey

KEPT = timedelta(days=2)


class KeyReused(Exception):
    """The key was used with another request before."""


def once(
    *, caller: str, key: str, request: str, now: datetime, do: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Run `do` and keep its answer with the key, in one transaction; the same key again gives that answer.

    `request` tells requests apart: what was asked and the checksum of the body. Return the answer and
    whether it is a repetition. Raise KeyReused. Nothing is kept when `do` raises.
    """
    if not key:
        return do(), False
    fingerprint = hashlib.sha256(request.encode()).hexdigest()
    with transaction.atomic():
        IdempotencyKey.objects.filter(at__lt=now - KEPT).delete()
        # Whoever comes second waits here for the first: on SQLite for its lock, on PostgreSQL for its row.
        row, new = IdempotencyKey.objects.get_or_create(
            caller=caller, key=key, defaults={"fingerprint": fingerprint, "at": now}
        )
        if not new:
            if row.fingerprint != fingerprint:
                raise KeyReused(key)
            return row.answer, True
        row.answer = do()
        row.save(update_fields=["answer"])
        return row.answer, False
