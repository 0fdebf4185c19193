"""How django-allauth works here: nobody signs up, everything is written down, secrets are sealed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tocsin.accounts import actions, queries
from tocsin.accounts.models import User
from tocsin.accounts.oidc import Provider
from tocsin.base import sealed
from tocsin.base.web.security import client_address

FRESH: Final = 300.0
"""Seconds for which who proved who they are need not do it again."""


class Accounts(DefaultAccountAdapter):
    """Signing in and out."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: an administrator adds people."""
        return False

    def add_message(self, request: HttpRequest, level: int, *args: Any, message: str | None = None, **_kw: Any) -> None:
        """Pass on what our own code says; the library's own sentences are not ours."""
        if message:
            super().add_message(request, level, message=message)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address limits count by."""
        return client_address(request)

    def login(self, request: HttpRequest, user: User) -> None:  # type: ignore[override]
        """Begin a session: its key is new, its limits start now, the trail knows of it."""
        means = [str(record["method"]) for record in get_authentication_records(request, user)]
        super().login(request, user)
        now = datetime.now(UTC)
        request.session["began_at"] = request.session["seen_at"] = now.timestamp()
        if not user.language and settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            actions.choose_language(user=user, language=request.LANGUAGE_CODE)
        actions.record_sign_in(user=user, means=means, address=client_address(request), now=now)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Remember whether a provider vouched for a second factor."""
        given: SocialLogin | None = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        if given is not None and "mfa" in (given.account.extra_data.get("amr") or ()):
            request.session["factor_of_provider"] = True
        return super().post_login(request, user, **kwargs)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down a wrong password."""
        actions.record_failure(
            email=str(credentials.get("email", "")), means="password", address=client_address(request), now=datetime.now(UTC)
        )  # fmt: skip

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # type: ignore[override]
        """Answer somebody who proved who they are, and whose account is closed."""
        return render(request, "accounts/closed.html", status=403)

    def is_reauthentication_required(self, *, app: str, **_kw: Any) -> bool:
        """Ask for a proof unless the last one is fresh; signing in is one."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < FRESH:
            return False
        if not get_reauthentication_flows(self.request.user):
            # Without a password or factor the library asks nothing; here a new link is the proof.
            raise ReauthenticationRequired
        return True

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the ways to prove it again; a mailed link where there is no other."""
        found = super().get_reauthentication_methods(user)
        if found or not user.is_authenticated:
            return found
        return [{"id": "link", "description": _("Use a link by mail"), "url": reverse("confirm-by-link")}]


class Factors(DefaultMFAAdapter):
    """Second factors."""

    def _get_site_name(self) -> str:
        return "Tocsin"

    def encrypt(self, text: str) -> str:
        """Seal a secret of an app or of recovery codes."""
        return sealed.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open it again."""
        return sealed.opened(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Say no to the last factor of somebody who must have one."""
        others = queries.factors(authenticator.user)
        n = len(others.passkeys) + (others.app is not None)
        return n > 1 or not queries.must_have_factor(authenticator.user)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 - its name
        """Propose a name for a new passkey."""
        return _("Passkey %(number)s") % {"number": len(queries.factors(user).passkeys) + 1}


class Provided(DefaultSocialAccountAdapter):
    """Signing in through the organization's own OpenID Connect provider: only for people who were added before."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the one provider of the settings, if there is one; rows do not add any."""
        if not settings.TOCSIN_OIDC_ISSUER or not settings.TOCSIN_OIDC_CLIENT_ID:
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id="oidc",
                name=settings.TOCSIN_OIDC_NAME,
                client_id=settings.TOCSIN_OIDC_CLIENT_ID,
                secret=settings.TOCSIN_OIDC_CLIENT_SECRET,
                settings={"server_url": settings.TOCSIN_OIDC_ISSUER},
            )
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        """Return the provider, with our checks on what it says."""
        return Provider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Say no: an administrator adds people."""
        return False

    def is_email_verified(self, provider: Provider, email: str) -> bool:
        """Tell whether the operator trusts every address this provider gives."""
        return bool(settings.TOCSIN_OIDC_TRUST_EMAIL)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tie an identity to the person with its address the first time; turn strangers away."""
        if sociallogin.is_existing:
            return
        given = next((entry for entry in sociallogin.email_addresses if entry.verified), None)
        user, tied = queries.provided_for(given.email, sociallogin.account.provider) if given else (None, False)
        if user is None or tied:
            why = "unverified" if given is None else ("other-identity" if tied else "unknown")
            raise self._refused(request, given.email if given else "", why)
        now = datetime.now(UTC)
        sociallogin.connect(request, user)
        actions.record_factor(user=user, action="identity-tied", factor=settings.TOCSIN_OIDC_ISSUER, now=now)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Say what happened in our own words; the reason goes to the trail."""
        raise self._refused(request, "", str(exception or error or "no state")[:200])

    def _refused(self, request: HttpRequest, email: str, why: str) -> ImmediateHttpResponse:
        now = datetime.now(UTC)
        actions.record_failure(email=email, means="oidc", address=client_address(request), now=now, why=why)
        context = {"name": settings.TOCSIN_OIDC_NAME, "is_stranger": why in {"unknown", "unverified", "other-identity"}}
        return ImmediateHttpResponse(render(request, "accounts/not_provided.html", context, status=403))
