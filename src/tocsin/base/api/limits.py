"""How often a caller may call: a bucket of requests each, kept in this process.

The web server is one process (decision 9), so its memory is the place; a restart fills every bucket.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Limiter:
    """Lets each caller make `per_minute` requests a minute, `burst` of them at once."""

    def __init__(self, per_minute: float, burst: int) -> None:
        self.rate, self.burst = per_minute / 60, burst
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, caller: str, at: float) -> float:
        """Take one request at the instant `at`, in seconds. Return 0, or the seconds until the next is allowed."""
        with self._lock:
            bucket = self._buckets.get(caller)
            if bucket is None:
                self._forget(at)
                bucket = self._buckets[caller] = _Bucket(self.burst, at)
            bucket.left = min(self.burst, bucket.left + max(0.0, at - bucket.at) * self.rate)
            bucket.at = at
            if bucket.left >= 1:
                bucket.left -= 1
                return 0.0
            return (1 - bucket.left) / self.rate

    def _forget(self, at: float) -> None:
        """Drop the buckets that are full again: they say nothing."""
        full_after = self.burst / self.rate
        for name in [name for name, bucket in self._buckets.items() if at - bucket.at >= full_after]:
            del self._buckets[name]
