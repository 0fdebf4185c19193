"""Reading what a caller sends: strict JSON, of bounded size and depth."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja.parser import Parser
from pydantic import BaseModel, ValidationError

from tocsin.base.api.problems import BAD_REQUEST, INVALID, MEDIA, TOO_LARGE, Problem, pointer
from tocsin.base.api.sizes import at_most

S = TypeVar("S", bound=BaseModel)


class Strict(Parser):
    """JSON as RFC 8259 has it: no NaN, no broken halves of characters, no number that does not fit."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body. Raise Problem when it is no JSON, or too much of it."""
        if request.content_type != "application/json":
            raise Problem(MEDIA, _("Send application/json."))
        if len(request.body) > at_most(request.path_info):
            raise Problem(TOO_LARGE)
        return decoded(request.body)

    def parse_querydict(self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest) -> Any:
        """Return the query. Raise Problem when a value holds what no text holds."""
        for name, values in data.lists():
            if any("\0" in value for value in values) or "\0" in name:
                raise Problem(INVALID, _("A value holds a NUL character."))
        return super().parse_querydict(data, list_fields, request)


def read(request: HttpRequest, model: type[S]) -> S:
    """Return a body too large for the framework, which reads no more than 2.5 MB. Raise Problem."""
    if request.content_type != "application/json":
        raise Problem(MEDIA, _("Send application/json."))
    limit = at_most(request.path_info)
    body = request.read(limit + 1)
    if len(body) > limit:
        raise Problem(TOO_LARGE)
    try:
        return model.model_validate(decoded(body))
    except ValidationError as error:
        wrong = [{"pointer": pointer("body", *e["loc"]), "detail": e["msg"][:300]} for e in error.errors()[:20]]
        raise Problem(INVALID, errors=wrong) from error


def decoded(body: bytes) -> Any:
    """Return what JSON says. Raise Problem when it is none."""
    try:
        found = msgspec.json.decode(body)
    except RecursionError as error:
        raise Problem(BAD_REQUEST, _("The JSON is nested too deeply.")) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(BAD_REQUEST, str(error)[:200]) from error
    if b"\\u0000" in body and _holds_nul(found):
        raise Problem(INVALID, _("A value holds a NUL character."))
    return found


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))
