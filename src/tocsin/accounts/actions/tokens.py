"""Make, use and revoke tokens of the API. A secret is shown once; only its digest is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tocsin.accounts.models import ApiToken, User
from tocsin.base.api.door import Caller
from tocsin.base.api.scopes import FOR_ORGANIZATIONS, OF_ROLE, Scope, role_for
from tocsin.base.audit import actions as audit
from tocsin.base.dialect.patience import unless_busy
from tocsin.base.tenancy import NotAllowed, Role, Viewer

SECRET = re.compile(r"(tocsin_[a-z2-7]{8})_[A-Za-z0-9_-]{43}")
"""The form of a secret: a prefix that is shown in lists, and 256 random bits."""
NOTE_USE_EVERY = timedelta(minutes=5)


class NoScope(Exception):
    """A token without a scope opens nothing."""


class BeyondOrganization(Exception):
    """A token of one organization may not hold this scope: it opens what is everybody's."""


class AlreadyRevoked(Exception):
    """The token was revoked before."""


@transaction.atomic
def add_token(
    *,
    name: str,
    scopes: Collection[Scope],
    actor: Viewer,
    now: datetime,
    organization: str = "",
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token. Return it and its secret, which is not kept. Raise NotAllowed, NoScope, BeyondOrganization."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed(actor.role.value)
    wanted = frozenset(scopes)
    if not wanted:
        raise NoScope
    if organization and not wanted <= FOR_ORGANIZATIONS:
        raise BeyondOrganization(", ".join(sorted(wanted - FOR_ORGANIZATIONS)))
    prefix = "tocsin_" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(8))
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        scopes=sorted(wanted),
        organization=organization,
        created_by_id=actor.user_id,
        created_at=now,
        expires_at=expires_at,
    )
    audit.record(
        actor=actor, action="token-added", object_kind="token", object_id=prefix, now=now,
        detail={"name": name, "scopes": sorted(wanted), "organization": organization, "expires_at": expires_at},
    )  # fmt: skip
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Viewer, now: datetime) -> None:
    """End a token for good. Raise NotAllowed, AlreadyRevoked."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed(actor.role.value)
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now, revoked_by=actor.email):
        raise AlreadyRevoked(token.prefix)
    audit.record(actor=actor, action="token-revoked", object_kind="token", object_id=token.prefix, now=now)


def caller_of_secret(*, secret: str, now: datetime) -> Caller | None:
    """Return whose secret this is, while it holds; note that it was used."""
    form = SECRET.fullmatch(secret)
    if form is None:
        return None
    living = Q(expires_at=None) | Q(expires_at__gt=now)
    rows = ApiToken.objects.filter(living, prefix=form[1], revoked_at=None).select_related("created_by")
    token = rows.first()
    if token is None or not secrets.compare_digest(token.digest, _digest(secret)):
        return None
    scopes = frozenset(Scope(name) for name in token.scopes)
    if isinstance(token.created_by, User):
        # A token never reaches further than the person who made it, as they are today.
        if not token.created_by.is_active:
            return None
        scopes &= OF_ROLE[token.created_by.role]
    _note_use(token, now)
    name = f"token {token.name} ({token.prefix})"[:254]
    if token.organization:
        viewer = Viewer(None, name, Role.CONTACT, frozenset({token.organization}))
    else:
        viewer = Viewer(None, name, Role(role_for(scopes)))
    return Caller(f"token:{token.pk}", name, viewer, scopes)


def _note_use(token: ApiToken, now: datetime) -> None:
    """Write the time of use, now and then, and never wait for it: looking must not queue behind a writer."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTE_USE_EVERY)
    if token.last_used_at is None or token.last_used_at < now - NOTE_USE_EVERY:
        unless_busy(lambda: ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now))


def _digest(secret: str) -> str:
    # 256 random bits need no slow hash: there is no list of likely ones to try.
    return hashlib.sha256(secret.encode()).hexdigest()
