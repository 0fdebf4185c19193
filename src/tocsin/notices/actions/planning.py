"""What a round is about: units that are decided about at once, and the notices that would be made of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact
from tocsin.core.severity import RANK
from tocsin.notices import queries, rules
from tocsin.notices.models import State
from tocsin.notices.rules import Reason

NAMES = {rank: name for name, rank in RANK.items()}
Groups = dict[str, set[str]]
"""Kinds by organization."""


@dataclass(slots=True)
class Entry:
    """How a unit takes part. `id`: its assignment, where the lot was drawn before."""

    trial: UUID
    arm: int
    lowest_rank: int
    waits_until: datetime | None
    id: int | None = None
    leaves: bool = False
    """It waited, and has become one of the gravest."""


@dataclass(slots=True)
class Unit:
    """What is decided about at once: see rules."""

    organization_id: str
    kind: str
    network: str
    type: str
    rows: dict[rules.Seen, int]
    """How many findings look the same."""
    applied: queries.Applied
    silenced_until: datetime | None
    decision: rules.Decision
    blocked_by: UUID | None = None
    carried: dict[rules.Seen, str] = field(default_factory=dict)
    entry: Entry | None = None
    """How it takes part in a trial."""

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells it from others."""
        return self.organization_id, self.kind, self.network

    @property
    def n(self) -> int:
        """How many findings the notice would carry."""
        return sum(self.rows[seen] for seen in self.carried)

    @property
    def severity(self) -> str:
        """The worst of them."""
        return NAMES[max(RANK[seen.severity] for seen in self.carried)]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who would be told."""

    email: str
    name: str
    language: str


@dataclass(slots=True)
class Plan:
    """A notice as it would be made."""

    organization_id: str
    units: list[Unit]
    recipients: list[Recipient]
    language: str
    now: datetime
    id: UUID = field(default_factory=uuid7)
    reference: str = ""
    follows: UUID | None = None

    @property
    def values(self) -> rules.PolicyValues:
        """The policy that its units share."""
        return self.units[0].applied.values

    @property
    def trial_id(self) -> UUID | None:
        """The trial in which all of it takes part."""
        return self.units[0].entry.trial if self.units[0].entry else None

    @property
    def arm(self) -> int | None:
        """What the lot gave it there."""
        return self.units[0].entry.arm if self.units[0].entry else None

    @property
    def reason(self) -> Reason:
        """The most telling reason."""
        return min((unit.decision.reason for unit in self.units), key=rules.ORDER.index)

    @property
    def severity(self) -> str:
        """The worst severity."""
        return NAMES[max(RANK[unit.severity] for unit in self.units)]

    @property
    def due_at(self) -> datetime:
        """By when the gravest is to be fixed."""
        return min(rules.due(unit.severity, unit.applied.values, self.now) for unit in self.units)

    @property
    def state(self) -> State:
        """In which state it begins."""
        if not self.recipients:
            return State.NO_CONTACT
        return State.WAITING if self.values.needs_approval else State.READY

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What it tells, a part a unit."""
        return [
            {
                "kind": unit.kind, "network": unit.network, "type": unit.type, "reason": unit.decision.reason.value, "severity": unit.severity,
                "n": unit.n, "policy": unit.applied.policy.pk if unit.applied.policy else None, "closeness": unit.applied.closeness,
                "routed": unit.applied.routed,
            }
            for unit in self.units
        ]  # fmt: skip


def plans_of(units: list[Unit], now: datetime) -> list[Plan]:
    """Return the notices to make of units that are to be told: what the same policy sends to the same people goes together."""
    together: dict[tuple[object, ...], list[Unit]] = defaultdict(list)
    for unit in units:
        values = unit.applied.values
        scope = {"organization": (), "kind": (unit.kind,)}.get(values.grouping, (unit.kind, unit.network))
        resolved = unit.decision.reason is Reason.ALL_RESOLVED
        together[
            unit.organization_id,
            scope,
            values.needs_approval,
            values.tlp,
            values.language,
            values.contact_roles,
            resolved,
            unit.entry and (unit.entry.trial, unit.entry.arm),
        ].append(unit)
    organizations = {unit.organization_id for unit in units}
    contacts = constituency.contacts_of(SYSTEM, organizations, now.date())
    languages = dict(
        constituency.organizations(SYSTEM).filter(pk__in=organizations).order_by().values_list("pk", "language")
    )
    plans = []
    for members in together.values():
        organization, values = members[0].organization_id, members[0].applied.values
        language = values.language or languages[organization] or "vi"
        told = recipients(contacts.get(organization, []), values, language)
        plans.append(Plan(organization, members, told, language, now))
    return plans


def recipients(contacts: list[Contact], values: rules.PolicyValues, language: str) -> list[Recipient]:
    """Return who of an organization is told: those with a role that the policy names, else all; each address once."""
    chosen = [contact for contact in contacts if set(values.contact_roles) & set(contact.roles)] or contacts
    unique = {contact.email.lower(): contact for contact in chosen}
    return [
        Recipient(email, contact.name, (values.language or contact.language or language)[:2])
        for email, contact in sorted(unique.items())
    ]
