"""Claims of owners as commands list and settle them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.project.work import now


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def list_all(state: str) -> list[dict[str, Any]]:
    """Return the claims in a state as the command prints them."""
    return [
        {
            "id": str(c.pk), "finding": str(c.finding_id), "organization": c.finding.organization_id, "asset": c.finding.asset,
            "kind": c.finding.kind, "what": c.what, "state": c.state, "asked_by": c.asked_by, "at": c.at.isoformat(), "note": c.note,
            "until": c.until and c.until.isoformat(), "warned_at": c.warned_at and c.warned_at.isoformat(),
            "ended_at": c.ended_at and c.ended_at.isoformat(), "ruled_by": c.ruled_by,
            "ruled_at": c.ruled_at and c.ruled_at.isoformat(), "ruling_note": c.ruling_note,
        }
        for c in noticed.claims(SYSTEM, state=state)
    ]  # fmt: skip


def rule(ids: Sequence[Any], *, accept: bool, note: str, until: date | None, to: str) -> int:
    """Settle claims; return how many. Raise Refused."""
    try:
        return notices.rule_all(claims=ids, accept=accept, note=note, actor=SYSTEM, now=now(), until=until, to=to)
    except notices.AlreadyRuled as error:
        raise Refused("none of them is open") from error
    except notices.BadRuling as error:
        raise Refused(str(error)) from error


def disowned() -> list[dict[str, Any]]:
    """Return what was agreed not to be its holder's, as the command prints it."""
    return [
        {"number": d.pk, "organization": d.organization_id, "asset": d.asset, "reason": d.reason, "by": d.by, "at": d.at.isoformat()}
        for d in findings.disowned(SYSTEM)
    ]  # fmt: skip


def lift(number: int) -> bool:
    """Lift one; return whether there was such."""
    found = findings.disowned(SYSTEM).filter(pk=number).first()
    if found is not None:
        finding_actions.own_again(disowned=found, actor=SYSTEM, now=now())
    return found is not None
