"""What the figures of the loop mean: pure functions over counted groups.

A *warning* here is one finding told to its owner: from the moment the first notice of it was handed over
until sensors confirm that it is gone. One that came back is a second warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Final

import numpy as np

from tocsin.estimates.survival import Curve, kaplan_meier

STEP: Final = timedelta(hours=6)
"""How finely durations are told."""
ACKNOWLEDGE: Final = {
    "critical": timedelta(hours=24), "high": timedelta(hours=72), "medium": timedelta(days=7), "low": timedelta(days=14), "info": timedelta(days=30),
}  # fmt: skip
"""Within what time an answer counts as in time."""
GOALS: Final = {"all": 0.9, "critical": 1.0}
"""Which share of warnings is to be resolved: of all, and of the gravest."""


@dataclass(frozen=True, slots=True)
class Group:
    """Equal warnings, counted: `acknowledged`, `verified` and `open` in steps since the warning; None: not (yet)."""

    severity: str
    n: int
    acknowledged: int | None
    verified: int | None
    open: int
    n_acknowledged_in_time: int = 0
    n_says_fixed: int = 0
    n_fixed_in_time: int = 0
    n_refuted: int = 0
    """The owner said that it is not theirs, or no problem: no fix is to be expected."""
    n_accepted: int = 0
    n_overdue: int = 0


@dataclass(slots=True)
class Figures:
    """The figures of some warnings."""

    told: int = 0
    acknowledged: int = 0
    acknowledged_in_time: int = 0
    says_fixed: int = 0
    fixed_in_time: int = 0
    verified: int = 0
    refuted: int = 0
    accepted: int = 0
    overdue: int = 0

    def add(self, group: Group) -> None:
        """Count a group in."""
        self.told += group.n
        self.acknowledged += group.n if group.acknowledged is not None else 0
        self.acknowledged_in_time += group.n_acknowledged_in_time
        self.says_fixed += group.n_says_fixed
        self.fixed_in_time += group.n_fixed_in_time
        self.verified += group.n if group.verified is not None else 0
        self.refuted += group.n_refuted
        self.accepted += group.n_accepted
        self.overdue += group.n_overdue

    @property
    def to_resolve(self) -> int:
        """Return how many there were to resolve: those that were refuted are none."""
        return self.told - self.refuted

    @property
    def resolved(self) -> int:
        """Return how many were verified, or accepted by somebody who may."""
        return self.verified + self.accepted

    @property
    def resolved_share(self) -> float | None:
        """Return the share that was resolved; None: there was nothing to resolve."""
        return self.resolved / self.to_resolve if self.to_resolve else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long it took, of those that are still open the time until now counted as such (Kaplan, Meier)."""

    n: int
    n_open: int
    median_days: float | None
    ninety_days: float | None
    """By when nine of ten were done; None: it never came so far."""
    curve: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Day, share still open, lower and upper limit (95 %)."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a period."""

    total: Figures
    by_severity: dict[str, Figures]
    to_acknowledge: Waiting
    to_verify: Waiting

    @property
    def goals(self) -> dict[str, bool | None]:
        """Say of each goal whether it is reached; None: there was nothing to resolve."""
        shares = {"all": self.total.resolved_share} | {n: f.resolved_share for n, f in self.by_severity.items()}
        return {name: None if (s := shares.get(name)) is None else s >= goal for name, goal in GOALS.items()}

    def as_json(self) -> dict[str, Any]:
        """Return the figures as commands, the API and snapshots hold them."""
        return {
            "total": told(self.total),
            "by_severity": {name: told(figures) for name, figures in self.by_severity.items()},
            "to_acknowledge": asdict(self.to_acknowledge),
            "to_verify": asdict(self.to_verify),
            "goals": {name: {"share": GOALS[name], "reached": reached} for name, reached in self.goals.items()},
        }


def told(figures: Figures) -> dict[str, Any]:
    """Return figures with what follows from them."""
    share = figures.resolved_share
    return {
        **asdict(figures),
        "resolved": figures.resolved,
        "to_resolve": figures.to_resolve,
        "resolved_share": None if share is None else round(share, 4),
    }


def summarize(groups: Iterable[Group]) -> Summary:
    """Bring counted groups together."""
    rows = list(groups)
    total, by_severity = Figures(), dict[str, Figures]()
    for group in rows:
        total.add(group)
        by_severity.setdefault(group.severity, Figures()).add(group)
    ordered = {name: by_severity[name] for name in ACKNOWLEDGE if name in by_severity}
    weights = np.array([group.n for group in rows], dtype=np.int64)
    acknowledged = [group.acknowledged for group in rows]
    verified = [group.verified for group in rows]
    fixable = np.array([group.n - group.n_refuted - group.n_accepted for group in rows], dtype=np.int64)
    opened = [group.open for group in rows]
    return Summary(total, ordered, _waiting(acknowledged, opened, weights), _waiting(verified, opened, fixable))


def _waiting(done: list[int | None], opened: list[int], weights: np.ndarray) -> Waiting:
    if not len(weights) or not weights.sum():
        return Waiting(0, 0, None, None)
    days = STEP / timedelta(days=1)
    times = np.array([o if d is None else d for d, o in zip(done, opened, strict=True)]) * days
    curve = kaplan_meier(np.repeat(times, weights), np.repeat([d is not None for d in done], weights))
    return Waiting(curve.n, curve.n_censored, curve.median, curve.quantile(0.9), _points(curve))


def _points(curve: Curve) -> list[tuple[float, float, float, float]]:
    columns = (curve.times, curve.open_share, curve.lower, curve.upper)
    return [tuple(round(float(value), 4) for value in row) for row in zip(*columns, strict=True)]  # type: ignore[misc]
