"""How long a write waits for another."""

from __future__ import annotations

from collections.abc import Callable

from django.db import OperationalError, connection, transaction


def unless_busy(write: Callable[[], object]) -> bool:
    """Run a write that may as well be left out; leave it out, and return False, when it would wait for another writer."""
    sqlite = connection.vendor == "sqlite"
    connection.ensure_connection()
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA busy_timeout = 50")
        try:
            with transaction.atomic():
                if not sqlite:
                    cursor.execute("SET LOCAL lock_timeout = '50ms'")
                write()
        except OperationalError as error:
            if "locked" not in str(error) and "lock timeout" not in str(error):
                raise
            return False
        finally:
            if sqlite:
                cursor.execute(f"PRAGMA busy_timeout = {int(connection.settings_dict['OPTIONS']['timeout'] * 1000)}")
    return True
