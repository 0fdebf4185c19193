"""Warnings: decide, deliver, approve, explain."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices.models import Notice
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
    if everything:
        return len(
            notices.approve_all(notices=list(noticed.notices(SYSTEM, state="waiting")), actor=SYSTEM, now=now())
        ), []
    found, missed = _found(ids, state="waiting")
    return len(notices.approve_all(notices=found, actor=SYSTEM, now=now())), missed


def reject(ids: list[str], reason: str) -> tuple[int, list[str]]:
    """Reject waiting notices; return how many, and which could not be."""
    found, missed = _found(ids, state="waiting")
    done = notices.reject_all(notices=found, reason=reason, actor=SYSTEM, now=now())
    return len(done), missed


def retry(ids: list[str]) -> tuple[int, list[str]]:
    """Try again what failed; return for how many recipients, and of which notices nothing failed."""
    found, missed = _found(ids)
    n = 0
    for notice in found:
        try:
            n += notices.retry(notice=notice, actor=SYSTEM, now=now())
        except notices.NotFailed:
            missed.append(notice.reference)
    return n, missed


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def answer(id_: str, *, by: str, word: str, until: date | None, note: str) -> dict[str, Any]:
    """Take an answer; return it. Raise LookupError, Refused."""
    found, missed = _found([id_])
    if missed:
        raise LookupError(id_)
    try:
        made = notices.answer(notice=found[0], word=word, by=by, means="command", now=now(), note=note, until=until)
    except (notices.BadAnswer, notices.NotAnswerable) as error:
        raise Refused(str(error)) from error
    return {
        "id": str(made.pk), "notice": str(found[0].pk), "reference": found[0].reference, "answer": made.answer, "by": made.by,
        "until": made.until and made.until.isoformat(), "note": made.note, "at": made.at.isoformat(),
    }  # fmt: skip


def plans(*, at: datetime | None, everything: bool) -> list[dict[str, Any]]:
    """Return the notices that would be made now; nothing is written."""
    decided = notices.decide(now=at or now(), dry_run=True, everything=everything)
    return [
        {
            "organization": plan.organization_id, "severity": plan.severity, "state": plan.state.value,
            "recipients": [one.email for one in plan.recipients],
            "units": [(unit.kind, unit.n, unit.decision.reason.value) for unit in plan.units],
        }
        for plan in decided.plans
    ]  # fmt: skip


def _found(ids: list[str], *, state: str = "") -> tuple[list[Notice], list[str]]:
    rows = noticed.notices(SYSTEM, state=state)
    found, missed = [], []
    for id_ in ids:
        notice = rows.filter(reference=id_).first() or (rows.filter(pk=id_).first() if _is_uuid(id_) else None)
        if notice is None:
            missed.append(id_)
        else:
            found.append(notice)
    return found, missed


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
