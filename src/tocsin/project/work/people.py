"""People who sign in."""

from __future__ import annotations

from tocsin.accounts import actions as accounts
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.project.work import now


def add(email: str, role: str, organization: str | None) -> str:
    """Add a person and return the path that signs them in. Raise UserExists, LookupError."""
    place = None
    if organization:
        place = constituents.organizations(SYSTEM).filter(pk=organization).first()
        if place is None:
            raise LookupError(organization)
    user = accounts.add_user(email=email, role=Role(role), actor=SYSTEM, now=now())
    if place is not None:
        constituency.join(user=user, organization=place)
    return f"/sign-in/{accounts.make_link(user=user, now=now())}/"
