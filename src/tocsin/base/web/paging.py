"""Pages of a list by key, not by number: the millionth row opens as fast as the first."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from tocsin.base.lists import Beyond, Found, Order

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the query strings of the next page and of the first, when there are such."""

    rows: list[Any]
    next: str | None
    first: str | None = None
    said: str = ""
    """How many there are, as far as that is cheap to know."""


def page(
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    ranked: bool = False,
    order: Sequence[str] = (),
    size: int = SIZE,
    said: str = "",
) -> Page:
    """Return the page that `after` in the query asks for.

    `order` names columns, all of one direction, the last one unique: `("-last_seen", "-id")`. It is -id unless
    given, or -severity_rank and -id when `ranked`.
    """
    order = tuple(order) or (("-severity_rank", "-id") if ranked else ("-id",))
    down, columns = order[0].startswith("-"), [name.lstrip("-") for name in order]
    key = key_of(request, rows.model, columns)
    rows = rows.order_by(*order)
    if key is not None:
        rows = rows.filter(Beyond(columns, key, sign="<" if down else ">"))
    found = list(rows[: size + 1])
    first = _without_key(request) if key is not None else None
    if len(found) <= size:
        return Page(found, None, first, said)
    query = request.GET.copy()
    query["after"] = token([getattr(found[size - 1], name) for name in columns])
    return Page(found[:size], query.urlencode(), first, said)


def part(request: HttpRequest, rows: Sequence[Any], *, size: int = SIZE, said: str = "") -> Page:
    """Return the part of a list in memory that `from` in the query asks for."""
    given = request.GET.get("from", "")
    start = min(int(given), len(rows)) if given.isdecimal() and len(given) < 10 else 0
    query = request.GET.copy()
    query["from"] = str(start + size)
    onward = query.urlencode() if start + size < len(rows) else None
    query.pop("from")
    return Page(list(rows[start : start + size]), onward, query.urlencode() if start else None, said)


def _without_key(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()


def token(values: Sequence[Any]) -> str:
    """Return a key as `after` in the query holds it."""
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else str(value) for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def found_page(request: HttpRequest, found: Found[Any], said: str = "") -> Page:
    """Return what `tocsin.base.lists` found as a page."""
    first = _without_key(request) if request.GET.get("after") else None
    if found.key is None:
        return Page(found.rows, None, first, said)
    query = request.GET.copy()
    query["after"] = token(found.key)
    return Page(found.rows, query.urlencode(), first, said)


def order_key(request: HttpRequest, model: type[Model], order: Order) -> list[Any] | None:
    """Return the key that `after` in the query stands for, in this order."""
    return key_of(request, model, order.names)


def key_of(request: HttpRequest, model: type[Model], columns: Sequence[str]) -> list[Any] | None:
    """Return the values that `after` in the query stands for; None for none or a mangled one: the first page."""
    given = request.GET.get("after", "")
    if not given:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
        fields = [model._meta.get_field(name) for name in columns]  # noqa: SLF001 - Django's public-by-use API
        if not isinstance(values, list) or len(values) != len(fields):
            return None
        return [_typed(value, field) for value, field in zip(values, fields, strict=True)]
    except (ValueError, TypeError, OverflowError):
        return None


def _typed(value: object, field: Any) -> Any:
    kind = field.get_internal_type()
    if kind == "UUIDField":
        return UUID(str(value))
    if kind == "DateTimeField":
        return datetime.fromisoformat(str(value))
    return str(value) if kind in {"CharField", "TextField"} else int(str(value))
