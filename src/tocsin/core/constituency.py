"""Who is protected, as plain values: the form that files, the registry of the pipeline and the database share.

Days are in UTC and both ends belong to the interval; None means open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

CRITICALITIES = ("low", "medium", "high", "critical")
"""How much depends on an organization, as the team judges it, mildest first."""


@dataclass(frozen=True, slots=True)
class Network:
    """A prefix an organization holds. `cidr` is canonical: `203.0.113.0/25`, `2001:db8::/32`."""

    cidr: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain an organization holds, with all names below it. Lower case, IDNA A-labels, no final dot."""

    name: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class AutonomousSystem:
    """An autonomous system an organization holds."""

    number: int
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or desk of an organization, with the roles they answer for (security, technical, head …)."""

    name: str
    email: str
    roles: tuple[str, ...] = ()
    phone: str = ""
    language: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization of the constituency.

    `id` is its public identifier, a slug; `criticality` one of CRITICALITIES or empty; `essential` says
    that it provides an essential service.
    """

    id: str
    name_vi: str = ""
    name_en: str = ""
    parent: str | None = None
    sector: str = ""
    language: str = ""
    networks: tuple[Network, ...] = ()
    domains: tuple[Domain, ...] = ()
    asns: tuple[AutonomousSystem, ...] = ()
    contacts: tuple[Contact, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    criticality: str = ""
    essential: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """An address range, domain or AS whose events are kept but never warned of: own scanners, sinkholes."""

    value: str
    reason: str
    valid_from: date | None = None
    valid_to: date | None = None
