"""Fixtures of the channels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tocsin.channels.tests import rooms


@pytest.fixture
def room() -> Iterator[rooms.Room]:
    """A server that takes posts."""
    with rooms.opened() as here:
        yield here
