"""One's own account: name, language, ways in, places where one is signed in."""

from __future__ import annotations

from datetime import UTC, datetime

from allauth.account.internal.flows.password_change import change_password, finalize_password_set
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import translate_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.accounts import actions, queries
from tocsin.accounts.forms import NewPassword, Oneself
from tocsin.accounts.views.confirming import proven
from tocsin.accounts.views.person import person


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """For everybody signed in: what we know of you, how you sign in, and where you are signed in."""
    user = person(request)
    known = {"name": user.name, "language": user.language or get_language()}
    form = Oneself(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        now, wanted = datetime.now(UTC), form.cleaned_data
        actions.describe_oneself(user=user, name=wanted["name"], now=now)
        actions.choose_language(user=user, language=wanted["language"])
        messages.success(request, _("Saved."))
        return redirect("account")
    sessions = queries.sessions(user)
    here = request.session.session_key
    context = {
        "form": form,
        "factors": queries.factors(user),
        "must_have_factor": queries.must_have_factor(user),
        "sessions": [(session, session.session_key == here) for session in sessions],
        "others": sum(session.session_key != here for session in sessions),
        "provider": settings.TOCSIN_OIDC_NAME,
    }
    return render(request, "accounts/account.html", context)


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """For everybody signed in: sign out everywhere else."""
    here = str(request.session.session_key)
    n = actions.end_other_sessions(user=person(request), but=here, now=datetime.now(UTC))
    said = ngettext("Signed out of %(n)s other place.", "Signed out of %(n)s other places.", n) % {"n": n}
    messages.success(request, said)
    return redirect("account")


@proven
def password(request: HttpRequest) -> HttpResponse:
    """For everybody signed in who proved just now who they are: set a password, or another one."""
    user = person(request)
    form = NewPassword(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            change_password(user, form.cleaned_data["password"])
            finalize_password_set(request, user)
            actions.record_factor(user=user, action="password-set", factor="password", now=datetime.now(UTC))
        messages.success(request, _("The password is set. You are signed out everywhere else."))
        return redirect("account")
    return render(request, "accounts/password.html", {"form": form})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """For anyone: choose the language; it is remembered here, and with the account of who is signed in."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES) or not check_for_language(chosen):
        return redirect(back)
    if request.user.is_authenticated:
        actions.choose_language(user=person(request), language=chosen)
    response = redirect(translate_url(back, chosen))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response
