"""What came of a trial: counted from the assignment, everybody in the arm the lot gave them (intention to treat)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tocsin.core.severity import SEVERITIES
from tocsin.estimates import clusters
from tocsin.estimates.survival import kaplan_meier
from tocsin.trials.rules.design import OUTCOMES, Design


@dataclass(frozen=True, slots=True)
class Case:
    """One finding of a trial; days are from its assignment, None: it has not happened so far."""

    organization: str
    sector: str
    severity: str
    """As it was when the lot was drawn."""
    arm: int
    followed: float
    """For how many days it has been followed."""
    told: float | None
    answered: float | None
    verified: float | None
    left: bool = False
    """It had become one of the gravest while it waited, and left the waiting at once."""


def report(design: Design, cases: Sequence[Case]) -> dict[str, Any]:
    """Return what a report says in figures: arms, the registered comparison, others, curves, balance."""
    arms = [_arm(design, place, [case for case in cases if case.arm == place]) for place in (0, 1)]
    primary = _comparison(cases, design.outcome, design.within_days)
    others = [
        _comparison(cases, outcome, days)
        for outcome in OUTCOMES
        for days in sorted({design.within_days, design.horizon_days})
        if (outcome, days) != (design.outcome, design.within_days)
        and not (design.compares == "later" and outcome == "answered")
    ]
    return {
        "arms": arms,
        "primary": primary,
        "exploratory": others,
        "curves": [_curve(design, [case for case in cases if case.arm == place]) for place in (0, 1)],
        "balance": _balance(cases),
    }


def _within(value: float | None, days: float) -> bool:
    return value is not None and value <= days


def _arm(design: Design, place: int, cases: list[Case]) -> dict[str, Any]:
    days = design.horizon_days
    return {
        "name": design.arms[place].name,
        "n_organizations": len({case.organization for case in cases}),
        "n_findings": len(cases),
        "n_told": sum(_within(case.told, days) for case in cases),
        "n_answered": sum(_within(case.answered, days) for case in cases),
        "n_verified": sum(_within(case.verified, days) for case in cases),
        "n_left": sum(case.left for case in cases),
    }


def _comparison(cases: Sequence[Case], outcome: str, days: int) -> dict[str, Any]:
    """Compare the shares with an outcome within so many days, among the findings followed for so long."""
    counted = [case for case in cases if case.followed >= days]
    hit = np.array([_within(getattr(case, outcome), days) for case in counted], bool)
    tried = np.array([case.arm == 1 for case in counted], bool)
    found = clusters.difference(np.array([case.organization for case in counted]), tried, hit)
    groups = [{"n": int((tried == bool(arm)).sum()), "k": int(hit[tried == bool(arm)].sum())} for arm in (0, 1)]
    return {
        "outcome": outcome,
        "within_days": days,
        "groups": [{**group, "share": group["k"] / group["n"] if group["n"] else None} for group in groups],
        "n_too_early": len(cases) - len(counted),
        "difference": None if found is None else {**asdict(found), "tells": found.tells},
    }


def _curve(design: Design, cases: list[Case]) -> dict[str, Any]:
    # Beyond the horizon nothing is compared; in the later arm what comes after it was told is seen beside the wait.
    end = float(design.horizon_days)
    happened = [getattr(case, design.outcome) for case in cases]
    until = [min(case.followed, end) for case in cases]
    closed = [at is not None and at <= limit for at, limit in zip(happened, until, strict=True)]
    times = [at if done else limit for at, limit, done in zip(happened, until, closed, strict=True)]
    curve = kaplan_meier(np.array(times, float), np.array(closed, bool))
    rows = zip(curve.times, curve.open_share, curve.lower, curve.upper, strict=True)
    return {
        "n": curve.n,
        "n_censored": curve.n_censored,
        "n_censored_early": sum(case.followed < end for case, done in zip(cases, closed, strict=True) if not done),
        "curve": [[round(float(value), 4) for value in row] for row in _thinned(list(rows))],
    }


def _thinned(rows: list[Any], at_most: int = 400) -> list[Any]:
    step = -(-len(rows) // at_most) or 1
    return rows if step == 1 else [*rows[::step], rows[-1]]


def _balance(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Compare the arms in what was there before the lot; a good lot leaves small differences."""
    found = []
    counts = [sum(case.arm == place for case in cases) for place in (0, 1)]
    if not all(counts):
        return []
    for what, values in (
        ("severity", [name for name in reversed(SEVERITIES) if any(case.severity == name for case in cases)]),
        ("sector", sorted({case.sector for case in cases})),
    ):
        for value in values:
            usual, tried = (
                sum(case.arm == place and getattr(case, what) == value for case in cases) / counts[place]
                for place in (0, 1)
            )
            found.append({"what": what, "value": value, "shares": [usual, tried], "standardized": clusters.standardized(tried, usual)})  # fmt: skip
    return found
