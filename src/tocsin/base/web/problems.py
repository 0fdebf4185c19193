"""What people see when something goes wrong: what happened, whether anything was lost, what to do."""

from __future__ import annotations

import logging
import secrets
import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For anyone whose form lacked the proof that it came from a page of ours."""
    logging.getLogger(__name__).warning("form refused: %s %s: %s", request.method, request.path, reason)
    return render(request, "403_form.html", status=403)


def too_many(request: HttpRequest) -> HttpResponse:
    """For anyone who tried too often."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """For anyone who met an error of ours: its number stands in the log beside what happened.

    Nothing is asked of the database or the session here: they may be what is broken.
    """
    number = secrets.token_hex(4)
    kind, error, _ = sys.exc_info()
    name = kind.__name__ if kind else "?"
    logging.getLogger(__name__).error("error %s: %s %s: %s: %s", number, request.method, request.path, name, error)
    text = render_to_string("500.html", {"number": number, "theme": request.COOKIES.get("theme", "")})
    return HttpResponse(text, status=500)
