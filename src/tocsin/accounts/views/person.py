"""Who is signed in."""

from __future__ import annotations

from django.http import HttpRequest

from tocsin.accounts.models import User


def person(request: HttpRequest) -> User:
    """Return who is signed in; only for views that nobody else reaches."""
    user = request.user
    if not user.is_authenticated:
        raise RuntimeError("the view lets anonymous people in")
    return user
