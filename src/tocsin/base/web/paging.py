"""Pages of a list by key, not by number: the millionth row opens as fast as the first."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.http import HttpRequest

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the query strings of the next page and of the first, when there are such."""

    rows: list[Any]
    next: str | None
    first: str | None = None
    said: str = ""
    """How many there are, as far as that is cheap to know."""


class Beyond(Func):
    """Whether a row comes after a key: `(a, b) < (x, y)`, which both databases answer from one index.

    Django writes row values out as OR on SQLite, and then no index orders them.
    """

    output_field = BooleanField()
    arity = None

    def __init__(self, columns: Sequence[str], values: Sequence[Any], *, down: bool) -> None:
        self._half = len(columns)
        self._sign = "<" if down else ">"
        super().__init__(*map(F, columns), *map(Value, values))

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Write both sides as row values."""
        parts, parameters = [], []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            parts.append(sql)
            parameters.extend(values)
        left, right = ", ".join(parts[: self._half]), ", ".join(parts[self._half :])
        return f"({left}) {self._sign} ({right})", parameters


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
    key = _key(request.GET.get("after", ""), rows, columns)
    rows = rows.order_by(*order)
    if key is not None:
        rows = rows.filter(Beyond(columns, key, down=down))
    found = list(rows[: size + 1])
    first = _without_key(request) if key is not None else None
    if len(found) <= size:
        return Page(found, None, first, said)
    query = request.GET.copy()
    query["after"] = _token([getattr(found[size - 1], name) for name in columns])
    return Page(found[:size], query.urlencode(), first, said)


def _without_key(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()


def _token(values: Sequence[Any]) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else str(value) for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _key(token: str, rows: QuerySet[Any], columns: Sequence[str]) -> list[Any] | None:
    """Return the values a token stands for; None for no or a mangled token: the first page."""
    if not token:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        fields = [rows.model._meta.get_field(name) for name in columns]  # noqa: SLF001 - Django's public-by-use API
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
