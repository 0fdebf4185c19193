"""How far an organization has come with a weakness. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
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


def joined(parts: Iterable[Standing]) -> list[Standing]:
    """Return one standing for each organization, of many that each count some of its findings."""
    found: dict[str, Standing] = {}
    for part in parts:
        known = found.get(part.organization_id)
        found[part.organization_id] = _both(known, part) if known is not None else part
    return list(found.values())


def _both(one: Standing, other: Standing) -> Standing:
    counts = (a + b for a, b in zip(astuple(one.counts), astuple(other.counts), strict=True))
    return Standing(
        one.organization_id, Counts(*counts), max(one.severity_rank, other.severity_rank), min(one.first_seen, other.first_seen),
        told_at=min(filter(None, (one.told_at, other.told_at)), default=None), heard_at=max(filter(None, (one.heard_at, other.heard_at)), default=None),
        due_at=min(filter(None, (one.due_at, other.due_at)), default=None),
    )  # fmt: skip


def tally(standings: list[Standing]) -> Tally:
    """Return the figures of a campaign."""
    organizations, findings = dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0)
    for one in standings:
        organizations[one.counts.state] += 1
        for state, n in zip(STATES, one.counts.by_state, strict=True):
            findings[state] += n
    return Tally(
        organizations,
        findings,
        told=sum(one.told_at is not None for one in standings),
        overdue=sum(one.counts.overdue > 0 for one in standings),
    )
