"""What differs between SQLite and PostgreSQL, in this one place."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction


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
