"""Shares and their uncertainty: what a percentage of few cases is worth.

Wilson (1927) for one share; Newcombe (1998), method 10, for the difference of two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.959963984540054  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Share:
    """`k` of `n`, with 95 % limits. With `n` 0 the share is unknown, not zero."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        """Return the share between 0 and 1."""
        return self.k / self.n if self.n else None

    @property
    def limits(self) -> tuple[float, float]:
        """Return between which shares the true one lies, 95 times in 100."""
        if not self.n:
            return 0.0, 1.0
        p, z2 = self.k / self.n, _Z * _Z
        middle = p + z2 / (2 * self.n)
        reach = _Z * math.sqrt(p * (1 - p) / self.n + z2 / (4 * self.n * self.n))
        whole = 1 + z2 / self.n
        return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first share minus the second, with 95 % limits."""

    value: float
    lower: float
    upper: float

    @property
    def tells(self) -> bool:
        """Whether the limits leave out zero."""
        return self.lower > 0 or self.upper < 0


def difference(one: Share, other: Share) -> Difference | None:
    """Compare two shares; None when one of them is of nothing."""
    if one.value is None or other.value is None:
        return None
    (low1, high1), (low2, high2) = one.limits, other.limits
    d = one.value - other.value
    return Difference(
        d,
        d - math.hypot(one.value - low1, high2 - other.value),
        d + math.hypot(high1 - one.value, other.value - low2),
    )
