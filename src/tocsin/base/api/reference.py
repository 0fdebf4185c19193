"""The API's document made readable: for the page in both languages and for docs/reference/api.md.

`say` turns an English sentence of the document into the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from tocsin.base.api import problems

Say = Callable[[str], str]
PLACES = {"path": gettext_noop("in the path"), "query": gettext_noop("in the query"), "header": gettext_noop("header")}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a value of a schema."""

    name: str
    type: str
    schema: str
    """Name of the schema that its type leads to; else empty."""
    required: bool
    place: str
    says: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers."""

    status: str
    type: str
    schema: str
    says: str


@dataclass(frozen=True, slots=True)
class Route:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: list[Field]
    bodies: list[Answer]
    answers: list[Answer]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema with its values."""

    name: str
    says: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything, in the order in which it is read."""

    title: str
    version: str
    about: str
    groups: list[tuple[str, list[Route]]]
    shapes: list[Shape]
    problems: list[tuple[str, int, str]]


def read(document: dict[str, Any], say: Say = str) -> Reference:
    """Return the document as it is read."""
    groups: dict[str, list[Route]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            groups.setdefault(told["tags"][0], []).append(_route(path, method, told, say))
    shapes = document["components"]["schemas"]
    return Reference(
        document["info"]["title"],
        document["info"]["version"],
        say(document["info"]["description"]),
        list(groups.items()),
        [_shape(name, shapes[name], say) for name in sorted(shapes) if "properties" in shapes[name]],
        [(kind.name, kind.status, say(kind.title)) for kind in problems.KINDS],
    )


def _route(path: str, method: str, told: dict[str, Any], say: Say) -> Route:
    answers = told["responses"]
    bodies = told.get("requestBody", {}).get("content", {})
    return Route(
        told["operationId"],
        method.upper(),
        path,
        say(told["summary"]),
        say(told["description"]) if told["description"] else "",
        "".join(told["security"][0]["token"]),
        [_field(p["name"], p["schema"], p["required"], p, say, PLACES[p["in"]]) for p in told["parameters"]],
        [Answer(media, *_type(given["schema"], say), "") for media, given in bodies.items()],
        [_answer(status, answer, say) for status, answer in answers.items() if int(status) < 400],
        [status for status in answers if int(status) >= 400],
    )


def _answer(status: str, answer: dict[str, Any], say: Say) -> Answer:
    for media, given in answer.get("content", {}).items():
        text, schema = _type(given["schema"], say)
        return Answer(status, text if media == "application/json" else media, schema, "")
    return Answer(status, "", "", "")


def _shape(name: str, told: dict[str, Any], say: Say) -> Shape:
    required = told.get("required", [])
    fields = [_field(key, value, key in required, value, say) for key, value in told["properties"].items()]
    return Shape(name, "", fields)


def _field(name: str, schema: dict[str, Any], required: bool, told: dict[str, Any], say: Say, place: str = "") -> Field:
    text, leads = _type(schema, say)
    says = say(told["description"]) if told.get("description") else ""
    return Field(name, text, leads, required, say(place) if place else "", says)


def _type(schema: dict[str, Any], say: Say) -> tuple[str, str]:
    """Return a type as people read it, and the schema that it leads to."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return name, name
    if "allOf" in schema:
        return _type(schema["allOf"][0], say)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            parts = [_type(choice, say) for choice in schema[key]]
            return " | ".join(text for text, _ in parts), next((leads for _, leads in parts if leads), "")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"])), ""
    if "const" in schema:
        return str(schema["const"]), ""
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(_type(item, say)[0] for item in schema['prefixItems'])}]", ""
        text, leads = _type(schema.get("items", {}), say)
        return f"[{text}]", leads
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        text, leads = _type(schema["additionalProperties"], say)
        return f"{{… : {text}}}", leads
    return schema.get("format") or schema.get("type", "any"), ""


def markdown(found: Reference, examples: list[tuple[str, str]]) -> str:
    """Return the reference as a document."""
    lines = [
        "# API",
        "",
        "Made from the API's own OpenAPI document (`/api/v1/openapi.json`); do not edit.",
        "The same, in Vietnamese and English, is a page of the console: `/api/v1/reference`.",
        "",
        found.about,
        "",
        "A program calls with a token: `Authorization: Bearer tocsin_…`. An administrator makes it, on the page *Tokens* or with",
        "`tocsin token add NAME --scope SCOPE`. A token of one organization sees what is that organization's; all else is 404.",
        "A session of the console is good too; what changes something then needs the header `X-CSRFToken`.",
        "",
        "- Lists come in pages: follow `next` (also the header `Link`) until it is null. Pages do not shift when rows are added.",
        "- Instants are ISO 8601 in UTC. Identifiers are opaque.",
        "- A request with `Idempotency-Key` is done once; the same key with another request is 422.",
        "- Each GET has an `ETag`; sent back as `If-None-Match`, what has not changed is a 304.",
        "- A caller who calls too often gets 429 with `Retry-After`; the count is kept in the web process.",
        "- Every error is a problem (RFC 9457), in the language of `Accept-Language`; programs compare its `code`.",
        "",
        "## Examples",
        "",
        "Each is run by a test. `TOCSIN` is the address of the installation, `TOKEN` the secret of a token.",
    ]
    for title, command in examples:
        lines += ["", f"{title}:", "", "```", command, "```"]
    for group, routes in found.groups:
        lines += ["", f"## {group}"]
        for route in routes:
            lines += _routed(route)
    lines += ["", "## Problems", "", "| code | status | |", "|---|---|---|"]
    lines += [f"| `{name}` | {status} | {title} |" for name, status, title in found.problems]
    lines += ["", "## Schemas"]
    for shape in found.shapes:
        lines += ["", f"### {shape.name}", "", "| value | type | |", "|---|---|---|"]
        lines += [
            f"| `{f.name}`{'' if f.required else ' ?'} | {_cell(f.type)} | {_cell(f.says)} |" for f in shape.fields
        ]
    return "\n".join(lines) + "\n"


def _routed(route: Route) -> list[str]:
    lines = ["", f"### {route.method} {route.path}", "", f"{route.summary}."]
    if route.description:
        lines += ["", route.description]
    lines += [
        "",
        f"Scope: {f'`{route.scope}`' if route.scope else 'any token'}. Problems: {', '.join(route.problems)}.",
    ]
    if route.parameters:
        lines += ["", "| parameter | type | |", "|---|---|---|"]
        for parameter in route.parameters:
            mark = "" if parameter.required else " ?"
            says = f"{parameter.place}. {parameter.says}" if parameter.says else f"{parameter.place}."
            lines.append(f"| `{parameter.name}`{mark} | {_cell(parameter.type)} | {_cell(says)} |")
    lines += ["", *(f"Body: {_cell(body.type)} (`{body.status}`)." for body in route.bodies)] if route.bodies else []
    told = [f"{answer.status} {_cell(answer.type)}".strip() for answer in route.answers]
    return [*lines, "", f"Answers: {', '.join(told)}."]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
