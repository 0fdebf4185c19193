"""What sensors' looks prove about a finding: pure functions, and the rules as data.

Sensors and owners are two axes. These rules move the first only: *seen* -> *not seen since* (the next
look did not show it) -> *gone* (enough looks in a row did not: verified) -> *back*.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path


class Method(StrEnum):
    """How a feed's silence about a thing is to be read."""

    SCAN = "scan"
    WATCH = "watch"
    LIST = "list"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Rule:
    """How many looks of a feed in a row must not show a thing until it counts as gone."""

    method: Method
    looks: int

    @property
    def name(self) -> str:
        """Return the rule in a word, as it stands in a finding's history."""
        return f"{self.looks}-looks-of-a-{self.method}"


@dataclass(frozen=True, slots=True)
class ReChecks:
    """How many clean re-checks in a row, and how far apart, verify that a thing is gone."""

    looks: int
    apart: timedelta

    @property
    def name(self) -> str:
        """Return the rule in a word, as it stands in a finding's history."""
        return f"{self.looks}-clean-rechecks"


@dataclass(frozen=True, slots=True)
class Look:
    """A look of a feed on a day: what was last seen before `proves_before`, and is not in it, was not there."""

    day: date
    proves_before: datetime


@dataclass(frozen=True, slots=True)
class CutOffs:
    """What was last seen before these instants is not seen since, or gone; None: nothing is proven."""

    not_seen: datetime | None
    gone: datetime | None
    rule: str = ""


def rule_of(feed: str) -> Rule:
    """Return the rule for a feed's code."""
    return next(rule for patterns, rule in _rules() if any(fnmatchcase(feed, pattern) for pattern in patterns))


def cut_offs(feeds: Iterable[str], looks: Mapping[str, Sequence[Look]]) -> CutOffs:
    """Say from the looks of its feeds which findings that these feeds reported are still there.

    Every feed that has a rule must have looked often enough; one without a rule says nothing. `looks`
    holds the latest looks of each feed, in any order, one a day.
    """
    ruled = [(feed, rule) for feed in sorted(set(feeds)) if (rule := rule_of(feed)).looks]
    if not ruled:
        return CutOffs(None, None)
    firsts, lasts = [], []
    for feed, rule in ruled:
        proofs = sorted((look.proves_before for look in looks.get(feed, ())), reverse=True)
        firsts.append(proofs[0] if proofs else None)
        lasts.append(proofs[rule.looks - 1] if len(proofs) >= rule.looks else None)
    slowest = max((rule for _, rule in ruled), key=lambda rule: rule.looks)
    return CutOffs(_earliest(firsts), _earliest(lasts), slowest.name)


def proofs(feeds: Iterable[str], looks: Mapping[str, Sequence[Look]]) -> list[str]:
    """Return the looks that a verdict on findings of these feeds rests on: `feed first-day/last-day (how many)`."""
    found = []
    for feed in sorted(set(feeds)):
        days = sorted((look.day for look in looks.get(feed, ())), reverse=True)[: rule_of(feed).looks]
        if days:
            found.append(f"{feed} {days[-1]}/{days[0]} ({len(days)})")
    return found


def most_looks() -> int:
    """Return how many looks back any rule needs to see."""
    return max(rule.looks for _, rule in _rules())


def _earliest(moments: Sequence[datetime | None]) -> datetime | None:
    known = [at for at in moments if at is not None]
    return min(known) if len(known) == len(moments) else None


@cache
def of_rechecks() -> ReChecks:
    """Return the rule for re-checks."""
    text = (Path(__file__).parent / "verification.toml").read_text(encoding="utf-8")
    rule = tomllib.loads(text)["recheck"]
    return ReChecks(int(rule["looks"]), timedelta(hours=int(rule["hours_apart"])))


@cache
def _rules() -> tuple[tuple[tuple[str, ...], Rule], ...]:
    text = (Path(__file__).parent / "verification.toml").read_text(encoding="utf-8")
    return tuple((tuple(r["feeds"]), Rule(Method(r["method"]), int(r["looks"]))) for r in tomllib.loads(text)["rule"])
