"""Who looks, on every request: what the frame and the pages of the lower floors ask for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from tocsin.constituency.queries import viewer_of


class Viewing:
    """Gives the request of a person who is signed in its viewer, made when first asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, knowing who looks."""
        if request.user.is_authenticated:
            user = request.user
            request.viewer = SimpleLazyObject(lambda: viewer_of(user))  # type: ignore[attr-defined]
        return self.get_response(request)
