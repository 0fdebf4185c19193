"""The ways in, by name."""

from __future__ import annotations

from typing import Final

from tocsin.collectors.folder import collect as folder
from tocsin.collectors.guard import Guard
from tocsin.collectors.http import collect as http
from tocsin.collectors.imap import collect as imap
from tocsin.collectors.way import Way

WAYS: Final[dict[str, Way]] = {"folder": folder.WAY, "http": http.WAY, "imap": imap.WAY}


def check(way: str, address: str, guard: Guard) -> None:
    """Look whether an address can be one of this way, asking nobody. Raise NotCollected."""
    WAYS[way].check(address, guard)
