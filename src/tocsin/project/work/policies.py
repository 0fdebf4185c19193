"""How organizations are warned, as commands set and print it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tocsin.base.tenancy import SYSTEM
from tocsin.core import tlp
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices import rules
from tocsin.notices.models import OwnRule, Policy, Silence
from tocsin.project.work import now


def list_all() -> list[dict[str, Any]]:
    """Return the policies."""
    return [_policy(row) for row in noticed.policy_rows(SYSTEM)]


def set_policy(organization: str, kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Make or replace a policy. Raise LookupError without such an organization, ValueError for what makes no sense."""
    label = tlp.label(wanted["tlp"])
    if label is None:
        raise ValueError(f"{wanted['tlp']!r} is no TLP label; one of {', '.join(tlp.LABELS)}")
    try:
        row = notices.set_policy(
            organization_id=organization, kind=kind, wanted=notices.Wanted(**{**wanted, "tlp": label}), actor=SYSTEM, now=now()
        )  # fmt: skip
    except notices.NoSuchOrganization as error:
        raise LookupError(organization) from error
    except notices.BadPolicy as error:
        raise ValueError(str(error)) from error
    return _policy(row)


def remove_policy(organization: str, kind: str) -> bool:
    """Remove a policy; return whether there was one."""
    row = noticed.policy_rows(SYSTEM).filter(organization_id=organization or None, kind=kind).first()
    if row is None:
        return False
    notices.remove_policy(policy=row, actor=SYSTEM, now=now())
    return True


def applied(organization: str, kind: str) -> dict[str, Any]:
    """Return which policy applies to an organization and a kind, and why."""
    found = noticed.policies(SYSTEM).get(organization, kind, noticed.type_of(SYSTEM, kind))
    values = found.values
    return {
        "organization": organization,
        "kind": kind,
        "because": found.closeness,
        "policy": _policy(found.policy) if found.policy else None,
        "values": {
            "needs_approval": values.needs_approval,
            "grouping": values.grouping,
            "repeat_days": {severity: _days(values.repeat_of(severity)) for severity in rules.DEADLINE_DAYS},
            "deadline_days": {**rules.DEADLINE_DAYS, **values.deadline_days},
            "language": values.language,
            "tlp": values.tlp,
            "minimum_severity": values.minimum_severity,
            "contact_roles": list(values.contact_roles),
        },
    }


def _days(interval: timedelta | None) -> int:
    return interval.days if interval else 0


def _policy(row: Policy) -> dict[str, Any]:
    return {
        "organization": row.organization_id or "", "kind": row.kind, "needs_approval": row.needs_approval, "grouping": row.grouping,
        "repeat_days": row.repeat_days, "repeat_days_by": row.repeat_days_by, "deadline_days": row.deadline_days,
        "language": row.language, "tlp": row.tlp, "minimum_severity": row.minimum_severity, "contact_roles": row.contact_roles,
        "note": row.note, "changed_by": row.changed_by, "changed_at": row.changed_at and row.changed_at.isoformat(),
    }  # fmt: skip


def own_rules() -> list[dict[str, Any]]:
    """Return what organizations say of mail to them."""
    return [_own(row) for row in noticed.own_rules(SYSTEM)]


def set_own_rule(organization: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Say it for one; what is not given stays as it is. Raise LookupError without such an organization."""
    kept = noticed.own_rules(SYSTEM).filter(organization_id=organization).first() or OwnRule(floor=OwnRule.Floor.LOW)
    said = {name: wanted.get(name, getattr(kept, name)) for name in ("floor", "rhythm", "hour", "weekday")}
    try:
        return _own(notices.set_own_rule(organization_id=organization, actor=SYSTEM, now=now(), **said))
    except notices.NoSuchOrganization as error:
        raise LookupError(organization) from error


def _own(row: OwnRule) -> dict[str, Any]:
    return {
        "organization": row.organization_id, "floor": str(row.floor), "rhythm": str(row.rhythm), "hour": row.hour, "weekday": row.weekday,
        "by": row.by, "at": row.at.isoformat(),
    }  # fmt: skip


def silence(
    organization: str, kind: str, *, reason: str, until: datetime | None, lasts: timedelta | None
) -> dict[str, Any]:  # fmt: skip
    """Make a silence. Raise LookupError without such an organization, ValueError for what makes no sense."""
    at = now()
    end = until if until is not None else at + (lasts or timedelta())
    try:
        row = notices.silence(organization_id=organization, kind=kind, reason=reason, until=end, actor=SYSTEM, now=at)
    except notices.NoSuchOrganization as error:
        raise LookupError(organization) from error
    except notices.BadSilence as error:
        raise ValueError(str(error)) from error
    return _silence(row)


def silences(*, everything: bool) -> list[dict[str, Any]]:
    """Return the silences that hold, or all."""
    return [_silence(row) for row in noticed.silences(SYSTEM, at=None if everything else now())]


def lift(id_: int) -> bool:
    """End a silence; return whether one held."""
    row = noticed.silences(SYSTEM).filter(pk=id_).first()
    if row is None:
        return False
    try:
        notices.lift(silence=row, actor=SYSTEM, now=now())
    except notices.AlreadyLifted:
        return False
    return True


def _silence(row: Silence) -> dict[str, Any]:
    return {
        "id": row.pk, "organization": row.organization_id or "", "kind": row.kind, "reason": row.reason, "until": row.until.isoformat(),
        "created_by": row.created_by, "created_at": row.created_at.isoformat(), "lifted_by": row.lifted_by,
        "lifted_at": row.lifted_at and row.lifted_at.isoformat(),
    }  # fmt: skip
