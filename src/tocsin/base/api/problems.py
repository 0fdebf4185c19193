"""Errors as RFC 9457 writes them: `application/problem+json` with a type, a title, a status and a detail."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from tocsin.base.tenancy import NotAllowed

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its name is what programs compare, its title is for people."""

    name: str
    status: int
    title: str


BAD_REQUEST = Kind("bad-request", 400, gettext_noop("The request cannot be read."))
UNAUTHORIZED = Kind("unauthorized", 401, gettext_noop("A token or a session is needed."))
FORBIDDEN = Kind("forbidden", 403, gettext_noop("This token or role does not permit this."))
NOT_FOUND = Kind("not-found", 404, gettext_noop("There is nothing here."))
METHOD = Kind("method-not-allowed", 405, gettext_noop("This address does not know this method."))
CONFLICT = Kind("conflict", 409, gettext_noop("The state of the object does not permit this."))
TOO_LARGE = Kind("too-large", 413, gettext_noop("The request is larger than allowed."))
MEDIA = Kind("unsupported-media-type", 415, gettext_noop("This media type is not understood here."))
INVALID = Kind("invalid", 422, gettext_noop("Some values are not right."))
KEY_REUSED = Kind(
    "idempotency-key-reused", 422, gettext_noop("This idempotency key was used with another request before.")
)
RATE_LIMITED = Kind("rate-limited", 429, gettext_noop("Too many requests."))
ERROR = Kind("error", 500, gettext_noop("The server failed; it is in its log."))
UNAVAILABLE = Kind("unavailable", 503, gettext_noop("Not at the moment; try again later."))
KINDS = (
    BAD_REQUEST,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD,
    CONFLICT,
    TOO_LARGE,
    MEDIA,
    INVALID,
    KEY_REUSED,
    RATE_LIMITED,
    ERROR,
    UNAVAILABLE,
)
BY_STATUS = {kind.status: kind for kind in reversed(KINDS)}


class Fault(Schema):
    """One value that is not right."""

    pointer: str = Field(description=gettext_noop("Where the value stands: `query/limit`, `body/organizations/0/id`."))
    detail: str = Field(description=gettext_noop("What is wrong with it."))


class Document(Schema):
    """A problem, as RFC 9457 defines it."""

    type: str = Field(description=gettext_noop("Address of the kind of problem."))
    title: str = Field(description=gettext_noop("The kind of problem, in the reader's language."))
    status: int = Field(description=gettext_noop("The HTTP status."))
    detail: str = Field(description=gettext_noop("What happened this time."))
    code: str = Field(description=gettext_noop("Name of the kind of problem, for programs."))
    errors: list[Fault] = Field([], description=gettext_noop("The values that are not right, where there are some."))


class Problem(Exception):
    """An error to answer with: its kind, and what happened this time."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(kind.name, detail)
        self.kind, self.detail = kind, detail
        self.headers, self.errors = dict(headers or {}), list(errors)


def answer(
    kind: Kind,
    detail: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    status: int | None = None,
) -> HttpResponse:
    """Return the response that tells a problem, in the reader's language."""
    found = told(kind, detail, title=gettext(kind.title), errors=errors, status=status)
    return HttpResponse(
        json.dumps(found, ensure_ascii=False), status=found["status"], content_type=MEDIA_TYPE, headers=headers
    )


def told(
    kind: Kind,
    detail: str = "",
    *,
    title: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    status: int | None = None,
) -> dict[str, Any]:
    """Return what a problem says; in English, if no other title is given."""
    title = title or kind.title
    return {
        "type": address(kind.name),
        "title": title,
        "status": status or kind.status,
        "detail": detail or title,
        "code": kind.name,
        "errors": list(errors),
    }


def address(name: str) -> str:
    """Return the address that names a kind of problem, and tells about it."""
    return f"{settings.TOCSIN_BASE_URL}/api/v1/reference#problem-{name}"


def for_status(status: int) -> HttpResponse:
    """Return the problem that stands for a bare status."""
    kind = BY_STATUS.get(status) or (ERROR if status >= 500 else BAD_REQUEST)
    return answer(kind, status=status)


def pointer(*place: object) -> str:
    """Return where a value stands: `body/organizations/0/id`. The body as a whole has no name of its own."""
    names = [str(name) for name in place]
    if names[:2] == ["body", "body"]:
        del names[0]
    return "/".join(names)[:200]


def install(api: NinjaAPI) -> None:
    """Make every error of the API a problem."""
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(NotAllowed, _not_allowed)
    api.add_exception_handler(RequestDataTooBig, _too_large)
    api.add_exception_handler(OperationalError, _no_database)
    api.add_exception_handler(InterfaceError, _no_database)


def _problem(request: HttpRequest, error: Problem | type[Problem]) -> HttpResponse:
    assert isinstance(error, Problem)
    return answer(error.kind, error.detail, headers=error.headers, errors=error.errors)


def _invalid(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    assert isinstance(error, ValidationError)
    faults = [{"pointer": pointer(*e["loc"]), "detail": str(e["msg"])[:300]} for e in error.errors[:20]]
    return answer(INVALID, errors=faults)


def _not_found(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return answer(NOT_FOUND)


def _not_allowed(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return answer(FORBIDDEN)


def _too_large(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return answer(TOO_LARGE)


def _http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    assert isinstance(error, HttpError)
    # The only one that the framework itself raises is a body that could not be read; the parser said why.
    if isinstance(error.__cause__, Problem):
        return _problem(request, error.__cause__)
    return answer(BY_STATUS.get(error.status_code, BAD_REQUEST))


def _no_database(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    logging.getLogger(__name__).error("the database did not answer: %s", error)
    return answer(UNAVAILABLE, headers={"Retry-After": "5"})
