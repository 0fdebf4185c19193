"""What a token may be used for. A route asks for one scope; a token holds some."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One thing a caller may be allowed to do."""

    REPORTS_WRITE = "reports:write"
    INTAKE_READ = "intake:read"
    INTAKE_WRITE = "intake:write"
    FEEDS_WRITE = "feeds:write"
    FINDINGS_READ = "findings:read"
    FINDINGS_WRITE = "findings:write"
    NOTICES_READ = "notices:read"
    NOTICES_WRITE = "notices:write"
    NOTICES_APPROVE = "notices:approve"
    ORGANIZATIONS_READ = "organizations:read"
    ORGANIZATIONS_WRITE = "organizations:write"
    ENDPOINTS_WRITE = "endpoints:write"
    METRICS_READ = "metrics:read"
    ADMIN = "admin"


FOR_ORGANIZATIONS = frozenset(
    {Scope.FINDINGS_READ, Scope.NOTICES_READ, Scope.NOTICES_WRITE, Scope.ORGANIZATIONS_READ, Scope.ENDPOINTS_WRITE}
)
"""What a token of one organization may hold, and a contact may do: look at what is theirs, answer, say how they are reached."""

_READING = frozenset({Scope.INTAKE_READ, Scope.FINDINGS_READ, Scope.NOTICES_READ, Scope.ORGANIZATIONS_READ})
_WRITING = _READING | {
    Scope.REPORTS_WRITE,
    Scope.INTAKE_WRITE,
    Scope.FINDINGS_WRITE,
    Scope.NOTICES_WRITE,
    Scope.ORGANIZATIONS_WRITE,
    Scope.ENDPOINTS_WRITE,
}
OF_ROLE: dict[str, frozenset[Scope]] = {
    "administrator": frozenset(Scope),
    "approver": _WRITING | {Scope.NOTICES_APPROVE},
    "analyst": _WRITING,
    "reader": _READING,
    "contact": FOR_ORGANIZATIONS,
}
"""What somebody with this role may do by API: the same as on the pages."""


def role_for(scopes: frozenset[Scope]) -> str:
    """Return the least role of the team that all these scopes fit."""
    return next(role for role in ("reader", "analyst", "approver", "administrator") if scopes <= OF_ROLE[role])
