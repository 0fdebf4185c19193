"""Whom to tell next while nobody answers, and when: pure functions over plans, which are data (escalation.toml, or rows)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from tocsin.notices.hours import UNITS, Calendar

WHOM: Final = ("next-contact", "same-contacts", "all-contacts", "head", "duty-officer", "organization")
CHANNELS: Final = ("email", "chat", "webhook", "portal", "letter")
MOST_STEPS: Final = 12
FIRST: Final = ("security", "duty", "technical", "management", "head")
"""Roles of contacts in the order in which the next one is chosen."""
LEADERS: Final = frozenset({"head", "management"})


class BadPlan(Exception):
    """A plan cannot be as it is written; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """How long after the notice went out, who is told, by which channel."""

    after: int
    unit: str
    whom: str
    channel: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps for one severity. `in_working_time`: an instant outside of it moves to when it is worked next."""

    severity: str
    steps: tuple[Step, ...]
    in_working_time: bool = True
    grace: timedelta = timedelta(minutes=60)


@cache
def shipped() -> Mapping[str, Plan]:
    """Return the plan for each severity that holds where no row says otherwise."""
    text = (Path(__file__).parent / "escalation.toml").read_text(encoding="utf-8")
    return {
        severity: Plan(
            severity,
            tuple(Step(**step) for step in found["steps"]),
            found["in_working_time"],
            timedelta(minutes=found["grace_minutes"]),
        )
        for severity, found in tomllib.loads(text).items()
    }


def check(steps: Sequence[Step]) -> None:
    """Raise BadPlan when steps cannot be done in this order, or name what there is not."""
    if len(steps) > MOST_STEPS:
        raise BadPlan(f"{len(steps)} steps: at most {MOST_STEPS}")
    for step in steps:
        for value, offered in ((step.unit, UNITS), (step.whom, WHOM), (step.channel, CHANNELS)):
            if value not in offered:
                raise BadPlan(f"{value!r} is none of {', '.join(offered)}")
        if not 0 < step.after <= 10_000:
            raise BadPlan(f"{step.after} {step.unit}: from 1 to 10000")
        if step.channel == "letter" and step.whom != "organization":
            raise BadPlan("a letter goes to the organization")
        if step.whom == "duty-officer" and step.channel != "email":
            raise BadPlan("the duty officer is told by email")


def instants(plan: Plan, start: datetime, calendar: Calendar) -> list[datetime]:
    """Return when each step is due after a notice that went out at `start`; a step is never before the one ahead of it."""
    found: list[datetime] = []
    for step in plan.steps:
        at = calendar.later(start, step.after, step.unit)
        if plan.in_working_time:
            at = calendar.open_at(at)
        found.append(max(at, found[-1]) if found else at)
    return found


T = TypeVar("T")


def in_order(contacts: Iterable[tuple[T, Sequence[str]]]) -> list[T]:
    """Return contacts, each given with its roles, in the order in which they are told; equals stay as they came."""

    def place(roles: Sequence[str]) -> int:
        return min((FIRST.index(role) for role in roles if role in FIRST), default=len(FIRST))

    return [contact for contact, _ in sorted(contacts, key=lambda pair: place(pair[1]))]
