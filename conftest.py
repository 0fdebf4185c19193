"""What every test run shares: which tests run on which database, and where there is no browser."""

from __future__ import annotations

import os

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}


def touches_database(item: pytest.Item) -> bool:
    """Tell whether a test reads or writes the database of the run."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(DATABASE_FIXTURES & fixtures)


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers of this repository."""
    config.addinivalue_line("markers", "browser: needs Chromium, named by TOCSIN_TEST_CHROMIUM")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the second database or a machine without a browser cannot tell us anything about."""
    only_database = os.environ.get("TOCSIN_TEST_ONLY") == "database"
    no_browser = not os.environ.get("TOCSIN_TEST_CHROMIUM") and not os.environ.get("CI")
    left_out = [
        item
        for item in items
        if (only_database and not touches_database(item)) or (no_browser and item.get_closest_marker("browser"))
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
