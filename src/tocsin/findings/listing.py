"""What may be asked of a list of findings, and which index answers it. See `tocsin.base.lists`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from django.db.models import F, Q

from tocsin.base.dialect.indexes import begins
from tocsin.base.lists import Condition, Filter, Order
from tocsin.findings.models import Finding, Owner, Sensor

_BY_SEVERITY: Final = frozenset({"organization", "kind", "owner", "sensor", "says_fixed", "verified"})
ORDERS: Final[dict[str, Order]] = {
    "-severity": Order(("-severity_rank", "-id"), after=_BY_SEVERITY, free=frozenset({"severity"})),
    "-last_seen": Order(("-last_seen", "-id"), free=frozenset({"since", "until"})),
    "last_seen": Order(("last_seen", "id"), free=frozenset({"since", "until"})),
    "-found": Order(("-id",)),
    "found": Order(("id",)),
}
SETTLED: Final = (Owner.NOT_OURS, Owner.FALSE_POSITIVE)
"""Words of an owner after which nothing is due: a person looks first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list; what is empty does not narrow it. `step` is a figure of the front page."""

    organization: str = ""
    kind: str = ""
    severity: str = ""
    sensor: str = ""
    owner: str = ""
    feed: str = ""
    step: str = ""
    asset: str = ""
    since: date | datetime | None = None
    until: date | None = None

    def chosen(self) -> list[str]:
        """Return the names of the filters that narrow."""
        return [field.name for field in fields(self) if getattr(self, field.name)]


def opened() -> Q:
    """Return what sensors still see and the owner has not disowned."""
    return ~Q(sensor=Sensor.GONE) & ~Q(owner__in=SETTLED)


def due_between(since: datetime, until: datetime) -> Q:
    """Return what has its deadline between two instants and is neither gone, nor settled, nor said to be fixed."""
    return Q(due_at__gte=since, due_at__lt=until, due_at__isnull=False) & opened() & ~Q(owner=Owner.SAYS_FIXED)


def figures(now: datetime) -> dict[str, Q]:
    """Return what each figure of the loop counts. The list shows exactly these rows for `step`."""
    return {
        "seen": Q(),
        "warned": Q(warned_at__isnull=False),
        "in_time": Q(answered_at__lte=F("due_at")),
        "says_fixed": Q(owner=Owner.SAYS_FIXED),
        "verified": Q(sensor=Sensor.GONE),
        "overdue": Q(due_at__lt=now) & opened() & ~Q(owner=Owner.SAYS_FIXED),
        "open": opened(),
        "unanswered": Q(warned_at__isnull=False, owner=Owner.SILENT) & ~Q(sensor=Sensor.GONE),
    }


AXES: Final = {"owner": tuple(Owner.values), "sensor": tuple(Sensor.values)}
"""What is said of every finding, and in which words."""

STEPS: Final = ("warned", "in_time", "says_fixed", "verified", "overdue", "due_soon", "unanswered", "open")
SOON: Final = timedelta(days=1)


def _owner(name: str, word: str) -> Filter:
    # The index leaves silence out, and is chosen only where the query says so too.
    if word == Owner.SILENT:
        return Filter("silent", also=Q(owner=word))
    return Filter(name, (Condition("owner", "exact", word),), partial=~Q(owner=Owner.SILENT))


def _sensor(name: str, state: str) -> Filter:
    if state == Sensor.SEEN:
        return Filter("seen", also=Q(sensor=state))
    return Filter(name, (Condition("sensor", "exact", state),), partial=~Q(sensor=Sensor.SEEN))


def step(name: str, now: datetime) -> Filter:
    """Return the rows behind a figure of the loop."""
    if name == "says_fixed":
        return _owner(name, Owner.SAYS_FIXED)
    if name == "verified":
        return _sensor(name, Sensor.GONE)
    still = opened() & ~Q(owner=Owner.SAYS_FIXED)
    if name == "overdue":
        return Filter(name, (Condition("due_at", "lt", now),), still, Q(due_at__isnull=False))
    if name == "due_soon":
        limits = Condition("due_at", "gte", now), Condition("due_at", "lt", now + SOON)
        return Filter(name, limits, still, Q(due_at__isnull=False))
    return Filter(name, also=figures(now)[name])


def filters(wanted: Wanted, organizations: Sequence[str] | None, now: datetime, zone: tzinfo) -> list[Filter]:
    """Return the filters of a list. `organizations`: those a text or a viewer leaves; None for all."""
    found = []
    if organizations is not None:
        one = len(organizations) == 1
        condition = Condition(
            "organization", "exact" if one else "in", organizations[0] if one else list(organizations)
        )
        found.append(Filter("organization" if one else "organizations", (condition,)))
    if wanted.kind:
        found.append(Filter("kind", (Condition("kind", "exact", wanted.kind),)))
    if wanted.severity:
        found.append(Filter("severity", (Condition("severity_rank", "exact", Finding.rank(wanted.severity)),)))
    if wanted.sensor:
        found.append(_sensor("sensor", wanted.sensor))
    if wanted.owner:
        found.append(_owner("owner", wanted.owner))
    if wanted.step:
        found.append(step(wanted.step, now))
    if wanted.since:
        since = wanted.since
        first = since if isinstance(since, datetime) else datetime.combine(since, time.min, tzinfo=zone)
        found.append(Filter("since", (Condition("last_seen", "gte", first),)))
    if wanted.until:
        after = datetime.combine(wanted.until + timedelta(days=1), time.min, tzinfo=zone)
        found.append(Filter("until", (Condition("last_seen", "lt", after),)))
    if wanted.asset:
        found.append(Filter("asset", tuple(Condition("asset", *pair) for pair in begins(wanted.asset))))
    if wanted.feed:
        found.append(Filter("feed", also=Q(feeds__icontains=f'"{wanted.feed}"')))
    return found
