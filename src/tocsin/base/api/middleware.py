"""The net below the API: whatever answers under /api/ speaks as the API does."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag

from tocsin.base.api import problems

PREFIX = "/api/"


class Manners:
    """HEAD as GET, problems instead of pages, entity tags."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the API answers."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if request.method == "HEAD":
            request.method = "GET"  # the server leaves the body out by itself
        if "\0" in request.path_info:
            return problems.answer(problems.NOT_FOUND)
        response = self.get_response(request)
        if response.status_code >= 400 and not response.headers["Content-Type"].startswith(problems.MEDIA_TYPE):
            # A page of the framework: unknown address, wrong method, unexpected error.
            told = problems.for_status(response.status_code)
            if allowed := response.headers.get("Allow"):
                told.headers["Allow"] = allowed
            response = told
        elif 300 <= response.status_code < 400 and "Location" in response.headers:
            # A page would lead to where one signs in; a program cannot go there.
            response = problems.answer(problems.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept-Language"])
        return _conditional(request, response)


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 304 when the caller has this very answer already."""
    if request.method != "GET" or response.status_code != 200 or isinstance(response, StreamingHttpResponse):
        return response
    set_response_etag(response)
    found = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    assert isinstance(found, HttpResponse)
    return found
