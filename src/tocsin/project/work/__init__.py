"""What commands, worker and demo do with the database, a module a noun; importing this makes Django ready."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.project.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import OperationalError, connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402


class NoDatabase(Exception):
    """The database does not answer."""


def prepare() -> None:
    """Bring the database up to date; a new installation gets its tables. Raise NoDatabase."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0)
    except OperationalError as error:
        raise NoDatabase(f"the database does not answer: {str(error).strip().splitlines()[0]}") from error


def now() -> datetime:
    """Return the time: the command line is where the clock is looked at."""
    return datetime.now(UTC)
