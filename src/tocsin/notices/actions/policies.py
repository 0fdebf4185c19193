"""Set how organizations are warned, and silence warnings for a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries as constituency
from tocsin.core import tlp
from tocsin.core.severity import RANK
from tocsin.findings import actions as findings
from tocsin.notices import rules
from tocsin.notices.models import DecisionLog, OwnRoute, OwnRule, Policy, Silence
from tocsin.notices.texts import LANGUAGES
from tocsin.reach.actions import may_change

MOST_ROUTES = 100
"""Kinds for which one organization may name who is told."""
MOST_ROLES, LONGEST_ROLE = 20, 64


class BadPolicy(Exception):
    """A value of the policy is none that it can have; the message says which."""


class NoSuchOrganization(Exception):
    """There is no organization of this name."""


class BadSilence(Exception):
    """A silence needs a reason and an end in the future."""


class AlreadyLifted(Exception):
    """The silence has ended."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a policy is to be."""

    needs_approval: bool = False
    grouping: str = "organization"
    repeat_days: int = rules.REPEAT_DAYS
    repeat_days_by: Mapping[str, int] = field(default_factory=dict)
    deadline_days: Mapping[str, int] = field(default_factory=dict)
    language: str = ""
    tlp: str = "TLP:AMBER"
    minimum_severity: str = "low"
    contact_roles: Sequence[str] = ()
    note: str = ""


@transaction.atomic
def set_policy(*, organization_id: str, kind: str, wanted: Wanted, actor: Viewer, now: datetime) -> Policy:
    """Make or replace the policy for an organization ("" for all) and a kind or RSIT type ("" for all).

    Raise NotAllowed, BadPolicy, NoSuchOrganization.
    """
    _may(actor)
    _check(wanted)
    _exists(organization_id)
    values = {
        "needs_approval": wanted.needs_approval,
        "grouping": wanted.grouping,
        "repeat_days": wanted.repeat_days,
        "repeat_days_by": dict(wanted.repeat_days_by),
        "deadline_days": dict(wanted.deadline_days),
        "language": wanted.language,
        "tlp": wanted.tlp,
        "minimum_severity": wanted.minimum_severity,
        "contact_roles": sorted(set(wanted.contact_roles)),
        "note": wanted.note.strip()[:300],
    }
    row, _ = Policy.objects.update_or_create(
        organization_id=organization_id or None,
        kind=kind.strip(),
        defaults={**values, "changed_by": actor.email, "changed_at": now},
    )
    _decide_again(organization_id, kind.strip())
    _record("policy-set", row, actor, now, values)
    return row


@transaction.atomic
def remove_policy(*, policy: Policy, actor: Viewer, now: datetime) -> None:
    """Remove a policy: the next less specific one applies. Raise NotAllowed."""
    _may(actor)
    _record("policy-removed", policy, actor, now, {})
    _decide_again(policy.organization_id or "", policy.kind)
    policy.delete()


@transaction.atomic
def set_own_rule(
    *, organization_id: str, floor: str, actor: Viewer, now: datetime, rhythm: str = "at-once", hour: int = 8, weekday: int = 0
) -> OwnRule:  # fmt: skip
    """Say for an organization from which severity on it is written to, and how often: its own people, or the team for it.

    Raise NotAllowed, BadPolicy, NoSuchOrganization.
    """
    if not may_change(actor, organization_id):
        raise NotAllowed(actor.role.value)
    if floor not in OwnRule.Floor.values:
        raise BadPolicy(f"{floor!r} is none of {', '.join(OwnRule.Floor.values)}")
    if rhythm not in OwnRule.Rhythm.values:
        raise BadPolicy(f"{rhythm!r} is none of {', '.join(OwnRule.Rhythm.values)}")
    if hour not in range(24) or weekday not in range(7):
        raise BadPolicy("an hour is from 0 to 23, a day of the week from 0, Monday, to 6")
    _exists(organization_id)
    said = {"floor": floor, "rhythm": rhythm, "hour": hour, "weekday": weekday}
    row, _ = OwnRule.objects.update_or_create(
        organization_id=organization_id, defaults={**said, "by": actor.email, "at": now}
    )
    _decide_again(organization_id, "")
    audit.record(
        actor=actor, action="own-rule-set", object_kind="organization", object_id=organization_id, now=now, detail=said
    )  # fmt: skip
    return row


