"""Who calls the API: the token's or the session's viewer. Named in settings, because `base` knows no people."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from tocsin.accounts.actions import caller_of_secret
from tocsin.accounts.models import User
from tocsin.base.api.door import Caller
from tocsin.base.api.scopes import OF_ROLE
from tocsin.constituency.queries import viewer_of


def find(request: HttpRequest, secret: str, now: datetime) -> Caller | None:
    """Return whose secret this is; without one, who is signed in."""
    if secret:
        return caller_of_secret(secret=secret, now=now)
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    return Caller(f"user:{user.pk}", user.email, viewer_of(user), OF_ROLE[user.role])
