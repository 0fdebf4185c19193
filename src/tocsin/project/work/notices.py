"""Warnings: decide, deliver, approve, explain."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.project.work import now


def run(*, at: datetime | None, dry_run: bool, everything: bool = False) -> dict[str, Any]:
    """Decide and deliver."""
    return notices.run(now=at or now(), dry_run=dry_run, everything=everything)


def work() -> bool:
    """Decide and deliver what is due, and no more; return whether there was anything."""
    return notices.work(now=now())


def down() -> dict[str, str]:
    """Return the ways out that do not work at the moment, and what they say."""
    return {channel.name: channel.says for channel in noticed.channels(SYSTEM)}


def list_all() -> list[dict[str, Any]]:
    """Return notices as the command prints them."""
    rows = noticed.notices(SYSTEM).prefetch_related("lines", "deliveries")
    return [
        {
            "id": str(n.pk), "reference": n.reference, "organization": n.organization_id, "state": n.state, "reason": n.reason,
            "severity": n.severity, "tlp": n.tlp, "findings": [str(line.finding_id) for line in n.lines.all()],
            "recipients": sorted(d.recipient for d in n.deliveries.all()), "created_at": n.created_at.isoformat(),
            "sent_at": n.sent_at and n.sent_at.isoformat(), "due_at": n.due_at.isoformat(),
            "answer": n.answer, "answered_at": n.answered_at and n.answered_at.isoformat(),  # type: ignore[attr-defined]
        }
        for n in rows
    ]  # fmt: skip


def explain(id_: str) -> dict[str, Any] | None:
    """Tell the six stops of a notice, by identifier or reference."""
    rows = noticed.notices(SYSTEM)
    notice = rows.filter(reference=id_).first() or (rows.filter(pk=id_).first() if _is_uuid(id_) else None)
    return noticed.explain(SYSTEM, notice) if notice else None


def approve(ids: list[str], *, everything: bool) -> tuple[int, list[str]]:
    """Approve waiting notices; return how many, and which could not be."""
    rows = noticed.notices(SYSTEM, state="waiting")
    if everything:
        ids = [str(n.pk) for n in rows]
    done, missed = 0, []
    for id_ in ids:
        notice = rows.filter(reference=id_).first() or (rows.filter(pk=id_).first() if _is_uuid(id_) else None)
        if notice is None:
            missed.append(id_)
            continue
        notices.approve(notice=notice, actor=SYSTEM, now=now())
        done += 1
    return done, missed


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
