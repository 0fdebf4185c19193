"""The API as one thing: ninja with our manners, and a document of it that leaves no answer out."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop
from ninja import NinjaAPI
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import JSONRenderer
from pydantic import BaseModel

from tocsin.base.api import problems
from tocsin.base.api.door import Needs
from tocsin.base.api.parsing import Strict
from tocsin.base.api.scopes import Scope

ALWAYS = (400, 401, 403, 404, 422, 429, 503)
"""What any route may answer: to a broken request, an unknown caller, one who may not or must not know, at a bad time."""
WITH_BODY = (413, 415)
HEADERS = {
    "Retry-After": {
        "description": gettext_noop("Seconds to wait before the next try."),
        "schema": {"type": "integer", "minimum": 0},
    },
    "ETag": {
        "description": gettext_noop("Tag of this answer: sent back as If-None-Match it saves what has not changed."),
        "schema": {"type": "string"},
    },
    "Link": {
        "description": gettext_noop("Address of the next page, as `next` in the answer; not on the last page."),
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {
        "description": gettext_noop("What the caller lacks (RFC 6750)."),
        "schema": {"type": "string"},
    },
}
SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": gettext_noop("A token that an administrator made: `Authorization: Bearer tocsin_…`."),
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": gettext_noop(
            "The console's own session; what changes something also needs the header X-CSRFToken."
        ),
    },
}


ABOUT = gettext_noop("Reports in, findings and notices out, for programs of the team and of the organizations.")


class Plain(JSONRenderer):
    """JSON in which letters stay letters."""

    json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    """Our API: strict JSON in, problems as errors, every answer documented."""

    def __init__(self, **given: Any) -> None:
        super().__init__(description=ABOUT, parser=Strict(), renderer=Plain(), docs_url=None, openapi_url=None, **given)
        problems.install(self)

    def set_default_exception_handlers(self) -> None:
        """Leave unexpected errors to Django, which logs them; ours are installed in `__init__`."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation by its function."""
        return operation.view_func.__name__

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document of all routes, in English."""
        return _document(self)


@cache
def _document(api: Api) -> dict[str, Any]:
    # `id_` is a word of Python's, `Page_FindingLine_` of pydantic's.
    text = json.dumps(Document(api, "api/v1")).replace("{id_}", "{id}").replace('"name": "id_"', '"name": "id"')
    found: dict[str, Any] = json.loads(re.sub(r"Page_(\w+?)_(?=\")", r"\1Page", text))
    return found


class Document(OpenAPISchema):
    """The framework's document, with what it leaves out: scopes, problems, headers."""

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        """Tell all of one operation."""
        told: dict[str, Any] = super().operation_details(operation)
        extra = operation.openapi_extra or {}
        # A docstring is for those who read the code.
        told["description"] = extra.get("description", "")
        told["parameters"] = [_parameter(parameter) for parameter in told["parameters"]]
        if takes := told.pop("x-takes", None):
            told["requestBody"] = {"required": True, "content": self._content(takes)}
        scopes = [needs.scope.value for needs in operation.auth_callbacks if isinstance(needs, Needs) and needs.scope]
        told["security"] = [{"token": scopes}, {"session": scopes}]
        answers = told["responses"]
        if "GET" in operation.methods and "application/json" in answers.get(200, {}).get("content", {}):
            answers[200]["headers"] = {"ETag": HEADERS["ETag"]}
            if any(parameter["name"] == "cursor" for parameter in told["parameters"]):
                answers[200]["headers"]["Link"] = HEADERS["Link"]
            answers[304] = {"description": "Not Modified"}
        statuses = {*ALWAYS, *told.pop("x-problems", ()), *(WITH_BODY if "requestBody" in told else ())}
        answers.update({status: _problem(status) for status in statuses})
        told["responses"] = {str(status): answers[status] for status in sorted(answers)}
        return told

    def _content(self, takes: dict[str, type[BaseModel] | dict[str, Any]]) -> dict[str, Any]:
        """Tell the bodies that a route reads by itself."""
        content: dict[str, Any] = {}
        for media_type, schema in takes.items():
            if isinstance(schema, dict):
                content[media_type] = {"schema": schema}
                continue
            whole = schema.model_json_schema(ref_template=REF_TEMPLATE)
            self.add_schema_definitions({**whole.pop("$defs", {}), schema.__name__: whole})
            content[media_type] = {"schema": {"$ref": REF_TEMPLATE.format(model=schema.__name__)}}
        return content

    def get_components(self) -> dict[str, Any]:
        """Tell the schemas, ours of a problem included, and how to authenticate."""
        schema = problems.Document.model_json_schema(ref_template=REF_TEMPLATE, mode="serialization")
        self.schemas.update(schema.pop("$defs"))
        self.schemas["Problem"] = {**schema, "title": "Problem"}
        return {"schemas": self.schemas, "securitySchemes": SECURITY}


def _parameter(told: dict[str, Any]) -> dict[str, Any]:
    """Tell a parameter without what the framework repeats: a title, a description, a null that no query can hold."""
    schema = {key: value for key, value in told["schema"].items() if key not in {"title", "description"}}
    if "anyOf" in schema:
        (schema,) = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
    return {**told, "schema": schema}


def _problem(status: int) -> dict[str, Any]:
    names = {401: ["WWW-Authenticate"], 403: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
    told: dict[str, Any] = {
        "description": problems.BY_STATUS[status].title,
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in names:
        told["headers"] = {name: HEADERS[name] for name in names[status]}
    return told


def route(
    scope: Scope | None,
    summary: str,
    description: str = "",
    *,
    also: tuple[int, ...] = (),
    takes: dict[str, type[BaseModel] | dict[str, Any]] | None = None,
    answers: dict[int, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return what a route says of itself.

    That is its scope, what it is for, the problems beside the usual ones, and, where it reads or writes by
    itself, the bodies by media type.
    """
    told: dict[str, Any] = {"x-problems": list(also), "description": description, "responses": answers or {}}
    if takes:
        told["x-takes"] = takes
    return {"auth": Needs(scope), "summary": summary, "openapi_extra": told}
