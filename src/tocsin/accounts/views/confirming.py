"""Prove again who you are, before something that matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ReauthenticateView
from allauth.core import ratelimit
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tocsin.accounts import actions
from tocsin.accounts.views.person import person
from tocsin.base.web.security import client_address


def proof_needed(request: HttpRequest, back: str) -> HttpResponseRedirect | None:
    """Return where to prove it again, or None when that was done just now. What was sent is not kept meanwhile."""
    try:
        if not is_reauthentication_required(request, app="allauth.mfa"):
            return None
    except ReauthenticationRequired:
        pass
    way = get_adapter(request).get_reauthentication_methods(request.user)[0]["url"]
    return HttpResponseRedirect(f"{way}?{urlencode({'next': back})}")


class Proven:
    """A view only for somebody who proved just now who they are."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to the proof first."""
        if not request.user.is_authenticated:
            return redirect("sign-in")
        answer: HttpResponseBase = proof_needed(request, request.path) or super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer


def proven(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Return the view, only for somebody who proved just now who they are."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return proof_needed(request, request.path) or view(request, *args, **kwargs)

    return inner


class _Confirming:
    """What the three ways have in common."""

    request: HttpRequest
    means = "password"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the way, and where it leads back to."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context["means"] = self.means
        context["next"] = get_next_redirect_url(self.request) or ""
        return context

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Write it down and ask again; a wrong password was written down where it was compared."""
        if self.means != "password":
            actions.record_failure(
                email=person(self.request).email,
                means=self.means,
                address=client_address(self.request),
                now=datetime.now(UTC),
                why="confirming",
            )
        return self.render_to_response(self.get_context_data(form=form))  # type: ignore[attr-defined, no-any-return]


class ByPassword(_Confirming, ReauthenticateView):
    """For anyone signed in who has a password."""

    template_name = "accounts/confirm.html"


class ByCode(_Confirming, ReauthenticateByCodeView):
    """For anyone signed in who has an authenticator app."""

    means = "code"
    template_name = "accounts/confirm.html"


class ByPasskey(_Confirming, ReauthenticateWebAuthnView):
    """For anyone signed in who has a passkey."""

    means = "passkey"
    template_name = "accounts/confirm.html"


@login_required
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest) -> HttpResponse:
    """For anyone signed in who has neither: a new link by mail."""
    back = get_next_redirect_url(request) or "/account/"
    if request.method == "POST":
        if not ratelimit.consume(request, action="link", key=person(request).email):
            return ratelimit.respond_429(request)
        actions.ask_for_link(
            email=person(request).email,
            language=get_language() or settings.LANGUAGE_CODE,
            now=datetime.now(UTC),
            next_path=back,
        )
        messages.success(request, _("The link is on its way. Open it in this browser."))
        return redirect("account")
    return render(request, "accounts/confirm_by_link.html", {"next": back, "mails": bool(settings.TOCSIN_EMAIL_URL)})
