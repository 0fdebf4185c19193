"""Whether an organization should hear from us now about a kind of finding, why, and when to ask again: pure functions.

What is decided about is a *unit*: the findings of one organization and kind, or of one network among them
where the policy groups so. The state machine of notices and deliveries is here too, in one table each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.core.severity import RANK
from tocsin.notices.hours import Calendar


class Reason(StrEnum):
    """Why a notice goes out, or does not."""

    FIRST = "first"
    NEW_ASSETS = "new-assets"
    WORSE = "worse"
    BACK = "back"
    SEEN_AGAIN = "seen-again"
    REMINDER_DUE = "reminder-due"
    ALL_RESOLVED = "all-resolved"
    SILENCED = "silenced"
    NOTHING_NEW = "nothing-new"
    AWAITING_APPROVAL = "awaiting-approval"
    NO_CONTACT = "no-contact"
    TOO_MILD = "too-mild"
    QUIET_BY_OWNER = "quiet-by-owner"
    DECLINED = "declined"
    WAITS_FOR_HOURS = "waits-for-hours"
    GATHERED_BY_OWNER = "gathered-by-owner"
    TRIAL_WAITS = "trial-waits"


EMERGENCY = "emergency"
"""The reason of a notice that no finding made: one warning to many, sent by hand."""
ORDER = [
    Reason.WORSE,
    Reason.BACK,
    Reason.SEEN_AGAIN,
    Reason.FIRST,
    Reason.NEW_ASSETS,
    Reason.REMINDER_DUE,
    Reason.ALL_RESOLVED,
]
"""Which reason names a notice that has several: the most telling first."""
SENDING = set(ORDER)
SETTLED = {"not-ours", "false-positive", "risk-accepted"}
"""Words of an owner after which it is not reminded: a person looks first."""
SAYS_FIXED = "says-fixed"
GRAVEST = "critical"
"""A warning of it waits for no hour and no working day."""
PRESSING = "high"
"""What is as grave waits no longer than a day, however seldom an organization wants mail."""
DEADLINE_DAYS = {"critical": 2, "high": 5, "medium": 14, "low": 30, "info": 60}
REPEAT_DAYS = 7
REPEAT_DAYS_BY = {"critical": 3, "high": 7, "medium": 14, "low": 30, "info": 30}
"""Days between two reminders where no policy says otherwise."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding, as far as the decision needs it. Many findings of a unit look the same: equal ones count once."""

    severity: str
    told_at: datetime | None = None
    """When a notice that carried it was last let go; None: never."""
    told_severity: str | None = None
    """What that notice said of it; None beside a `told_at`: that it was gone."""
    open: bool = True
    owner: str = "silent"
    fixing_until: datetime | None = None
    declined_severity: str | None = None
    """The severity at which an approver said that it need not be told."""
    seen_again: bool = False
    """Sensors saw it after its owner had spoken."""
    told_since: bool = False
    """A notice carried it after its owner had spoken."""
    came_back: bool = False
    """It was verified as gone, and seen again after a notice last carried it."""

    @property
    def declined(self) -> bool:
        """Whether an approver's no still stands: it has not become graver since."""
        return self.declined_severity is not None and RANK[self.severity] <= RANK[self.declined_severity]

    @property
    def new(self) -> bool:
        """Whether nobody was told that it is there."""
        return self.told_severity is None

    @property
    def back(self) -> bool:
        """Whether it is there again and nobody was told so."""
        return self.came_back and self.told_at is not None

    @property
    def fixed_in_vain(self) -> bool:
        """Whether its owner called it fixed, sensors see it still, and nobody was told so."""
        return self.owner == SAYS_FIXED and self.seen_again and not self.told_since and self.told_at is not None

    @property
    def worse(self) -> bool:
        """Whether it is graver than was told."""
        return self.told_severity is not None and RANK[self.severity] > RANK[self.told_severity]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often an organization itself wants mail: at an hour of each day, or of one day of the week (0 is Monday)."""

    hour: int
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyValues:
    """How this organization is warned of this kind."""

    needs_approval: bool = False
    repeat: timedelta = timedelta(days=REPEAT_DAYS)
    deadline_days: Mapping[str, int] = field(default_factory=dict)
    tlp: str = "TLP:AMBER"
    minimum_severity: str = "low"
    grouping: str = "organization"
    """What shares a notice: everything of the `organization`, of a `kind`, or of a kind in a `network`."""
    repeat_days: Mapping[str, int] = field(default_factory=dict)
    """Where a severity has an interval of its own. 0: never reminded."""
    language: str = ""
    """The language of the mail; empty: that of each contact."""
    contact_roles: tuple[str, ...] = ("security",)
    """Who is told: the contacts with one of these roles; where nobody has one, all."""
    calendar: Calendar | None = None
    """When the organization works; None: always."""
    own_floor: str = "low"
    """From which severity on the organization itself wants to be written to; never above high."""
    own_rhythm: Rhythm | None = None
    """When the organization itself wants to be written to; None: whenever there is something."""
    at_once: frozenset[str] = frozenset()
    """Severities of which it is reminded at any hour."""

    def repeat_of(self, severity: str) -> timedelta | None:
        """Return after how long a finding of this severity is told again; None: never."""
        days = self.repeat_days.get(severity)
        interval = self.repeat if days is None else timedelta(days=days)
        return interval or None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome: whether something goes out, the reason in one word, and when to ask again though nothing happens."""

    reason: Reason
    next_at: datetime | None = None
    reminds: bool = False
    """Whether what was told before is told again with it."""

    @property
    def sends(self) -> bool:
        """Whether a notice follows."""
        return self.reason in SENDING

    @property
    def tells(self) -> bool:
        """Whether there is something to tell, now or when its hour has come."""
        return self.sends or self.reason in {Reason.WAITS_FOR_HOURS, Reason.GATHERED_BY_OWNER}


