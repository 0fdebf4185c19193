"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a new identifier: 48 bits of milliseconds, the rest random."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x7000 << 64 | 0x8000 << 48)


def uuid7s(n: int) -> list[str]:
    """Return n new identifiers of this moment as hex digits, nearly sorted, so that an index takes them in order."""
    stamp = f"{time.time_ns() // 1_000_000:012x}7"
    noise = secrets.token_hex(10 * n)
    drawn = sorted(noise[place : place + 20] for place in range(0, 20 * n, 20))
    return [f"{stamp}{d[:3]}{'89ab'[int(d[3], 16) & 3]}{d[4:19]}" for d in drawn]
