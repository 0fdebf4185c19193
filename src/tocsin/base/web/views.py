"""Who looks at a page, and what strangers get."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from tocsin.base.tenancy import Viewer

View = Callable[..., HttpResponse]


def team_only(viewer: Viewer) -> None:
    """Answer 404 to a contact: what belongs to the team does not exist for them."""
    if not viewer.sees_everything:
        raise Http404


def signed_in(find: Callable[[Any], Viewer]) -> Callable[[View], View]:
    """Return a decorator that gives the view its viewer, made from the user by `find`."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.viewer = find(request.user)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return inner

    return decorate
