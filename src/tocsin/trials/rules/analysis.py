"""What came of a trial: counted from the assignment, everybody in the arm the lot gave them (intention to treat)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tocsin.core.severity import RANK, SEVERITIES
from tocsin.estimates import clusters
from tocsin.estimates.survival import kaplan_meier
from tocsin.trials.rules.design import OUTCOMES, Design


@dataclass(frozen=True, slots=True)
class Cases:
    """The findings of a trial, a place in each array; days are from the assignment, NaN: it has not happened so far."""

    organization: np.ndarray
    """Numbers, the same for the same organization."""
    sector: np.ndarray
    """Places in `sectors`."""
    sectors: Sequence[str]
    rank: np.ndarray
    """Of the severity as it was when the lot was drawn."""
    arm: np.ndarray
    followed: np.ndarray
    """For how many days it has been followed."""
    told: np.ndarray
    answered: np.ndarray
    verified: np.ndarray
    left: np.ndarray
    """It had become one of the gravest while it waited, and left the waiting at once."""

    def __len__(self) -> int:
        return len(self.arm)


def report(design: Design, cases: Cases) -> dict[str, Any]:
    """Return what a report says in figures: arms, the registered comparison, others, curves, balance."""
    primary = _comparison(cases, design.outcome, design.within_days)
    others = [
        _comparison(cases, outcome, days)
        for outcome in OUTCOMES
        for days in sorted({design.within_days, design.horizon_days})
        if (outcome, days) != (design.outcome, design.within_days)
        and not (design.compares == "later" and outcome == "answered")
    ]
    return {
        "arms": [_arm(design, place, cases) for place in (0, 1)],
        "primary": primary,
        "exploratory": others,
        "curves": [_curve(design, place, cases) for place in (0, 1)],
        "balance": _balance(cases),
    }


def _arm(design: Design, place: int, cases: Cases) -> dict[str, Any]:
    days, mine = design.horizon_days, cases.arm == place
    return {
        "name": design.arms[place].name,
        "n_organizations": len(np.unique(cases.organization[mine])),
        "n_findings": int(mine.sum()),
        "n_told": int((cases.told[mine] <= days).sum()),
        "n_answered": int((cases.answered[mine] <= days).sum()),
        "n_verified": int((cases.verified[mine] <= days).sum()),
        "n_left": int(cases.left[mine].sum()),
    }


def _comparison(cases: Cases, outcome: str, days: int) -> dict[str, Any]:
    """Compare the shares with an outcome within so many days, among the findings followed for so long."""
    counted = cases.followed >= days
    hit = getattr(cases, outcome)[counted] <= days
    tried = cases.arm[counted] == 1
    found = clusters.difference(cases.organization[counted], tried, hit)
    groups = [{"n": int((tried == bool(arm)).sum()), "k": int(hit[tried == bool(arm)].sum())} for arm in (0, 1)]
    return {
        "outcome": outcome,
        "within_days": days,
        "groups": [{**group, "share": group["k"] / group["n"] if group["n"] else None} for group in groups],
        "n_too_early": len(cases) - int(counted.sum()),
        "difference": None if found is None else {**asdict(found), "tells": found.tells},
    }


def _curve(design: Design, place: int, cases: Cases) -> dict[str, Any]:
    # Beyond the horizon nothing is compared; in the later arm what comes after it was told is seen beside the wait.
    end, mine = float(design.horizon_days), cases.arm == place
    happened, followed = getattr(cases, design.outcome)[mine], cases.followed[mine]
    until = np.minimum(followed, end)
    closed = happened <= until
    curve = kaplan_meier(np.where(closed, happened, until), closed)
    rows = zip(curve.times, curve.open_share, curve.lower, curve.upper, strict=True)
    return {
        "n": curve.n,
        "n_censored": curve.n_censored,
        "n_censored_early": int(((followed < end) & ~closed).sum()),
        "curve": [[round(float(value), 4) for value in row] for row in _thinned(list(rows))],
    }


def _thinned(rows: list[Any], at_most: int = 400) -> list[Any]:
    step = -(-len(rows) // at_most) or 1
    return rows if step == 1 else [*rows[::step], rows[-1]]


def _balance(cases: Cases) -> list[dict[str, Any]]:
    """Compare the arms in what was there before the lot; a good lot leaves small differences."""
    found = []
    of_arm = [cases.arm == place for place in (0, 1)]
    counts = [int(mine.sum()) for mine in of_arm]
    if not all(counts):
        return []
    alike = [
        *(("severity", name, cases.rank == RANK[name]) for name in reversed(SEVERITIES)),
        *(("sector", name, cases.sector == place) for place, name in enumerate(cases.sectors)),
    ]
    for what, value, those in alike:
        if not those.any():
            continue
        usual, tried = (int((those & of_arm[place]).sum()) / counts[place] for place in (0, 1))
        found.append({"what": what, "value": value, "shares": [usual, tried], "standardized": clusters.standardized(tried, usual)})  # fmt: skip
    return found
