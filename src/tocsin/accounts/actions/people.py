"""Add people and sign them in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.accounts.models import SignInLink, User
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import Role, Viewer

LINK_LIVES = timedelta(hours=24)


class UserExists(Exception):
    """Somebody with this address is there already."""


class LinkSpent(Exception):
    """The link was used, has expired, or never was."""


@transaction.atomic
def add_user(*, email: str, role: Role, actor: Viewer, now: datetime, name: str = "") -> User:
    """Add a person. Raise UserExists."""
    if User.objects.filter(email=email.lower()).exists():
        raise UserExists(email)
    user = User.objects.create_user(email, role=role.value, name=name, created_at=now)
    audit.record(
        actor=actor, action="user-added", object_kind="user", object_id=email, now=now, detail={"role": role.value}
    )
    return user


def make_link(*, user: User, now: datetime) -> str:
    """Return the secret of a new link for this person."""
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    SignInLink.objects.create(digest=digest, user=user, created_at=now, expires_at=now + LINK_LIVES)
    return secret


@transaction.atomic
def spend_link(*, secret: str, now: datetime) -> User:
    """Use a link up and return whose it is. Raise LinkSpent."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    fresh = SignInLink.objects.filter(digest=digest, used_at=None, expires_at__gt=now, user__is_active=True)
    link = fresh.select_related("user").first()
    if link is None or not fresh.update(used_at=now):
        raise LinkSpent
    return link.user
