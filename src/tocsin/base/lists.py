"""Lists of millions that open like lists of ten: which index answers, and a bound where none does.

A list has filters and orders. An index answers some of them together; the others are tried on the rows it gives.
How many rows may be looked at is bounded, so that no combination is slow, whatever the data:

1. An index holds the filter and the order together: it is followed, and nothing else is looked at.
2. One of the filters leaves few rows, which a count that stops early tells: those are taken, tried and sorted.
3. No filter leaves few: the order's index is followed, trying each row, over at most `WINDOW` of them. Frequent
   values fill a page within a fraction of that; where they do not, the page says that there is more to look through.

A filter that is only tried is written so that the database cannot choose its index: the SQLite planner would take
an index of 300,000 rows over following the order, for want of statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

M = TypeVar("M", bound=models.Model)

FEW = 4_000
"""So many rows may be fetched and sorted for a page."""
WINDOW = 10_000
"""So many rows may be tried for a page while following an order."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A column, a lookup and a value: `("last_seen", "gte", noon)`."""

    column: str
    lookup: str
    value: Any

    def plain(self) -> Q:
        """Return it as an index can answer it."""
        return Q(**{f"{self.column}__{self.lookup}": self.value})


@dataclass(frozen=True, slots=True)
class Filter:
    """What a page asks of its rows: `leads`, which an index finds, and `also`, which is tried in any case.

    `partial` is the condition of that index, where it is one of a part of the rows.
    """

    name: str
    leads: tuple[Condition, ...] = ()
    also: Q = field(default_factory=Q)
    partial: Q = field(default_factory=Q)

    def led(self) -> Q:
        """Return what its index finds."""
        found = self.partial
        for condition in self.leads:
            found &= condition.plain()
        return found


@dataclass(frozen=True, slots=True)
class Order:
    """An order that an index carries: columns of one direction, the last unique.

    `after` names the filters that have an index of their own which goes on in this order, `free` those whose column
    is the first of the order.
    """

    columns: tuple[str, ...]
    after: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()

    @property
    def down(self) -> bool:
        """Whether it falls."""
        return self.columns[0].startswith("-")

    @property
    def names(self) -> list[str]:
        """The columns without their signs."""
        return [column.lstrip("-") for column in self.columns]


@dataclass(frozen=True, slots=True)
class Found(Generic[M]):
    """A page of rows. `key` is where the next one begins; `n` says how many there are, where that is cheap to know."""

    rows: list[M]
    key: tuple[Any, ...] | None
    n: int | None
    more_than: int | None = None
    unfinished: bool = False
    """The page is not full because enough rows were looked at: the next one goes on looking."""


class Beyond(Func):
    """Whether a row comes after a key: `(a, b) < (x, y)`, which both databases answer from one index.

    Django writes row values out as OR on SQLite, and then no index orders them.
    """

    output_field = BooleanField()

    def __init__(self, columns: Sequence[str], values: Sequence[Any], *, sign: str) -> None:
        self._half, self._sign = len(columns), sign
        super().__init__(*map(F, columns), *map(Value, values))

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Write both sides as row values."""
        parts: list[str] = []
        parameters: list[Any] = []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            parts.append(sql)
            parameters.extend(values)
        left, right = ", ".join(parts[: self._half]), ", ".join(parts[self._half :])
        return f"({left}) {self._sign} ({right})", parameters


class _Tried(Func):
    """A column that no index is chosen for. Neither planner sees through COALESCE(x, x)."""

    template = "COALESCE(%(expressions)s, %(expressions)s)"
    arity = 1


def find(
    rows: QuerySet[M], filters: Sequence[Filter], order: Order, key: Sequence[Any] | None, *, size: int, window: int = WINDOW
) -> Found[M]:  # fmt: skip
    """Return the page of `rows` that begins after `key`, in this order, through these filters.

    `rows` themselves are not narrowed: what a viewer may see is one of the filters.
    """
    carried = [f for f in filters if f.name in order.after][:1]
    path = carried + [f for f in filters if f.name in order.free]
    rest = [f for f in filters if f not in path]
    if not rest and not any(f.also for f in path):
        whole = _led(rows, path)
        n = whole[: FEW + 1].count()
        return _page(whole, order, key, size, (n, None) if n <= FEW else (None, FEW))
    counts = [(rows.filter(f.led())[: FEW + 1].count(), place) for place, f in enumerate(filters) if f.leads]
    n, place = min(counts, default=(FEW + 1, 0))
    if n <= FEW:
        lead = filters[place]
        taken = _tried(_led(rows, [lead]), [f for f in filters if f is not lead])
        return _sorted(taken, order, key, size)
    return _walk(_led(rows, path), rest, order, key, size, window)


def _led(rows: QuerySet[M], filters: Sequence[Filter]) -> QuerySet[M]:
    for one in filters:
        rows = rows.filter(one.led(), one.also)
    return rows


def _tried(rows: QuerySet[M], filters: Sequence[Filter]) -> QuerySet[M]:
    for place, one in enumerate(filters):
        for number, condition in enumerate(one.leads):
            name = f"tried_{place}_{number}"
            rows = rows.alias(**{name: _tried_column(rows, condition.column)})
            rows = rows.filter(**{f"{name}__{condition.lookup}": condition.value})
        rows = rows.filter(one.also)
    return rows


def _tried_column(rows: QuerySet[M], name: str) -> _Tried:
    column: Any = rows.model._meta.get_field(name)  # noqa: SLF001 - Django's public-by-use API
    return _Tried(F(name), output_field=column.target_field if isinstance(column, models.ForeignKey) else column)


def _page(
    rows: QuerySet[M], order: Order, key: Sequence[Any] | None, size: int, n: tuple[int | None, int | None]
) -> Found[M]:
    if key is not None:
        rows = rows.filter(Beyond(order.names, key, sign="<" if order.down else ">"))
    found = list(rows.order_by(*order.columns)[: size + 1])
    if len(found) <= size:
        return Found(found, None, *n)
    return Found(found[:size], _key(found[size - 1], order), *n)


def _sorted(rows: QuerySet[M], order: Order, key: Sequence[Any] | None, size: int) -> Found[M]:
    """Return a page of few rows, sorted here: by columns no index is chosen for, or the planner walks the whole order."""
    names = {f"order_{name}": _tried_column(rows, name) for name in order.names}
    few = rows.alias(**names)
    return replace(
        _page(few, replace(order, columns=tuple(("-" if order.down else "") + name for name in names)), key, size, (None, None)),
        n=few.count(),
    )  # fmt: skip


def _key(row: models.Model, order: Order) -> tuple[Any, ...]:
    return tuple(getattr(row, name.removeprefix("order_")) for name in order.names)


def _walk(
    path: QuerySet[M], others: Sequence[Filter], order: Order, key: Sequence[Any] | None, size: int, reach: int
) -> Found[M]:
    ahead = path if key is None else path.filter(Beyond(order.names, key, sign="<" if order.down else ">"))
    ahead = ahead.order_by(*order.columns)
    # The key so many rows ahead is read from the index alone; between two keys a planner cannot look at more.
    end = ahead.values_list(*order.names)[reach : reach + 1].first()
    window = ahead if end is None else ahead.filter(Beyond(order.names, end, sign=">=" if order.down else "<="))
    found = list(_tried(window, others)[: size + 1])
    if len(found) > size:
        return Found(found[:size], _key(found[size - 1], order), None)
    return Found(found, end, None, unfinished=end is not None)
