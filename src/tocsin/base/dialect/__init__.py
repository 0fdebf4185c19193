"""What differs between SQLite and PostgreSQL, in this one place."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, models, transaction


@contextmanager
def mutual_exclusion(name: str) -> Iterator[None]:
    """Hold the lock `name` of this installation, waiting for it; a holder that dies gives it up at once."""
    if connection.vendor == "postgresql":
        number = zlib.crc32(name.encode())
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [number])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
    else:
        place = Path(settings.TOCSIN_HOME) / "locks"
        place.mkdir(parents=True, exist_ok=True)
        with (place / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def hold_until_commit(name: str) -> None:
    """Be the only transaction that holds `name`, waiting for it; the lock goes with the transaction that took it.

    SQLite needs nothing more: our transactions begin IMMEDIATE, so that one alone may write.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{name} is held until commit, and there is no transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])


def upsert(model: type[models.Model], rows: Sequence[dict[str, object]], *, unique: Sequence[str], update: str) -> None:
    """Insert rows; where `unique` is taken, run the SQL `update` instead (`old` and `excluded` name the two rows).

    Both databases speak ON CONFLICT; Django's own form cannot add to a column. Keys of `rows` are column names.
    """
    if not rows:
        return
    columns = list(rows[0])
    fields = {field.column: field for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's public-by-use API
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    sql = (
        f"INSERT INTO {table} AS old ({quoted}) VALUES ({', '.join(['%s'] * len(columns))})"
        f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {update}"
    )
    values = [[fields[column].get_db_prep_save(row[column], connection) for column in columns] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
