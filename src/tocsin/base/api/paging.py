"""Pages by cursor: each begins after the last row of the one before, so that new rows move nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field, Schema

from tocsin.base.api.problems import INVALID, Problem
from tocsin.base.lists import Beyond, Order

T = TypeVar("T")
M = TypeVar("M", bound=Model)
AT_MOST = 200


class Paging(Schema):
    """Which page of a list."""

    cursor: str = Field(
        "",
        max_length=1000,
        description=gettext_noop("Where the page begins: `next` of the page before. Opaque; without it the first."),
    )
    limit: int = Field(50, ge=1, le=AT_MOST, description=gettext_noop("Rows of a page, at most 200."))


class Page(Schema, Generic[T]):
    """Some rows of a list, and where the next page is.

    A page may hold fewer rows than asked for, even none, while `next` still leads on: where a filter is rare,
    no more than some thousands of rows are looked through for one page.
    """

    items: list[T]
    next: str | None = Field(description=gettext_noop("Address of the next page; null when this is the last."))


@dataclass(frozen=True, slots=True)
class Found:
    """What a list route hands to its `Page`."""

    items: Sequence[Any]
    next: str | None


def page(
    request: HttpRequest, response: HttpResponse, rows: QuerySet[M], paging: Paging, order: Sequence[str]
) -> Found:
    """Return one page of `rows`, ordered by the unique keys `order`, all descending (`-id`) or all ascending.

    The cursor holds the keys of the last row. Raise Problem when it was not made here.
    """
    way = Order(tuple(order))
    rows = rows.order_by(*order)
    if key := opened(rows.model, way, paging.cursor):
        rows = rows.filter(Beyond(way.names, key, sign="<" if way.down else ">"))
    found = list(rows[: paging.limit + 1])
    shown = found[: paging.limit]
    last = [getattr(shown[-1], name) for name in way.names] if len(found) > paging.limit else None
    return told(request, response, shown, last)


def told(request: HttpRequest, response: HttpResponse, rows: Sequence[Any], key: Sequence[Any] | None) -> Found:
    """Return a page of these rows whose next one begins after `key`; None: this is the last."""
    if key is None:
        return Found(rows, None)
    query = request.GET.copy()
    query["cursor"] = _sealed(key)
    address = absolute(request, f"{request.path}?{query.urlencode()}")
    response.headers["Link"] = f'<{address}>; rel="next"'
    return Found(rows, address)


def absolute(request: HttpRequest, path: str) -> str:
    """Return the whole address of a path, as the caller reaches it: behind a proxy the scheme is the proxy's."""
    base = urlsplit(settings.TOCSIN_BASE_URL)
    if request.get_host() == base.netloc:
        return f"{base.scheme}://{base.netloc}{path}"
    return request.build_absolute_uri(path)


def _sealed(values: Sequence[Any]) -> str:
    text = json.dumps(
        [v.isoformat() if hasattr(v, "isoformat") else v if isinstance(v, int) else str(v) for v in values]
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def opened(model: type[Model], order: Order, cursor: str) -> list[Any] | None:
    """Return the key that a cursor holds; None for the first page. Raise Problem."""
    if not cursor:
        return None
    fields = [model._meta.get_field(name) for name in order.names]  # noqa: SLF001 - Django's public-by-use API
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if (
            not isinstance(values, list)
            or len(values) != len(fields)
            or not all(isinstance(v, str | int) for v in values)
        ):
            raise ValueError(cursor)
        return [_value(field, value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, TypeError, ValidationError, OverflowError, RecursionError) as error:
        wrong = {"pointer": "query/cursor", "detail": _("This cursor was not given by this list.")}
        raise Problem(INVALID, errors=[wrong]) from error


def _value(field: Any, value: str | int) -> Any:
    found = field.to_python(value)
    if isinstance(found, int) and not -(2**63) <= found < 2**63:
        raise OverflowError(value)
    if isinstance(found, str) and "\0" in found:
        raise ValueError(value)
    return found