def decide(
    findings: Iterable[Seen],
    *,
    policy: PolicyValues,
    now: datetime,
    silenced_until: datetime | None = None,
    blocked: Reason | None = None,
    promised: datetime | None = None,
) -> Decision:
    """Say whether the organization should hear from us now about one unit.

    `promised`: until when it was gathered before. `blocked` names why a notice about it exists and does not go out yet. Between `now` and `next_at` the
    decision stays the same as long as no argument changes.
    """
    rows = set(findings)
    decision = _whenever(rows, policy, now, silenced_until, blocked)
    if not decision.sends:
        return decision
    gathered = _gathered_until(rows, decision, policy, now, promised)
    if gathered > now:
        return Decision(Reason.GATHERED_BY_OWNER, gathered)
    until = _heard_at(rows, decision, policy, now)
    if until <= now:
        return decision
    reminders = (remind_at(f, policy) for f in rows if _active(f, policy))
    return Decision(Reason.WAITS_FOR_HOURS, min([until, *(at for at in reminders if at is not None and at > now)]))


def _gathered_until(
    rows: Collection[Seen], decision: Decision, policy: PolicyValues, now: datetime, promised: datetime | None
) -> datetime:
    """Return when the organization itself wants to hear of it: the gravest at once, what presses within a day."""
    rhythm = policy.own_rhythm
    if rhythm is None or policy.needs_approval or (promised is not None and promised <= now):
        return now
    weekday = rhythm.weekday
    if decision.reason is not Reason.ALL_RESOLVED:
        carried = {f.severity for f in rows if carries(f, decision, policy=policy, now=now)}
        if GRAVEST in carried:
            return now
        weekday = None if PRESSING in carried else weekday
    hour = (policy.calendar or Calendar()).next_round(now, rhythm.hour, weekday)
    return hour if promised is None else min(hour, promised)


