"""The simulated world: what is weak where, until when, and what its owners say and do. All of it drawn from one seed.

The rates are stated here and nowhere else. They are of the order that studies of notifications report (half of those
who are warned never act, what is done is done in the first weeks, some of it by itself); they are no measurement.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

BEGIN = date(2026, 1, 1)
KINDS = {"scan_rdp": "open-rdp", "scan_telnet": "open-telnet", "scan_smb": "open-smb", "scan_snmp": "open-snmp"}
"""Reports of the sensor, by the kind of finding that a row of each becomes."""
SEVERITIES = {"open-rdp": "high", "open-telnet": "critical", "open-smb": "medium", "open-snmp": "low"}
PORTS = {"open-rdp": 3389, "open-telnet": 23, "open-smb": 445, "open-snmp": 161}
PER_ORGANIZATION = 256
"""Addresses of an organization: one network."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What happens how often."""

    burst: float = 20.0
    """Weaknesses of one kind that appear together in an organization, on average."""
    decay_days: float = 60.0
    """Mean life of a weakness that nobody mends: machines are replaced, addresses change."""
    answers: float = 0.5
    """Share of organizations' answers to a first warning, on average over organizations."""
    answers_reminder: float = 0.1
    """The same for a reminder, of those that were silent."""
    delay_days: float = 3.0
    """Mean time until an answer."""
    words: tuple[tuple[str, float], ...] = (
        ("seen", 0.25), ("fixing", 0.35), ("fixed", 0.28), ("not-ours", 0.04), ("false-positive", 0.08),
    )  # fmt: skip
    mended: float = 0.85
    """Share of the findings of a notice that are mended after `fixing` or `fixed`."""
    mending_days: float = 5.0
    """Mean time from `fixing` until it is done."""
    returns: float = 0.05
    """Share of what was mended that comes back, 10 to 60 days later."""


@dataclass(slots=True)
class Weakness:
    """One weakness of one address."""

    number: int
    organization: str
    asset: str
    kind: str
    begins: datetime
    ends: datetime


@dataclass(order=True, slots=True)
class Said:
    """What an organization is going to answer to a notice."""

    at: datetime
    reference: str
    word: str = field(compare=False)


@dataclass(slots=True)
class World:
    """What is there on a day; it hears of warnings, and answers."""

    organizations: int
    weaknesses: int
    days: int
    seed: int
    rates: Rates = field(default_factory=Rates)
    all: list[Weakness] = field(default_factory=list)
    _random: np.random.Generator = field(init=False)
    _willing: dict[str, float] = field(default_factory=dict)
    _at: dict[tuple[str, str], Weakness] = field(default_factory=dict)
    _answers: list[Said] = field(default_factory=list)
    _answered: set[int] = field(default_factory=set)
    _appearing: dict[int, list[Weakness]] = field(default_factory=lambda: defaultdict(list))
    _there: dict[int, Weakness] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw every weakness of the year."""
        self._random = np.random.default_rng(self.seed)
        names = [self.name(n) for n in range(self.organizations)]
        self._willing = dict(zip(names, self._random.beta(1.5, 1.5, len(names)), strict=True))
        free = {
            (n, kind): list(self._random.permutation(PER_ORGANIZATION))
            for n in range(len(names))
            for kind in SEVERITIES
        }
        kinds = list(SEVERITIES)
        while len(self.all) < self.weaknesses and any(free.values()):
            n, kind = int(self._random.integers(len(names))), kinds[int(self._random.integers(len(kinds)))]
            day = int(self._random.integers(self.days))
            size = min(int(self._random.geometric(1 / self.rates.burst)), self.weaknesses - len(self.all))
            for place in [free[n, kind].pop() for _ in range(min(size, len(free[n, kind])))]:
                begins = instant(day) - timedelta(hours=float(self._random.uniform(3, 24)))
                ends = begins + timedelta(days=float(self._random.exponential(self.rates.decay_days)))
                one = Weakness(len(self.all), names[n], self.address(n, int(place)), kind, begins, ends)
                self.all.append(one)
                self._at[one.asset, kind] = one
                self._appearing[day].append(one)

    @staticmethod
    def name(n: int) -> str:
        """Return the identifier of the n-th organization."""
        return f"org-{n:03d}"

    @staticmethod
    def network(n: int) -> str:
        """Return its network: of those set aside for measuring (RFC 2544)."""
        return f"198.{18 + n // 256}.{n % 256}.0/24"

    @classmethod
    def address(cls, n: int, place: int) -> str:
        """Return one of its addresses."""
        return cls.network(n).replace(".0/24", f".{place}")

    def seen(self, day: int) -> Iterator[tuple[str, list[Weakness]]]:
        """Yield for each report what the sensor sees this morning."""
        self._there.update((one.number, one) for one in self._appearing.pop(day, []))
        now = instant(day) - timedelta(hours=3)
        self._there = {number: one for number, one in self._there.items() if one.ends > now}
        for report, kind in KINDS.items():
            yield report, [one for one in self._there.values() if one.kind == kind and one.begins <= now]

    def hear(self, organization: str, reference: str, told: list[tuple[str, str]], at: datetime) -> None:
        """Get a mail about some (asset, kind); perhaps answer later, once, and perhaps mend."""
        ones = [self._at[pair] for pair in told]
        fresh = [one for one in ones if one.number not in self._answered]
        willing = self._willing[organization] * 2 * self.rates.answers
        first = len(fresh) == len(ones)
        if not fresh or self._random.random() >= (willing if first else self.rates.answers_reminder):
            return
        words, shares = zip(*self.rates.words, strict=True)
        word = str(self._random.choice(words, p=shares))
        when = at + timedelta(days=float(self._random.exponential(self.rates.delay_days)))
        heapq.heappush(self._answers, Said(when, reference, word))
        self._answered.update(one.number for one in ones)
        if word in {"fixing", "fixed"}:
            for one in ones:
                self._mend(one, when, word)

    def _mend(self, one: Weakness, when: datetime, word: str) -> None:
        if self._random.random() >= self.rates.mended:
            return
        done = when
        if word == "fixing":
            done += timedelta(days=float(self._random.exponential(self.rates.mending_days)))
        if done < one.ends:
            one.ends = done
            if self._random.random() < self.rates.returns:
                self._come_back(one, done + timedelta(days=float(self._random.uniform(10, 60))))

    def _come_back(self, one: Weakness, begins: datetime) -> None:
        day = (begins - instant(0)).days + 1
        if day < self.days:
            ends = begins + timedelta(days=float(self._random.exponential(self.rates.decay_days)))
            again = Weakness(len(self.all), one.organization, one.asset, one.kind, begins, ends)
            self.all.append(again)
            self._at[one.asset, one.kind] = again
            self._appearing[day].append(again)

    def answers(self, until: datetime) -> Iterator[Said]:
        """Yield in their order the answers that are given until then."""
        while self._answers and self._answers[0].at < until:
            yield heapq.heappop(self._answers)


def instant(day: int) -> datetime:
    """Return the moment of a day at which the reports of the night have come and the round is made."""
    return datetime(BEGIN.year, BEGIN.month, BEGIN.day, 6, 0, tzinfo=UTC) + timedelta(days=day)
