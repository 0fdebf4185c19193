"""Two shares compared whose cases come in clusters: findings of one organization are mended by the same people.

The difference of two ratios with a variance that lets cases of a cluster hang together (linearized, Liang and Zeger
1986; small-sample factor G/(G-1)), limits by Student's t with G-2 degrees of freedom (Donner and Klar 2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_Z = 1.959963984540054  # 97.5 % point of the normal distribution
_FEW = {1: 12.7062047, 2: 4.3026527, 3: 3.1824463}


@dataclass(frozen=True, slots=True)
class Clustered:
    """The share of the treated minus that of the others, with 95 % limits; None where they cannot be told.

    There are none with fewer than two clusters in a group, and none where nothing varies.
    """

    value: float
    lower: float | None
    upper: float | None
    n_clusters: int

    @property
    def tells(self) -> bool:
        """Whether the limits leave out zero."""
        return self.lower is not None and self.upper is not None and (self.lower > 0 or self.upper < 0)


def difference(cluster: np.ndarray, treated: np.ndarray, hit: np.ndarray) -> Clustered | None:
    """Compare the shares of `hit` among `treated` and others, cases of one `cluster` together; None when a group is empty."""
    treated, hit = np.asarray(treated, bool), np.asarray(hit, bool)
    _, place = np.unique(cluster, return_inverse=True)
    n_treated, n_others = int(treated.sum()), int((~treated).sum())
    if not n_treated or not n_others:
        return None
    share, other = float(hit[treated].mean()), float(hit[~treated].mean())
    pull = np.where(treated, (hit - share) / n_treated, -(hit - other) / n_others)
    by_cluster = np.bincount(place, weights=pull)
    n = len(by_cluster)
    value = share - other
    in_each = min(len(np.unique(place[treated])), len(np.unique(place[~treated])))
    spread = float(np.sqrt(n / max(1, n - 1) * (by_cluster**2).sum()))
    # With nothing left to vary the method would call itself certain: it rather says that it cannot tell.
    if in_each < 2 or n < 3 or spread < 1e-12:
        return Clustered(value, None, None, n)
    reach = student(n - 2) * spread
    return Clustered(value, max(-1.0, value - reach), min(1.0, value + reach), n)


def student(freedom: int) -> float:
    """Return the 97.5 % point of Student's t, to a thousandth (Cornish and Fisher's expansion; few degrees by table)."""
    if freedom in _FEW:
        return _FEW[freedom]
    z, v = _Z, float(freedom)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )


def power(*, clusters: int, size: float, share: float, difference: float, correlation: float) -> float:
    """Return how probably a true `difference` is told from none, at 5 %, by this many clusters in all, half in each group.

    `size`: cases of a cluster; `share`: what the others reach; `correlation`: within a cluster (design effect).
    """
    each = clusters / 2 * size
    treated = min(1.0, max(0.0, share + difference))
    effect = 1 + (size - 1) * correlation
    spread = math.sqrt(effect * (share * (1 - share) + treated * (1 - treated)) / each) if each else math.inf
    if not spread:
        return 1.0
    away = abs(treated - share) / spread - _Z
    return 0.5 * math.erfc(-away / math.sqrt(2))


def standardized(share: float, other: float) -> float:
    """Return the difference of two shares in standard deviations (Austin 2009): above 0.1 the groups are unlike."""
    spread = math.sqrt((share * (1 - share) + other * (1 - other)) / 2)
    return (share - other) / spread if spread else 0.0