def _heard_at(rows: Collection[Seen], decision: Decision, policy: PolicyValues, now: datetime) -> datetime:
    """Return when somebody may hear of it: the gravest at once, other things not in quiet hours or on days off.

    What a person has to approve is made at once: it disturbs nobody before that person lets it go.
    """
    if policy.calendar is None or policy.needs_approval or (until := policy.calendar.heard_at(now)) <= now:
        return now
    if decision.reason in {Reason.REMINDER_DUE, Reason.ALL_RESOLVED}:
        kept = set(RANK)
    else:
        kept = set(policy.calendar.quiet_for)
    if decision.reason is not Reason.ALL_RESOLVED:
        kept.discard(GRAVEST)
    carried = {f.severity for f in rows if carries(f, decision, policy=policy, now=now)}
    return until if carried <= kept else now


def _whenever(
    rows: Collection[Seen], policy: PolicyValues, now: datetime, silenced_until: datetime | None, blocked: Reason | None
) -> Decision:  # fmt: skip
    """Decide as if people heard at any hour."""
    if silenced_until is not None and silenced_until > now:
        return Decision(Reason.SILENCED, silenced_until)
    if blocked is not None:
        return Decision(blocked)
    active = [f for f in rows if _active(f, policy)]
    if not active:
        unfloored = replace(policy, own_floor="low")
        if any(_active(f, unfloored) for f in rows):
            return Decision(Reason.QUIET_BY_OWNER)
        return Decision(_quiet(rows, policy))
    moments = [at for f in active if (at := remind_at(f, policy)) is not None]
    reminds = any(at <= now for at in moments)
    if any(f.worse for f in active):
        return Decision(Reason.WORSE, reminds=reminds)
    if any(f.back for f in active):
        return Decision(Reason.BACK, reminds=reminds)
    if any(f.fixed_in_vain for f in active):
        return Decision(Reason.SEEN_AGAIN, reminds=reminds)
    if any(f.new for f in active):
        first = all(f.told_at is None for f in rows)
        return Decision(Reason.FIRST if first else Reason.NEW_ASSETS, reminds=reminds)
    if reminds:
        return Decision(Reason.REMINDER_DUE, reminds=True)
    return Decision(Reason.NOTHING_NEW, min(moments, default=None))


def _active(f: Seen, policy: PolicyValues) -> bool:
    mild = RANK[f.severity] < max(RANK[policy.minimum_severity], min(RANK[policy.own_floor], RANK["high"]))
    return f.open and f.owner not in SETTLED and not f.declined and not mild


def _quiet(rows: Collection[Seen], policy: PolicyValues) -> Reason:
    """Return the reason for a unit in which nothing is open that is to be told."""
    still = [f for f in rows if f.open and f.owner not in SETTLED]
    if not still:
        gone = any(not f.open and f.told_severity is not None and f.owner not in SETTLED for f in rows)
        return Reason.ALL_RESOLVED if gone else Reason.NOTHING_NEW
    return Reason.DECLINED if any(f.declined for f in still) else Reason.TOO_MILD


def remind_at(f: Seen, policy: PolicyValues) -> datetime | None:
    """Return when a finding that was told is told again; None: not by itself."""
    interval = policy.repeat_of(f.severity)
    if f.told_at is None or interval is None or (f.owner == SAYS_FIXED and not f.seen_again):
        return None
    at = max(f.told_at + interval, f.fixing_until) if f.fixing_until is not None else f.told_at + interval
    return at if policy.calendar is None or f.severity in policy.at_once else policy.calendar.open_at(at)


def carries(f: Seen, decision: Decision, *, policy: PolicyValues, now: datetime) -> str:
    """Return as what a notice speaks of a finding: `new`, `worse`, `back`, `still`, `gone`; "" when it does not.

    Once one reminder of a unit is due, all of it that was told is told again, so that they stay together;
    a finding whose promised day has not come, and one said to be fixed and not seen since, is left in peace.
    """
    if decision.reason is Reason.ALL_RESOLVED:
        return "gone" if not f.open and f.told_severity is not None and f.owner not in SETTLED else ""
    if not _active(f, policy):
        return ""
    if f.worse:
        return "worse"
    if f.back:
        return "back"
    if f.new:
        return "new"
    if f.fixed_in_vain:
        return "still"
    promised = f.fixing_until is not None and f.fixing_until > now
    return "still" if decision.reminds and not promised and remind_at(f, policy) is not None else ""


