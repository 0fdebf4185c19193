"""On every request of somebody who is signed in: limits of the session, own language, the second factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from tocsin.accounts import actions, queries, rules
from tocsin.base.web.security import client_address

Answer = Callable[[HttpRequest], HttpResponse]

NOTED_EVERY: Final = 60.0
"""Seconds between two notes of when a session was used: a page must not write each time it is looked at."""

WITHOUT_FACTOR: Final = {
    "second-factor",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "confirm-by-link",
    "sign-in-by-link",
    "sign-out",
    "set_language",
    "theme",
    "livez",
    "readyz",
}
"""Routes that are open to somebody who must set up a second factor first."""


class SessionLimits:
    """Ends a session that was not used for a while, or that is very old."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, unless the session is over."""
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = datetime.now(UTC)
        began, seen = (request.session.get(name) for name in ("began_at", "seen_at"))
        if began is None or seen is None:
            request.session["began_at"] = request.session["seen_at"] = now.timestamp()
            return self.get_response(request)
        over = rules.ended(
            began_at=datetime.fromtimestamp(began, UTC),
            seen_at=datetime.fromtimestamp(seen, UTC),
            now=now,
            idle=settings.TOCSIN_SESSION_IDLE,
            longest=settings.TOCSIN_SESSION_LONGEST,
        )
        if over:
            logout(request)
            query = {"ended": over}
            if request.method == "GET":
                query["next"] = request.get_full_path()
            return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode(query)}")
        if now.timestamp() - seen >= NOTED_EVERY:
            request.session["seen_at"] = now.timestamp()
            actions.touch_session(key=str(request.session.session_key), address=client_address(request), now=now)
        return self.get_response(request)


class OwnLanguage:
    """Speaks the language a person chose once, whatever the device prefers."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the person's language; LocaleMiddleware set the device's before and says afterwards which it was."""
        if request.user.is_authenticated and request.user.language in dict(settings.LANGUAGES):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return self.get_response(request)


class SecondFactor:
    """Leads whoever must have a second factor and has none to where it is set up, and nowhere else."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Redirect unless the route is one that setting it up needs."""
        if not request.user.is_authenticated:
            return None
        match = request.resolver_match
        if match is not None and (match.view_name in WITHOUT_FACTOR or match.url_name in WITHOUT_FACTOR):
            return None
        if request.session.get("factor_of_provider") or not queries.must_have_factor(request.user):
            return None
        if queries.has_factor(request.user):
            return None
        # A program is told no; a page would say nothing to it.
        return HttpResponseForbidden() if request.path.startswith("/api/") else redirect("second-factor")
