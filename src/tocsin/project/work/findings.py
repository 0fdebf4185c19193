"""Findings as commands print them."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituency
from tocsin.findings import actions, exploited
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding, FindingChange


def list_all(organization: str) -> list[dict[str, Any]]:
    """Return findings as the command prints them."""
    return [
        {
            "id": str(f.pk), "organization": f.organization_id, "asset": f.asset, "kind": f.kind, "severity": f.severity, "sensor": f.sensor,
            "owner": f.owner, "first_seen": f.first_seen.isoformat(), "last_seen": f.last_seen.isoformat(), "count": f.count, "because": f.because,
        }
        for f in findings.findings(SYSTEM, organization=organization)
    ]  # fmt: skip


def show(id_: UUID) -> dict[str, Any] | None:
    """Return a finding with both axes and their whole history, the times it was open before included."""
    f = findings.findings(SYSTEM, moved=True).filter(pk=id_).first()
    if f is None:
        return None
    changes = f.changes.order_by("at", "pk")
    return {
        "id": str(f.pk), "organization": f.organization_id, "asset": f.asset, "kind": f.kind, "severity": f.severity,
        "first_seen": f.first_seen.isoformat(), "last_seen": f.last_seen.isoformat(), "count": f.count, "because": f.because,
        "feeds": f.feeds, "evidence": f.evidence, "warned_at": _iso(f.warned_at), "due_at": _iso(f.due_at),
        "sensors": {
            "state": f.sensor, "since": _iso(f.sensor_at), "verified_at": _iso(f.verified_at), "verified_by": f.verified_by,
            "reopened": f.n_reopened, "history": [_change(c) for c in changes if c.axis != "owner"],
        },
        "owner": {
            "state": f.owner, "since": _iso(f.heard_at), "until": _iso(f.fixing_until), "answered_at": _iso(f.answered_at),
            "history": [_change(c) for c in changes if c.axis == "owner"],
        },
        "episodes": [
            {
                "opened_at": _iso(e.opened_at), "warned_at": _iso(e.warned_at), "answered_at": _iso(e.answered_at),
                "owner": e.owner, "verified_at": _iso(e.verified_at), "verified_by": e.verified_by, "ended_at": _iso(e.ended_at),
            }
            for e in f.episodes.order_by("number")
        ],
    }  # fmt: skip


def _change(change: FindingChange) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(), "what": change.what, "before": change.before, "after": change.after, "by": change.by,
        "means": change.means, "reason": change.reason, "evidence": change.evidence, "note": change.note,
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def take_stock() -> None:
    """Count the loop for the front page, where there are too many findings to count them on the spot."""
    if findings.are_many():
        actions.take_stock(now=datetime.now(UTC))


LOOKS_AT_ONCE = 20
"""Re-checks that one visit of the worker makes."""


def recheck_due() -> bool:
    """Return whether somebody waits for a re-check."""
    return actions.any_recheck_due(now=datetime.now(UTC))


def recheck() -> None:
    """Look at what was asked for, one after the other, a second between."""
    for _ in range(LOOKS_AT_ONCE):
        if actions.look_next(now=datetime.now(UTC)) is None:
            return
        time.sleep(1.0)


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def read_lists() -> bool:
    """Read the lists of what is known to be exploited that feeds brought; return whether something became graver."""
    return bool(actions.read_lists(now=datetime.now(UTC)))


def take_known_exploited(content: bytes) -> dict[str, Any]:
    """Take the list of what is known to be exploited. Raise Refused."""
    try:
        return asdict(actions.take_known_exploited(content=content, actor=SYSTEM, now=datetime.now(UTC)))
    except exploited.NotTheList as error:
        raise Refused(str(error)) from error


def ask(id_: UUID) -> None:
    """Ask for a re-check. Raise LookupError, Refused."""
    try:
        actions.ask(finding=_found(id_), by=SYSTEM.email, means="command", now=datetime.now(UTC))
    except actions.NothingToCheck as error:
        raise Refused("sensors have confirmed already that it is gone") from error
    except actions.NoCheck as error:
        raise Refused("no plain connection can verify this kind") from error
    except actions.NotHeld as error:
        raise Refused("it is no single address that its organization holds today") from error
    except actions.NoPermission as error:
        raise Refused("no permission is recorded that holds today") from error
    except actions.TooSoon as error:
        raise Refused("it was asked for a short while ago") from error


def take_result(id_: UUID, result: str, sensor: str, said: str) -> None:
    """Take the result of a scanner. Raise LookupError."""
    now = datetime.now(UTC)
    actions.take_result(finding=_found(id_), result=result, sensor=sensor, said=said, actor=SYSTEM, now=now)


def _found(id_: UUID) -> Finding:
    found = findings.findings(SYSTEM).filter(pk=id_).first()
    if found is None:
        raise LookupError(str(id_))
    return found


def permit(organization: str, value: str, *, given_by: str, given_on: date, until: date, note: str) -> None:
    """Record a permission of re-checks. Raise LookupError, Refused."""
    found = constituency.organizations(SYSTEM).filter(pk=organization).first()
    if found is None:
        raise LookupError(organization)
    try:
        actions.permit(
            organization=found, value=value, given_by=given_by, given_on=given_on, valid_until=until, note=note,
            actor=SYSTEM, now=datetime.now(UTC),
        )  # fmt: skip
    except actions.BadPermission as error:
        raise Refused(str(error)) from error
