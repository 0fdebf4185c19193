"""Time between two columns, in whole steps: each database says it in its own way."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, IntegerField


class Steps(Func):
    """How many whole steps of `size` seconds lie between two instants; never less than none."""

    arity = 2
    output_field = IntegerField()

    def __init__(self, begin: Any, end: Any, *, size: int) -> None:
        super().__init__(begin, end)
        self._size = size

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Count in seconds of the epoch, which SQLite's texts are first turned into."""
        begin, end = (f"CAST(strftime('%%s', {side}) AS INTEGER)" for side in ("%(begin)s", "%(end)s"))
        return self._written(compiler, f"MAX(0, ({end} - {begin}) / {self._size})")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Count in seconds of an interval."""
        spent = "EXTRACT(EPOCH FROM (%(end)s - %(begin)s))"
        return self._written(compiler, f"GREATEST(0, FLOOR({spent} / {self._size}))::integer")

    def _written(self, compiler: Any, template: str) -> Any:
        (begin, begin_values), (end, end_values) = (compiler.compile(e) for e in self.source_expressions)
        values = {"begin": [*begin_values], "end": [*end_values]}
        # The order of the placeholders is that of the template.
        order = sorted(("begin", "end"), key=lambda name: template.index(f"%({name})s"))
        text = template.replace("%(begin)s", begin).replace("%(end)s", end)
        return text, [value for name in order for value in values[name]]
