"""Sign in by a link, and out."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.accounts import actions


def sign_in(request: HttpRequest) -> HttpResponse:
    """For anyone: say how to get a link."""
    return render(request, "accounts/sign_in.html")


@require_http_methods(["GET", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """For anyone with a link: a GET only asks, so that a mail scanner does not use it up; the POST signs in."""
    if request.method == "GET":
        return render(request, "accounts/sign_in.html", {"secret": secret})
    try:
        user = actions.spend_link(secret=secret, now=datetime.now(UTC))
    except actions.LinkSpent:
        return render(request, "accounts/sign_in.html", {"spent": True}, status=403)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("loop")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """For anyone signed in."""
    logout(request)
    return redirect("sign-in")
