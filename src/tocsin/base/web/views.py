"""Who looks at a page, and what strangers get."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import Role, Viewer

View = Callable[..., HttpResponseBase]


def team_only(viewer: Viewer) -> None:
    """Answer 404 to a contact: what belongs to the team does not exist for them."""
    if not viewer.sees_everything:
        raise Http404


def signed_in(find: Callable[[Any], Viewer]) -> Callable[[View], View]:
    """Return a decorator that gives the view its viewer, made from the user by `find`."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.viewer = find(request.user)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return inner

    return decorate


def chosen(request: HttpRequest, at_most: int) -> list[UUID]:
    """Return the rows that a list's checkboxes name, at most so many; what is no identifier is left out."""
    found = []
    for text in request.POST.getlist("id")[:at_most]:
        with suppress(ValueError):
            found.append(UUID(text))
    return found


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """For anyone: remember light or dark in a cookie, or forget it, and go back."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in {"light", "dark"}:
        response.set_cookie(
            "theme", chosen, max_age=365 * 86400, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
        )
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def administrators_only(view: View) -> View:
    """Return the view for administrators; for anybody else it does not exist."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        viewer: Viewer = request.viewer  # type: ignore[attr-defined]
        if viewer.role is not Role.ADMINISTRATOR:
            raise Http404
        return view(request, *args, **kwargs)

    return inner
