"""How long things stay open, with those that still are: Kaplan and Meier's estimate, and a comparison of two groups.

Kaplan, Meier (1958), "Nonparametric Estimation from Incomplete Observations"; variance by Greenwood,
limits on the log-log scale (Kalbfleisch, Prentice), log-rank test by Mantel (1966).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_Z = 1.959963984540054  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Curve:
    """Share still open after each time at which something was closed; arrays of one length, in order of time.

    Before the first time the share is 1. `lower` and `upper` are 95 % limits.
    """

    times: np.ndarray
    open_share: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    at_risk: np.ndarray
    n: int
    n_censored: int

    def quantile(self, share_closed: float) -> float | None:
        """Return the time by which this share was closed; None when the curve never came so far."""
        # A share that is exactly reached must not be missed by the last bit of a float.
        reached = np.flatnonzero(self.open_share <= 1 - share_closed + 1e-12)
        return float(self.times[reached[0]]) if len(reached) else None

    @property
    def median(self) -> float | None:
        """Return the time by which half was closed; None when less was."""
        return self.quantile(0.5)

    def open_after(self, time: float) -> float:
        """Return the share still open after a time."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.open_share[place - 1]) if place else 1.0


def kaplan_meier(times: np.ndarray, closed: np.ndarray) -> Curve:
    """Estimate the curve of things open for `times` (any unit, >= 0), each either `closed` then or censored."""
    times, closed = np.asarray(times, float), np.asarray(closed, bool)
    moments, ends = np.unique(times[closed], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), moments, side="left")
    share = np.cumprod(1 - ends / at_risk) if len(moments) else np.empty(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(ends / (at_risk * (at_risk - ends)))
        spread = _Z * np.sqrt(greenwood) / np.log(share)
        lower, upper = share ** np.exp(-spread), share ** np.exp(spread)
    # Where nothing is open any more the scale has no width; the estimate itself is all there is to say.
    lower, upper = np.where(share > 0, lower, 0.0), np.where(share > 0, upper, 0.0)
    return Curve(moments, share, lower, upper, at_risk, len(times), int((~closed).sum()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two groups compared: the log-rank statistic (one degree of freedom) and how often chance alone exceeds it."""

    statistic: float
    p: float


def log_rank(times: np.ndarray, closed: np.ndarray, treated: np.ndarray) -> Comparison | None:
    """Compare those that are `treated` with those that are not; None when one group is empty or nothing closed."""
    times, closed, treated = np.asarray(times, float), np.asarray(closed, bool), np.asarray(treated, bool)
    moments, ends = np.unique(times[closed], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), moments, side="left")
    mine = np.sort(times[treated])
    of_mine = len(mine) - np.searchsorted(mine, moments, side="left")
    share = of_mine / at_risk
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = ends * share * (1 - share) * np.where(at_risk > 1, (at_risk - ends) / (at_risk - 1), 0.0)
    total = float(variance.sum())
    if not total:
        return None
    statistic = float(((closed & treated).sum() - (ends * share).sum()) ** 2 / total)
    return Comparison(statistic, math.erfc(math.sqrt(statistic / 2)))