@transaction.atomic
def set_own_route(
    *, organization_id: str, kind: str, roles: Sequence[str], actor: Viewer, now: datetime
) -> OwnRoute | None:  # fmt: skip
    """Say for an organization who of it is told of a kind or RSIT type; no roles: whom the team's policy names again.

    Where nobody has one of the roles all are told, as ever. Raise NotAllowed, BadPolicy, NoSuchOrganization.
    """
    if not may_change(actor, organization_id):
        raise NotAllowed(actor.role.value)
    kind = kind.strip()
    if not kind or len(kind) > 200:
        raise BadPolicy("name a kind, or an RSIT type")
    wanted = sorted({role.strip() for role in roles if role.strip()})
    if len(wanted) > MOST_ROLES or any(len(role) > LONGEST_ROLE for role in wanted):
        raise BadPolicy(f"at most {MOST_ROLES} roles of at most {LONGEST_ROLE} characters")
    _exists(organization_id)
    mine = OwnRoute.objects.filter(organization_id=organization_id)
    if wanted and mine.exclude(kind=kind).count() >= MOST_ROUTES:
        raise BadPolicy(f"at most {MOST_ROUTES} kinds")
    row = None
    if wanted:
        said = {"roles": wanted, "by": actor.email, "at": now}
        row, _ = OwnRoute.objects.update_or_create(organization_id=organization_id, kind=kind, defaults=said)
    else:
        mine.filter(kind=kind).delete()
    _decide_again(organization_id, "")
    audit.record(
        actor=actor, action="own-route-set", object_kind="organization", object_id=organization_id, now=now,
        detail={"kind": kind, "roles": wanted},
    )  # fmt: skip
    return row


@transaction.atomic
def silence(
    *, organization_id: str, kind: str, reason: str, until: datetime, actor: Viewer, now: datetime
) -> Silence:  # fmt: skip
    """Warn an organization ("" for all) of a kind or RSIT type ("" for all) no more until an instant.

    Raise NotAllowed, BadSilence, NoSuchOrganization.
    """
    _may(actor)
    if not reason.strip():
        raise BadSilence("say why")
    if until <= now:
        raise BadSilence("the end has passed")
    _exists(organization_id)
    made = Silence.objects.create(
        organization_id=organization_id or None, kind=kind.strip(), reason=reason.strip()[:300], until=until, created_by=actor.email, created_at=now
    )  # fmt: skip
    _decide_again(organization_id, kind.strip())
    detail = {"organization": organization_id, "kind": kind, "until": until.isoformat(), "reason": reason}
    audit.record(
        actor=actor, action="silence-made", object_kind="silence", object_id=str(made.pk), now=now, detail=detail
    )
    return made


@transaction.atomic
def lift(*, silence: Silence, actor: Viewer, now: datetime) -> None:
    """End a silence now. Raise NotAllowed, AlreadyLifted."""
    _may(actor)
    if not Silence.objects.filter(pk=silence.pk, lifted_at=None, until__gt=now).update(
        lifted_at=now, lifted_by=actor.email
    ):
        raise AlreadyLifted(str(silence.pk))
    _decide_again(silence.organization_id or "", silence.kind)
    audit.record(actor=actor, action="silence-lifted", object_kind="silence", object_id=str(silence.pk), now=now)


def _may(actor: Viewer) -> None:
    if not actor.may_approve:
        raise NotAllowed(actor.role.value)


def _exists(organization_id: str) -> None:
    if organization_id and not constituency.organizations(SYSTEM).filter(pk=organization_id).exists():
        raise NoSuchOrganization(organization_id)


def _check(wanted: Wanted) -> None:
    if wanted.grouping not in Policy.Grouping.values:
        raise BadPolicy(f"grouping {wanted.grouping!r} is none of {', '.join(Policy.Grouping.values)}")
    if wanted.tlp not in tlp.LABELS:
        raise BadPolicy(f"TLP {wanted.tlp!r} is none of {', '.join(tlp.LABELS)}")
    if wanted.minimum_severity not in RANK:
        raise BadPolicy(f"severity {wanted.minimum_severity!r} is none of {', '.join(RANK)}")
    if wanted.language not in {"", *LANGUAGES}:
        raise BadPolicy(f"language {wanted.language!r} is none of {', '.join(LANGUAGES)}")
    days = {**wanted.repeat_days_by, **wanted.deadline_days}
    if unknown := set(days) - set(RANK):
        raise BadPolicy(f"severity {sorted(unknown)[0]!r} is none of {', '.join(RANK)}")
    for number in (wanted.repeat_days, *wanted.repeat_days_by.values(), *wanted.deadline_days.values()):
        if not 0 <= number <= 3650:
            raise BadPolicy(f"{number} days: from 0 to 3650")


def _decide_again(organization_id: str, kind: str) -> None:
    """Let it be decided again about every unit that this may be about."""
    logs = DecisionLog.objects.order_by()
    if organization_id:
        logs = logs.filter(organization_id=organization_id)
    if kind:
        logs = logs.filter(kind=kind) | logs.filter(type=kind)
    findings.note_news(logs.values_list("organization_id", "kind").distinct())


def _record(action: str, row: Policy, actor: Viewer, now: datetime, detail: dict[str, Any]) -> None:
    place = f"{row.organization_id or '*'}/{row.kind or '*'}"
    audit.record(actor=actor, action=action, object_kind="policy", object_id=place, now=now, detail=detail)
