"""Add and change people together with the organizations they belong to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from tocsin.accounts import actions as accounts
from tocsin.accounts.models import User
from tocsin.base.tenancy import Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Organization


class NoOrganization(Exception):
    """A contact belongs to an organization, and only a contact does."""


@transaction.atomic
def add(
    *,
    email: str,
    role: Role,
    organizations: Collection[Organization],
    actor: Viewer,
    now: datetime,
    name: str = "",
    language: str = "",
) -> User:
    """Add a person. Raise UserExists, NoOrganization, NotAllowed."""
    if (role is Role.CONTACT) != bool(organizations):
        raise NoOrganization(email)
    user = accounts.add_user(email=email, role=role, actor=actor, now=now, name=name, language=language)
    if organizations:
        constituency.belong(user=user, organizations=organizations, actor=actor, now=now)
    return user


@transaction.atomic
def change(
    *,
    user: User,
    role: Role,
    organizations: Collection[Organization],
    actor: Viewer,
    now: datetime,
    name: str,
    language: str,
    must_have_factor: bool,
) -> bool:
    """Make a person as given; return whether anything changed. Raise LastAdministrator, NoOrganization, NotAllowed."""
    if (role is Role.CONTACT) != bool(organizations):
        raise NoOrganization(user.email)
    changed = accounts.change_user(
        user=user, actor=actor, now=now, role=role, name=name, language=language, must_have_factor=must_have_factor
    )
    return constituency.belong(user=user, organizations=organizations, actor=actor, now=now) or changed
