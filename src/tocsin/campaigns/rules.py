"""How far an organization has come with a weakness. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

STATES: Final = ("silent", "not-told", "acknowledged", "fixing", "says-fixed", "set-aside", "verified")
"""From the one that needs us most to the one that is done."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Findings of one organization in a campaign, by how far each has come; each is counted in one of the seven."""

    silent: int = 0
    """Told, still there, and no word."""
    not_told: int = 0
    """There, and no notice about it has gone out."""
    acknowledged: int = 0
    fixing: int = 0
    says_fixed: int = 0
    set_aside: int = 0
    """There, and not theirs, no problem, or a risk that was accepted."""
    verified: int = 0
    overdue: int = 0
    """Of those that are there and not settled by a word: the deadline has passed."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_state)

    @property
    def by_state(self) -> tuple[int, ...]:
        """How many are at each of STATES."""
        return (
            self.silent, self.not_told, self.acknowledged, self.fixing, self.says_fixed, self.set_aside, self.verified,
        )  # fmt: skip

    @property
    def state(self) -> str:
        """How far the organization has come: as far as the one of its findings that has come least."""
        return next((state for state, n in zip(STATES, self.by_state, strict=True) if n), "verified")


@dataclass(frozen=True, slots=True)
class Standing:
    """How an organization stands in a campaign."""

    organization_id: str
    counts: Counts
    severity_rank: int
    first_seen: datetime
    told_at: datetime | None
    """When it was first told."""
    heard_at: datetime | None
    """When it last said a word."""
    due_at: datetime | None
    """The first deadline of what is still there."""

    @property
    def urgency(self) -> tuple[bool, int, datetime, str]:
        """Return what sorts the last ones first: overdue, then least far, then longest there."""
        return (
            not self.counts.overdue, STATES.index(self.counts.state), self.first_seen, self.organization_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """A campaign in figures: organizations by the state they are at, and findings."""

    organizations: dict[str, int]
    findings: dict[str, int]
    told: int
    """Organizations that were told of any of it."""
    overdue: int
    """Organizations with something overdue."""

    @property
    def n(self) -> int:
        """All organizations."""
        return sum(self.organizations.values())

    @property
    def n_findings(self) -> int:
        """All findings."""
        return sum(self.findings.values())

    @property
    def done(self) -> int:
        """Organizations that need us no more."""
        return self.organizations["verified"] + self.organizations["set-aside"]


def tally(standings: Iterable[Standing]) -> Tally:
    """Return the figures of a campaign."""
    return counted((one.counts, one.told_at is not None) for one in standings)


def joined(parts: Iterable[tuple[str, Sequence[int], bool]]) -> Tally:
    """Return the figures of a campaign from parts that each count some findings of an organization, and say if it was told."""
    sums: dict[str, list[int]] = {}
    told: set[str] = set()
    for organization, figures, was_told in parts:
        known = sums.get(organization)
        sums[organization] = list(figures) if known is None else [a + b for a, b in zip(known, figures, strict=True)]
        if was_told:
            told.add(organization)
    return counted((Counts(*figures), organization in told) for organization, figures in sums.items())


def counted(organizations: Iterable[tuple[Counts, bool]]) -> Tally:
    """Return the figures of a campaign from what is counted of each organization, and whether it was told."""
    by_state, findings = dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0)
    n_told = n_overdue = 0
    for counts, told in organizations:
        by_state[counts.state] += 1
        for state, n in zip(STATES, counts.by_state, strict=True):
            findings[state] += n
        n_told += told
        n_overdue += counts.overdue > 0
    return Tally(by_state, findings, told=n_told, overdue=n_overdue)
