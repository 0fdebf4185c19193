"""In: by link, password, passkey or provider, then the second step; and out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.logout import logout
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView
from allauth.core import ratelimit
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from allauth.socialaccount.adapter import get_adapter as get_provided
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from requests import RequestException

from tocsin.accounts import actions
from tocsin.accounts.forms import LinkByMail
from tocsin.accounts.oidc import Callback, Relying
from tocsin.accounts.views.person import person
from tocsin.base.web.security import client_address


class SignIn(LoginView):
    """For anyone: every way in on one page."""

    template_name = "accounts/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say which ways there are."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["next"] = get_next_redirect_url(self.request) or ""
        context["mails"] = bool(settings.TOCSIN_EMAIL_URL)
        context["provider"] = settings.TOCSIN_OIDC_NAME if get_provided().list_apps(self.request) else ""
        context["ended"] = self.request.GET.get("ended", "")
        return context


@require_POST
def send_link(request: HttpRequest) -> HttpResponse:
    """For anyone: ask for a link by mail. What happens is the same whether somebody has the address or not."""
    form = LinkByMail(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write your e-mail address first."))
        return redirect("sign-in")
    email = form.cleaned_data["login"].lower()
    if not ratelimit.consume(request, action="link", key=email):
        return ratelimit.respond_429(request)
    actions.ask_for_link(
        email=email,
        language=get_language() or settings.LANGUAGE_CODE,
        now=datetime.now(UTC),
        next_path=get_next_redirect_url(request) or "",
    )
    return redirect("link-sent")


@require_GET
def link_sent(request: HttpRequest) -> HttpResponse:
    """For anyone who asked for a link."""
    return render(request, "accounts/link_sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """For anyone with a link: a GET only asks, so that a mail scanner does not use it up; the POST signs in."""
    if request.method != "POST":
        return render(request, "accounts/by_link.html", {"next": get_next_redirect_url(request) or ""})
    if not ratelimit.consume(request, action="login"):
        return ratelimit.respond_429(request)
    now = datetime.now(UTC)
    try:
        user = actions.spend_link(secret=secret, now=now)
    except actions.LinkSpent:
        actions.record_failure(email="", means="link", address=client_address(request), now=now)
        return render(request, "accounts/by_link.html", {"spent": True}, status=403)
    if request.user.is_authenticated:
        logout(request, show_message=False)
    record_authentication(request, user, method="link")
    return perform_login(request, Login(user=user, redirect_url=get_next_redirect_url(request)))


class ByPasskey(LoginWebAuthnView):
    """For anyone with a passkey; a GET of our script returns what the passkey signs."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Say that it did not work, and write it down."""
        actions.record_failure(email="", means="passkey", address=client_address(self.request), now=datetime.now(UTC))
        messages.error(self.request, _("The passkey was not accepted."))
        return redirect("sign-in")


class SecondStep(AuthenticateView):
    """For anyone who took the first step: a code or a passkey."""

    template_name = "accounts/second_step.html"

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Write it down and ask again."""
        means = "code" if "code" in form.fields else "passkey"
        user = self.stage.login.user
        actions.record_failure(
            email=user.email, means=means, address=client_address(self.request), now=datetime.now(UTC)
        )
        response: HttpResponse = super().form_invalid(form)
        return response


def _provider_is_set(request: HttpRequest) -> None:
    if not get_provided().list_apps(request):
        raise Http404


@require_POST
def by_provider(request: HttpRequest) -> HttpResponse:
    """For anyone whose organization has a provider: go there.

    The page goes on by itself: our policy lets no form lead to another site, not even by redirection.
    """
    _provider_is_set(request)
    if not ratelimit.consume(request, action="login"):
        return ratelimit.respond_429(request)
    try:
        provider = Relying(request, "oidc").get_provider()  # type: ignore[no-untyped-call]
        response: HttpResponse = provider.redirect_from_request(request)
    except (RequestException, OAuth2Error, ValueError) as error:
        actions.record_failure(
            email="", means="oidc", address=client_address(request), now=datetime.now(UTC), why=str(error)[:200]
        )
        return render(request, "accounts/not_provided.html", {"name": settings.TOCSIN_OIDC_NAME}, status=502)
    if not isinstance(response, HttpResponseRedirect):
        return response
    return render(request, "accounts/to_provider.html", {"name": settings.TOCSIN_OIDC_NAME, "url": response.url})


@require_GET
def from_provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """For anyone whom the provider sends back."""
    _provider_is_set(request)
    if provider_id != "oidc":
        raise Http404
    view = Callback.adapter_view(Relying(request, provider_id))  # type: ignore[no-untyped-call]
    answer: HttpResponseBase = view(request)
    return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """For anyone signed in, or half-way in."""
    if request.user.is_authenticated:
        actions.record_sign_out(user=person(request), now=datetime.now(UTC))
    logout(request, show_message=False)
    return redirect("sign-in")
