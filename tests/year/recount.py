"""Count the figures of the loop again, from nothing but the log of what happened. It imports nothing of Tocsin.

A line of the log is an object with `what`:

    finding   number, organization, kind, severity          named once, before anything happens to it
    report    at, kind, seen: numbers                       what a sensor saw, everything it looks at
    told      at, notice, due_days, numbers                 a mail was taken over by the mail server
    answer    at, notice, word                              the owner's word on all that the notice told

A warning begins with the first mail about a finding, and ends when the third report in a row does not show it any
more; seen after that, it is another warning.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

REPORTS_WITHOUT = 3
STEP = timedelta(hours=6)
IN_TIME = {"critical": timedelta(hours=24), "high": timedelta(hours=72), "medium": timedelta(days=7), "low": timedelta(days=14)}  # fmt: skip
REFUTED = {"not-ours", "false-positive"}


@dataclass(slots=True)
class Warned:
    """One finding, from the time that it was first seen, or seen again, until it is gone."""

    organization: str
    kind: str
    severity: str
    told: datetime | None = None
    due: datetime | None = None
    answered: datetime | None = None
    heard: datetime | None = None
    word: str = ""
    verified: datetime | None = None
    misses: int = 0


def warnings(log: Path) -> list[Warned]:
    """Live the log again; return every warning that was given."""
    open_: dict[int, Warned] = {}
    about: dict[int, tuple[str, str, str]] = {}
    by_kind: dict[str, set[int]] = defaultdict(set)
    lines: dict[str, set[int]] = defaultdict(set)
    ended: list[Warned] = []
    for line in log.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["what"] == "finding":
            about[row["number"]] = (row["organization"], row["kind"], row["severity"])
            continue
        at = datetime.fromisoformat(row["at"])
        if row["what"] == "report":
            seen = set(row["seen"])
            for number in seen:
                one = open_.get(number)
                if one is None or one.verified:
                    if one is not None:
                        ended.append(one)
                    open_[number] = Warned(*about[number])
                    if one is not None and one.word != "fixed":  # any other word holds for what is back, too
                        open_[number].word, open_[number].heard = one.word, one.heard
                    by_kind[row["kind"]].add(number)
                else:
                    one.misses = 0
            for number in list(by_kind[row["kind"]] - seen):
                one = open_[number]
                one.misses += 1
                if one.misses == REPORTS_WITHOUT:
                    one.verified = at
                    by_kind[row["kind"]].discard(number)
        elif row["what"] == "told":
            lines[row["notice"]].update(row["numbers"])
            for number in row["numbers"]:
                one = open_[number]
                one.told = one.told or at
                one.due = one.due or at + timedelta(days=row["due_days"])
        else:
            for number in lines[row["notice"]]:
                one = open_[number]
                one.answered = one.answered or at
                one.heard, one.word = at, row["word"]
    return [one for one in (*ended, *open_.values()) if one.told]


def figures(warned: Iterable[Warned], as_of: datetime) -> dict[str, int]:
    """Return the counts."""
    n: Counter[str] = Counter()
    for one in warned:
        gone = one.verified is not None and one.verified <= as_of
        says_fixed = one.word == "fixed"
        n["told"] += 1
        n["acknowledged"] += one.answered is not None
        n["acknowledged_in_time"] += one.answered is not None and one.answered <= one.told + IN_TIME[one.severity]  # type: ignore[operator]
        n["says_fixed"] += says_fixed
        n["fixed_in_time"] += bool((gone and one.verified <= one.due) or (says_fixed and one.heard <= one.due))  # type: ignore[operator]
        n["verified"] += gone
        n["refuted"] += one.word in REFUTED and not gone
        n["overdue"] += one.due < as_of and not gone and one.word not in REFUTED  # type: ignore[operator]
    return {name: n[name] for name in COUNTED}


COUNTED = (
    "told",
    "acknowledged",
    "acknowledged_in_time",
    "says_fixed",
    "fixed_in_time",
    "verified",
    "refuted",
    "overdue",
)


def waiting(warned: Iterable[Warned], of: str, as_of: datetime) -> dict[str, Any]:
    """Return of how many it was waited for `told` to become `of`, and by when half and nine of ten had it (product limit)."""
    events: Counter[Fraction] = Counter()
    leaving: Counter[Fraction] = Counter()
    for one in warned:
        if of == "verified" and one.word in REFUTED and not one.verified:
            continue
        end: datetime | None = getattr(one, of)
        steps = ((end or as_of) - one.told) // STEP  # type: ignore[operator]
        days = Fraction(steps) * Fraction(STEP / timedelta(days=1))
        leaving[days] += 1
        events[days] += end is not None
    n = at_risk = sum(leaving.values())
    share, quantiles = Fraction(1), {Fraction(1, 2): None, Fraction(1, 10): None}
    for days in sorted(leaving):
        share *= 1 - Fraction(events[days], at_risk)
        at_risk -= leaving[days]
        for goal, reached in quantiles.items():
            if reached is None and share <= goal:
                quantiles[goal] = float(days)  # type: ignore[assignment]
    return {"n": n, "n_open": n - sum(events.values()), "median_days": quantiles[Fraction(1, 2)], "ninety_days": quantiles[Fraction(1, 10)]}  # fmt: skip


def recount(log: Path, as_of: datetime) -> dict[str, Any]:
    """Return what `tocsin stats loop` should say of the whole log."""
    every = warnings(log)
    return {
        "total": figures(every, as_of),
        **{
            f"by_{name}": {value: figures((one for one in every if getattr(one, name) == value), as_of) for value in sorted({getattr(one, name) for one in every})}
            for name in ("severity", "kind")
        },
        "by_organization": _by_organization(every, as_of),
        "to_acknowledge": waiting(every, "answered", as_of),
        "to_verify": waiting(every, "verified", as_of),
    }  # fmt: skip


def _by_organization(every: list[Warned], as_of: datetime) -> dict[str, dict[str, int]]:
    of: dict[str, list[Warned]] = defaultdict(list)
    for one in every:
        of[one.organization].append(one)
    return {name: figures(ones, as_of) for name, ones in sorted(of.items())}


def differences(ours: dict[str, Any], again: dict[str, Any], place: str = "") -> list[str]:
    """Return each figure of the recount that the product tells otherwise."""
    found = []
    for name, value in again.items():
        at = f"{place}.{name}" if place else name
        if isinstance(value, dict):
            found += differences(ours.get(name, {}), value, at)
        elif ours.get(name) != value:
            found.append(f"{at}: {ours.get(name)!r}, counted again {value!r}")
    return found
