"""Whether an organization should hear from us now about a kind of finding, and why: a pure function."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.severity import RANK


class Reason(StrEnum):
    """Why a notice goes out, or does not."""

    FIRST = "first"
    NEW_ASSETS = "new-assets"
    WORSE = "worse"
    REMINDER_DUE = "reminder-due"
    ALL_RESOLVED = "all-resolved"
    SILENCED = "silenced"
    NOTHING_NEW = "nothing-new"
    AWAITING_APPROVAL = "awaiting-approval"
    NO_CONTACT = "no-contact"
    TOO_MILD = "too-mild"


SENDING = {Reason.FIRST, Reason.NEW_ASSETS, Reason.WORSE, Reason.REMINDER_DUE, Reason.ALL_RESOLVED}
ORDER = [Reason.WORSE, Reason.FIRST, Reason.NEW_ASSETS, Reason.REMINDER_DUE, Reason.ALL_RESOLVED]
"""Which reason names a notice that has several: the most telling first."""
SETTLED = {"not-ours", "false-positive"}
"""Words of an owner after which it is not reminded: a person looks first."""
DEADLINE_DAYS = {"critical": 2, "high": 5, "medium": 14, "low": 30, "info": 60}


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding, as far as the decision needs it."""

    severity: str
    told_at: datetime | None = None
    """When a notice last carried it; None: never."""
    told_severity: str | None = None
    open: bool = True
    owner: str = "silent"
    fixing_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PolicyValues:
    """How this organization is warned of this kind."""

    needs_approval: bool = False
    repeat: timedelta = timedelta(days=7)
    deadline_days: dict[str, int] = field(default_factory=dict)
    tlp: str = "TLP:AMBER"
    minimum_severity: str = "low"


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome: whether something goes out, and the reason in one word."""

    reason: Reason

    @property
    def sends(self) -> bool:
        """Whether a notice follows."""
        return self.reason in SENDING


def decide(findings: Iterable[Seen], *, policy: PolicyValues, silenced: bool, waiting: bool, now: datetime) -> Decision:
    """Say whether the organization should hear from us now about one kind. `waiting`: a notice of it awaits approval."""
    rows = list(findings)
    open_ = [f for f in rows if f.open and f.owner not in SETTLED]
    if silenced:
        return Decision(Reason.SILENCED)
    if waiting:
        return Decision(Reason.AWAITING_APPROVAL)
    told = [f for f in rows if f.told_at is not None]
    if not open_:
        return Decision(
            Reason.ALL_RESOLVED if any(not f.open and f.owner not in SETTLED for f in told) else Reason.NOTHING_NEW
        )
    if max(RANK[f.severity] for f in open_) < RANK[policy.minimum_severity]:
        return Decision(Reason.TOO_MILD)
    if not told:
        return Decision(Reason.FIRST)
    if any(f.told_severity is not None and RANK[f.severity] > RANK[f.told_severity] for f in open_):
        return Decision(Reason.WORSE)
    if any(f.told_at is None for f in open_):
        return Decision(Reason.NEW_ASSETS)
    last = max(f.told_at for f in told if f.told_at is not None)
    promised = [f.fixing_until for f in open_ if f.fixing_until is not None]
    if now - last >= policy.repeat and not any(day > now for day in promised):
        return Decision(Reason.REMINDER_DUE)
    return Decision(Reason.NOTHING_NEW)


def due(severity: str, policy: PolicyValues, now: datetime) -> datetime:
    """Return by when findings of this severity are to be fixed."""
    return now + timedelta(days=policy.deadline_days.get(severity, DEADLINE_DAYS[severity]))


RETRIES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after this many failed attempts; None when it is given up."""
    return now + RETRIES[attempts - 1] if attempts <= len(RETRIES) else None
