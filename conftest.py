"""Where tests keep their data, and which of them run a second time on PostgreSQL."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.utils import translation

# Before Django's settings are read: no test may touch the data folder of an installation.
if "TOCSIN_HOME" not in os.environ:
    os.environ["TOCSIN_HOME"] = tempfile.mkdtemp(prefix="tocsin-test-")
os.environ.setdefault("TOCSIN_EMAIL_FROM", "Đội ứng cứu <canhbao@team.example>")
# A busy machine is no failure: speed is shown by tests/budgets, never asserted in a test.
hypothesis.settings.register_profile("tocsin", deadline=None)
hypothesis.settings.load_profile("tocsin")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in the thread of the test


@pytest.fixture(autouse=True, scope="session")
def _emptied_quickly() -> Iterator[None]:
    """Between tests, delete the rows of the few tables that have any: PostgreSQL truncates a hundred in a fifth of a second."""

    def flush(self: Any, style: object, tables: list[str], **_: object) -> list[str]:
        names = [self.quote_name(table) for table in tables]
        asked = " UNION ALL ".join(
            f"SELECT {place} WHERE EXISTS (SELECT 1 FROM {name})" for place, name in enumerate(names)
        )
        with self.connection.cursor() as cursor:
            cursor.execute(asked or "SELECT 0 WHERE false")
            # Foreign keys are looked at when the transaction ends, so that the order does not matter.
            return [f"DELETE FROM {names[place]};" for (place,) in cursor.fetchall()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.backends.postgresql.operations.DatabaseOperations.sql_flush", flush)
        yield


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """Begin every test in the language of the installation, whatever the test before it spoke."""
    translation.deactivate()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep only the tests that touch the database when the second database has its turn."""
    if os.environ.get("TOCSIN_TEST_ONLY") != "database":
        return
    touches = {"db", "transactional_db", "django_db_setup", "client", "admin_client"}
    kept, dropped = [], []
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        database = item.get_closest_marker("django_db") is not None or item.get_closest_marker("database") is not None
        # A browser sees no difference between databases, and its keep-alive connections outlive the test's.
        wanted = (database or fixtures & touches) and "live_server" not in fixtures
        (kept if wanted else dropped).append(item)
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept
