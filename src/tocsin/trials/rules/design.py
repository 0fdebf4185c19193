"""What is registered before a trial starts: the question, the arms, who takes part, and what will be compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from tocsin.core.severity import RANK
from tocsin.estimates import clusters

COMPARES = ("text", "channel", "sender", "later")
UNITS = ("organization", "organization-and-kind")
OUTCOMES = ("verified", "answered")
CHANNELS = ("email", "email-and-rooms", "email-and-letter")
SEVERITIES = ("high", "medium", "low", "info")
"""Which may take part: the gravest never wait and never are part of a trial."""
LONGEST_DELAY = 14
"""Days that the later arm may wait at most."""
LONGEST = 366


class BadDesign(Exception):
    """A trial cannot be made so: `field` says where, `why` what is wrong, in one word."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the two ways. Which of its fields counts is said by what the trial compares."""

    name: str
    text_vi: str = ""
    """A paragraph before the findings; empty: the usual mail."""
    text_en: str = ""
    channel: str = ""
    sender: str = ""
    """The name before the team's address; empty: the usual one."""
    delay_days: int = 0


@dataclass(frozen=True, slots=True)
class Design:
    """A trial as it is registered. The first arm is the usual way, the second what is tried."""

    name: str
    question: str
    compares: str
    arms: tuple[Arm, Arm]
    unit: str
    """What is assigned by lot."""
    kinds: tuple[str, ...]
    """Empty: every kind."""
    severities: tuple[str, ...]
    sectors: tuple[str, ...]
    """Empty: every sector."""
    outcome: str
    within_days: int
    horizon_days: int
    planned_organizations: int
    findings_each: float
    expected_share: float
    """What the usual way is expected to reach."""
    smallest_difference: float
    """The smallest difference that would matter."""
    correlation: float
    """How much findings of one organization hang together."""
    starts_on: date
    ends_on: date
    """The last day on which findings enter."""
    agreed_by: str
    """Who leads the team and agreed to it."""
    agreed_on: date | None

    @property
    def power(self) -> float:
        """Return how probably the smallest difference that matters would be seen."""
        return clusters.power(
            clusters=self.planned_organizations, size=self.findings_each, share=self.expected_share,
            difference=self.smallest_difference, correlation=self.correlation,
        )  # fmt: skip

    @property
    def longest_delay(self) -> int:
        """Return how many days the slower arm waits."""
        return max(arm.delay_days for arm in self.arms) if self.compares == "later" else 0

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept and hashed."""
        found = asdict(self)
        for name in ("starts_on", "ends_on", "agreed_on"):
            found[name] = found[name] and found[name].isoformat()
        for name in ("arms", "kinds", "severities", "sectors"):
            found[name] = list(found[name])
        return found


def read(given: Mapping[str, Any]) -> Design:
    """Read a design as `as_json` writes it. Raise BadDesign."""
    known = {field.name for field in fields(Design)}
    for name in given:
        if name not in known:
            raise BadDesign(str(name), "unknown")
    design = Design(
        name=_text(given, "name", 200),
        question=_text(given, "question", 2000),
        compares=_one(given, "compares", COMPARES),
        arms=_arms(given),
        unit=_one(given, "unit", UNITS, "organization"),
        kinds=_texts(given, "kinds"),
        severities=_texts(given, "severities", SEVERITIES) or SEVERITIES[:3],
        sectors=_texts(given, "sectors"),
        outcome=_one(given, "outcome", OUTCOMES, "verified"),
        within_days=int(_number(given, "within_days", 1, 90)),
        horizon_days=int(_number(given, "horizon_days", 1, 180)),
        planned_organizations=int(_number(given, "planned_organizations", 4, 100_000)),
        findings_each=_number(given, "findings_each", 1, 100_000, 1.0),
        expected_share=_number(given, "expected_share", 0, 1),
        smallest_difference=_number(given, "smallest_difference", 0.001, 1),
        correlation=_number(given, "correlation", 0, 1, 0.1),
        starts_on=_day(given, "starts_on"),
        ends_on=_day(given, "ends_on"),
        agreed_by=_text(given, "agreed_by", 200, needed=False),
        agreed_on=_day(given, "agreed_on") if given.get("agreed_on") else None,
    )
    _check(design)
    return design


def _check(design: Design) -> None:
    if not design.starts_on <= design.ends_on:
        raise BadDesign("ends_on", "before-start")
    if (design.ends_on - design.starts_on).days > LONGEST:
        raise BadDesign("ends_on", "too-long")
    if design.horizon_days < design.within_days:
        raise BadDesign("horizon_days", "shorter-than-outcome")
    for place, arm in enumerate(design.arms):
        if arm.delay_days and design.compares != "later":
            raise BadDesign(f"arms.{place}.delay_days", "not-compared")
    one, other = design.arms
    differs = {
        "text": (one.text_vi, one.text_en) != (other.text_vi, other.text_en),
        "channel": one.channel != other.channel,
        "sender": one.sender != other.sender,
        "later": one.delay_days != other.delay_days,
    }
    if not differs[design.compares]:
        raise BadDesign("arms", "alike")
    if design.compares == "text" and any(bool(arm.text_vi) != bool(arm.text_en) for arm in design.arms):
        raise BadDesign("arms", "one-language")
    if design.compares == "later":
        if min(one.delay_days, other.delay_days):
            raise BadDesign("arms", "nobody-at-once")
        if design.outcome != "verified":
            raise BadDesign("outcome", "nobody-answers-untold")
        if design.within_days > design.longest_delay:
            raise BadDesign("within_days", "after-the-wait")


def digest(design: Mapping[str, Any], seed: str) -> str:
    """Return the SHA-256 of a design and of the fingerprint of its seed, in canonical JSON: it changes when either does."""
    whole = {"design": dict(design), "seed": hashlib.sha256(seed.encode()).hexdigest()}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _arms(given: Mapping[str, Any]) -> tuple[Arm, Arm]:
    rows = given.get("arms")
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) != 2:
        raise BadDesign("arms", "two")
    one, other = (_arm(row, place) for place, row in enumerate(rows))
    if one.name == other.name:
        raise BadDesign("arms", "same-name")
    return one, other


def _arm(row: Any, place: int) -> Arm:
    if not isinstance(row, Mapping):
        raise BadDesign("arms", "two")
    known = {field.name for field in fields(Arm)}
    for name in row:
        if name not in known:
            raise BadDesign(f"arms.{place}.{name}", "unknown")
    sender = _text(row, "sender", 60, needed=False)
    if any(sign in sender for sign in '<>"\r\n@'):
        raise BadDesign(f"arms.{place}.sender", "no-name")
    return Arm(
        name=_text(row, "name", 60),
        text_vi=_text(row, "text_vi", 2000, needed=False),
        text_en=_text(row, "text_en", 2000, needed=False),
        channel=_one(row, "channel", CHANNELS, "email-and-rooms"),
        sender=sender,
        delay_days=int(_number(row, "delay_days", 0, LONGEST_DELAY, 0)),
    )


def _text(given: Mapping[str, Any], name: str, at_most: int, *, needed: bool = True) -> str:
    value = given.get(name) or ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise BadDesign(name, "missing")
    if len(value) > at_most:
        raise BadDesign(name, "too-long")
    return value.strip()


def _texts(given: Mapping[str, Any], name: str, among: Sequence[str] | None = None) -> tuple[str, ...]:
    value = given.get(name) or ()
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise BadDesign(name, "no-list")
    if among is not None and not set(value) <= set(among):
        raise BadDesign(name, "gravest" if "critical" in value else "unknown")
    return tuple(sorted(set(value), key=lambda one: (-RANK.get(one, 0), one)))


def _one(given: Mapping[str, Any], name: str, among: Sequence[str], default: str = "") -> str:
    value = given.get(name) or default
    if value not in among:
        raise BadDesign(name, "unknown")
    return str(value)


def _number(
    given: Mapping[str, Any], name: str, least: float, most: float, default: float | None = None
) -> float:  # fmt: skip
    value = given.get(name)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadDesign(name, "missing")
    if not least <= value <= most:
        raise BadDesign(name, "out-of-range")
    return value


def _day(given: Mapping[str, Any], name: str) -> date:
    value = given.get(name)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadDesign(name, "no-day") from None
