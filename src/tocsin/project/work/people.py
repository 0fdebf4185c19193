"""People who sign in."""

from __future__ import annotations

from typing import Any

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.accounts.models import User
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import queries as constituents
from tocsin.people import actions as belonging
from tocsin.project.work import now


def add(email: str, role: str, organization: str | None, *, name: str = "", language: str = "") -> str:
    """Add a person and return the path that signs them in. Raise UserExists, LookupError."""
    places = list(constituents.organizations(SYSTEM).filter(pk=organization)) if organization else []
    if organization and not places:
        raise LookupError(organization)
    user = belonging.add(
        email=email, role=Role(role), organizations=places, actor=SYSTEM, now=now(), name=name, language=language
    )
    return link_of(user)


def known(email: str) -> User:
    """Return the person with this address. Raise LookupError."""
    user = people.by_email(SYSTEM, email)
    if user is None:
        raise LookupError(email)
    return user


def list_all(role: str) -> list[dict[str, Any]]:
    """Return people as plain values."""
    rows = people.people(SYSTEM, role=role)
    belongs = constituents.organizations_of(SYSTEM, [user.pk for user in rows])
    return [
        {
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "organizations": belongs.get(user.pk, []),
            "is_active": user.is_active,
            "has_factor": user.has_factor,  # type: ignore[attr-defined]
            "must_have_factor": user.must_have_factor,
            "language": user.language,
            "last_login": user.last_login,
        }
        for user in rows
    ]


def change(
    email: str,
    *,
    role: str | None,
    name: str | None,
    language: str | None,
    must_have_factor: bool | None,
    reset_factors: bool,
) -> bool:
    """Change a person; return whether anything changed. Raise LookupError, LastAdministrator."""
    user = known(email)
    changed = accounts.change_user(
        user=user,
        actor=SYSTEM,
        now=now(),
        role=Role(role) if role else None,
        name=name,
        language=language,
        must_have_factor=must_have_factor,
    )
    if reset_factors:
        accounts.reset_factors(user=user, actor=SYSTEM, now=now())
    return changed or reset_factors


def deactivate(email: str) -> bool:
    """Close an account; return False if it was closed. Raise LookupError, LastAdministrator."""
    return accounts.deactivate(user=known(email), actor=SYSTEM, now=now())


def activate(email: str) -> bool:
    """Open an account again; return False if it was open. Raise LookupError."""
    return accounts.activate(user=known(email), actor=SYSTEM, now=now())


def link_of(user: User) -> str:
    """Return the path of a new link that signs this person in once."""
    return f"/sign-in/{accounts.make_link(user=user, now=now())}/"


def mail() -> bool:
    """Send what waits about accounts; return whether there was anything."""
    return any(accounts.send_mail(now=now()).values())


def forget() -> None:
    """Forget sessions, links and mails that are over."""
    accounts.forget(now=now())
