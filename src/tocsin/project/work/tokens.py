"""Tokens, with which programs call."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.accounts.models import ApiToken
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituents
from tocsin.project.work import now


def add(name: str, scopes: Collection[Scope], organization: str, expires_at: datetime | None) -> dict[str, Any]:
    """Make a token. Return it with its secret. Raise LookupError, BeyondOrganization."""
    if organization and not constituents.organizations(SYSTEM).filter(pk=organization).exists():
        raise LookupError(organization)
    token, secret = accounts.add_token(
        name=name, scopes=scopes, organization=organization, expires_at=expires_at, actor=SYSTEM, now=now()
    )
    return {**_shown(token), "secret": secret}


def list_all() -> list[dict[str, Any]]:
    """Return the tokens, newest first."""
    return [_shown(token) for token in people.tokens(SYSTEM)]


def revoke(prefix: str) -> None:
    """End a token. Raise LookupError, AlreadyRevoked."""
    token = people.tokens(SYSTEM).filter(prefix=prefix).first()
    if token is None:
        raise LookupError(prefix)
    accounts.revoke_token(token=token, actor=SYSTEM, now=now())


def _shown(token: ApiToken) -> dict[str, Any]:
    return {
        "id": str(token.pk), "name": token.name, "prefix": token.prefix, "scopes": token.scopes, "organization": token.organization,
        "created_by": token.maker, "created_at": token.created_at.isoformat(), "expires_at": token.expires_at and token.expires_at.isoformat(),
        "expired": token.expires_at is not None and token.expires_at <= now(),
        "last_used_at": token.last_used_at and token.last_used_at.isoformat(), "revoked_at": token.revoked_at and token.revoked_at.isoformat(),
    }  # fmt: skip
