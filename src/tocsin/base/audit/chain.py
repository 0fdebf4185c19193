"""The chain: each entry's hash covers what it says and the hash of the entry before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """What is stored of one entry."""

    id: int
    at: datetime
    actor_email: str
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    previous_hash: str
    entry_hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the chain found. `broken` is the first entry that does not fit, `why` says how."""

    entries: int
    head: str
    broken: int | None = None
    why: str = ""
    holds: bool | None = None
    """Whether the chain holds the hash that was asked for; None when none was."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, removed or put in, as far as can be seen."""
        return self.broken is None and self.holds is not False


def plain(detail: dict[str, Any]) -> dict[str, Any]:
    """Return a detail as it will come back from the database, so that its hash does too."""
    found: dict[str, Any] = json.loads(json.dumps(detail, default=str))
    return found


def digest(
    *, previous: str, at: datetime, actor_email: str, action: str, object_kind: str, object_id: str, detail: dict[str, Any]
) -> str:  # fmt: skip
    """Return the hash of an entry. `detail` is plain."""
    said = [previous, at.astimezone(UTC).isoformat(), actor_email, action, object_kind, object_id, detail]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def walk(links: Iterable[Link], *, holds: str = "") -> Verdict:
    """Walk the whole chain, oldest first, in the memory of one entry; stop at the first that does not fit.

    Whoever writes to the database could cut entries off the end, or write a whole chain anew. A head that was
    noted elsewhere (`holds`) shows both.
    """
    n, head, found = 0, "", not holds
    for link in links:
        if link.previous_hash != head:
            return Verdict(
                n, head, link.id, "an entry before it was removed, put in or moved", found if holds else None
            )
        own = digest(
            previous=head, at=link.at, actor_email=link.actor_email, action=link.action,
            object_kind=link.object_kind, object_id=link.object_id, detail=link.detail,
        )  # fmt: skip
        if own != link.entry_hash:
            return Verdict(n, head, link.id, "it was changed after it was written", found if holds else None)
        n, head = n + 1, own
        found = found or own == holds
    return Verdict(n, head, holds=found if holds else None)
