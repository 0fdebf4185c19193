"""The door of the API: who calls, whether they may, and not too often."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

from tocsin.base.api.limits import Limiter
from tocsin.base.api.problems import FORBIDDEN, RATE_LIMITED, UNAUTHORIZED, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import Viewer

SAFE = {"GET", "HEAD", "OPTIONS"}
limiter = Limiter(per_minute=settings.TOCSIN_API_RATE, burst=max(1, settings.TOCSIN_API_RATE // 2))


@dataclass(frozen=True, slots=True)
class Caller:
    """A token or a person with a session. `key` tells callers apart, `name` is for people and the audit trail."""

    key: str
    name: str
    viewer: Viewer
    scopes: frozenset[Scope]


class Call(HttpRequest):
    """A request that came through the door."""

    caller: Caller
    viewer: Viewer


Find = Callable[[HttpRequest, str, datetime], Caller | None]
"""Returns whose secret this is, or, for an empty secret, who is signed in."""


class Needs:
    """What a route asks: a caller with this scope; without one any caller will do."""

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        """Let the caller in, or raise Problem."""
        caller = identify(request)
        if wait := limiter.take(caller.key, time.monotonic()):
            raise Problem(RATE_LIMITED, headers={"Retry-After": str(int(wait) + 1)})
        if self.scope is not None and self.scope not in caller.scopes:
            detail = _("It needs the scope %(scope)s.") % {"scope": self.scope.value}
            challenge = f'Bearer error="insufficient_scope", scope="{self.scope.value}"'
            raise Problem(FORBIDDEN, detail, headers={"WWW-Authenticate": challenge})
        call = cast(Call, request)
        call.caller, call.viewer = caller, caller.viewer
        return caller


def identify(request: HttpRequest) -> Caller:
    """Return who calls: by the token of the header, else by the session. Raise Problem."""
    find: Find = import_string(settings.TOCSIN_API_CALLER)
    header = request.headers.get("Authorization", "")
    scheme, _space, secret = header.partition(" ")
    if header and (scheme.lower() != "bearer" or not secret.strip()):
        raise Problem(
            UNAUTHORIZED, _("Send `Authorization: Bearer` and a token."), headers={"WWW-Authenticate": "Bearer"}
        )
    caller = find(request, secret.strip(), datetime.now(UTC))
    if caller is None:
        challenge = 'Bearer error="invalid_token"' if secret else "Bearer"
        detail = _("The token is not known, has expired or was revoked.") if secret else ""
        raise Problem(UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})
    if not secret and request.method not in SAFE and check_csrf(request) is not None:
        # A browser sends its session along by itself, whoever wrote the page that asks; a token it does not.
        raise Problem(FORBIDDEN, _("A session may change things only with its CSRF token (header X-CSRFToken)."))
    return caller
