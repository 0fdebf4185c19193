"""Organizations that registered themselves, as commands list and decide about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency.actions import OrganizationExists
from tocsin.project.work import now
from tocsin.reach import actions, queries
from tocsin.reach.models import Registration


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def list_all(*, everything: bool) -> list[dict[str, Any]]:
    """Return the registrations that wait for the team, or all whose address was confirmed, the newest first."""
    return [_told(row) for row in queries.registrations(SYSTEM, open_only=not everything)]


def decide(id_: UUID, *, approve: bool, because: str, organization: str = "") -> dict[str, Any]:
    """Take one in under an identifier, or refuse it; the applicant is written to. Raise LookupError, Refused."""
    found = queries.registrations(SYSTEM).filter(pk=id_).first()
    if found is None:
        raise LookupError(str(id_))
    try:
        actions.decide_registration(
            registration=found, approve=approve, because=because, id_=organization, actor=SYSTEM, now=now()
        )
    except actions.AlreadyAnswered as error:
        raise Refused("it was approved or refused already") from error
    except OrganizationExists as error:
        raise Refused(f"{organization}: there is such an organization already") from error
    except actions.BadRegistration as error:
        raise Refused(str(error)) from error
    found.refresh_from_db()
    return _told(found)


def _told(row: Registration) -> dict[str, Any]:
    return {
        "id": str(row.pk), "state": row.state, "at": row.at.isoformat(), "name_vi": row.name_vi, "name_en": row.name_en, "sector": row.sector,
        "person": row.person, "email": row.email, "phone": row.phone, "holdings": [list(pair) for pair in row.holdings], "note": row.note,
        "organization": row.organization_id or "", "decided_by": row.decided_by, "decided_at": row.decided_at and row.decided_at.isoformat(),
        "decided_because": row.decided_because,
    }  # fmt: skip
