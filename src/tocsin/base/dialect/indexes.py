"""What an index answers, and how it is asked, on each of the two databases."""

from __future__ import annotations

from django.db import connection, models


def begins(text: str) -> tuple[tuple[str, str], ...]:
    """Return the look-ups that an index answers for a column that begins with `text`, case and all.

    PostgreSQL reads LIKE from an index with text_pattern_ops; SQLite reads a range, its order being that of the bytes.
    """
    if connection.vendor == "postgresql":
        return (("startswith", text),)
    return (("gte", text), ("lt", text + chr(0x10FFFF)))


def distinct(model: type[models.Model], column: str, *, at_most: int) -> list[str]:
    """Return the different values of an indexed column, in order, by jumping from one to the next in the index.

    Neither database does so for DISTINCT: both read the index to its end.
    """
    name = connection.ops.quote_name(column)
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    sql = (
        f"WITH RECURSIVE jump(value) AS (SELECT MIN({name}) FROM {table} UNION ALL"
        f" SELECT (SELECT MIN({name}) FROM {table} WHERE {name} > jump.value) FROM jump WHERE jump.value IS NOT NULL)"
        " SELECT value FROM jump WHERE value IS NOT NULL LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [at_most])
        return [value for (value,) in cursor.fetchall()]