def after(f: Seen, reason: Reason, now: datetime) -> Seen:
    """Return a finding as it stands once a notice that carries it was let go."""
    if reason is Reason.ALL_RESOLVED:
        return replace(f, told_at=now, told_severity=None, told_since=True, came_back=False)
    return replace(f, told_at=now, told_severity=f.severity, declined_severity=None, told_since=True, came_back=False)


def due(severity: str, policy: PolicyValues, now: datetime) -> datetime:
    """Return by when findings of this severity are to be fixed."""
    return now + timedelta(days=policy.deadline_days.get(severity, DEADLINE_DAYS[severity]))


BUILT_IN_VALUES = PolicyValues(repeat_days=REPEAT_DAYS_BY)
"""How an organization is warned where no policy names it."""
BUILT_IN = "built-in"
"""Why there is no policy: nobody made one that names it."""


def places(organization: str, kind: str, rsit_type: str) -> list[tuple[str, tuple[str, str]]]:
    """Return where a policy for this may stand, the most specific first, and how closely it names it; "" is all."""
    every = [
        ("organization-and-kind", (organization, kind)),
        ("organization-and-type", (organization, rsit_type)),
        ("organization", (organization, "")),
        ("kind", ("", kind)),
        ("type", ("", rsit_type)),
        ("all", ("", "")),
    ]
    named = {"organization": bool(organization), "kind": bool(kind), "type": rsit_type not in {"", kind}}
    return [(closeness, place) for closeness, place in every if all(named[word] for word in _NAMES[closeness])]


_NAMES: Mapping[str, tuple[str, ...]] = {
    "organization-and-kind": ("organization", "kind"),
    "organization-and-type": ("organization", "type"),
    "organization": ("organization",),
    "kind": ("kind",),
    "type": ("type",),
    "all": (),
}


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


CHANNEL_RETRIES = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300))


def channel_again(failures: int, now: datetime) -> datetime:
    """Return when a way out that does not answer is tried again; no message pays for its silence."""
    return now + CHANNEL_RETRIES[min(failures, len(CHANNEL_RETRIES)) - 1]


NOTICE_MOVES: Mapping[str, frozenset[str]] = {
    # from -> to; "" is before it exists
    "": frozenset({"waiting", "ready", "no-contact"}),
    "waiting": frozenset({"ready", "no-contact", "rejected", "withdrawn"}),
    "no-contact": frozenset({"waiting", "ready", "withdrawn"}),
    "ready": frozenset({"sent", "partly-sent", "failed", "withdrawn"}),
    "sent": frozenset({"partly-sent", "failed"}),
    "partly-sent": frozenset({"sent", "failed"}),
    "failed": frozenset({"ready"}),
    "rejected": frozenset(),
    "withdrawn": frozenset(),
}
DELIVERY_MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"ready", "cancelled"}),
    "ready": frozenset({"handed-over", "failed", "cancelled", "by-hand"}),
    # It is made, and a person carries it: only they know when it was handed over.
    "by-hand": frozenset({"handed-over", "cancelled"}),
    "failed": frozenset({"ready"}),
    # What a server took may come back: then it never reached anybody.
    "handed-over": frozenset({"bounced"}),
    "bounced": frozenset({"ready"}),
    "cancelled": frozenset(),
}


class CannotMove(Exception):
    """The notice or delivery is in a state from which this does not lead on."""


def sources(moves: Mapping[str, frozenset[str]], to: str) -> list[str]:
    """Return the states from which something may come to `to`: for a compare-and-swap."""
    return sorted(state for state, onward in moves.items() if to in onward)


def standing(deliveries: Collection[str]) -> str:
    """Return the state of a notice that was let go, from the states of its deliveries."""
    states = set(deliveries)
    lost = bool(states & {"failed", "bounced"})
    to_come = bool(states & {"ready", "by-hand"})
    if "handed-over" in states:
        return "partly-sent" if lost and not to_come else "sent"
    if to_come:
        return "partly-sent" if "bounced" in states else "ready"
    return "failed"
