"""Links that sign a person in once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.accounts.models import SignInLink, User
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer

LINK_LIVES = timedelta(hours=24)
MAILED_LINK_LIVES = timedelta(hours=1)


class LinkSpent(Exception):
    """The link was used, has expired, or never was."""


@transaction.atomic
def make_link(*, user: User, now: datetime, actor: Viewer = SYSTEM, lives: timedelta = LINK_LIVES) -> str:
    """Return the secret of a new link for this person. Raise NotAllowed."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed("only administrators make links")
    secret = secrets.token_urlsafe(32)
    SignInLink.objects.create(digest=_digest(secret), user=user, created_at=now, expires_at=now + lives)
    said = {"hours": lives.total_seconds() / 3600}
    audit.record(actor=actor, action="link-made", object_kind="user", object_id=user.email, now=now, detail=said)
    return secret


@transaction.atomic
def spend_link(*, secret: str, now: datetime) -> User:
    """Use a link up and return whose it is. Raise LinkSpent."""
    fresh = SignInLink.objects.filter(digest=_digest(secret), used_at=None, expires_at__gt=now, user__is_active=True)
    link = fresh.select_related("user").first()
    if link is None or not fresh.update(used_at=now):
        raise LinkSpent
    return link.user


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
