"""Look again, because the owner or the team asked: with a permission, politely, at what the owner holds and nothing else."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tocsin import rechecks
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.collectors import guard
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Organization
from tocsin.findings import rules
from tocsin.findings.actions.raising import note_news
from tocsin.findings.models import Finding, FindingChange, Means, Permission, ReCheck, Sensor

AGAIN_AFTER: Final = timedelta(hours=1)
"""How soon after a re-check the next one of the same finding may be asked for."""
TARGET_RESTS: Final = timedelta(minutes=1)
"""Between two connections to one address."""
A_DAY: Final = 200
"""Re-checks that an organization may ask for in 24 hours."""
FORGOTTEN: Final = timedelta(minutes=5)
"""After this a re-check that began and did not end is done again: its process died."""
Look = Callable[[str, str, int | None], rechecks.Seen]


class NoPermission(Exception):
    """Nobody permitted it, not for this, or not now."""


class NotHeld(Exception):
    """The asset is no single address that its organization holds today, or none that may be connected to."""


class NoCheck(Exception):
    """No plain connection can verify this kind."""


class TooSoon(Exception):
    """It was asked for a short while ago, or too much was asked for today."""


class NothingToCheck(Exception):
    """Sensors have confirmed already that it is gone."""


class BadPermission(Exception):
    """The text says what is missing."""


@transaction.atomic
def permit(
    *, organization: Organization, value: str, given_by: str, given_on: date, valid_until: date, actor: Viewer, now: datetime, note: str = ""
) -> Permission:  # fmt: skip
    """Record that an organization permits re-checks of a range it holds (empty: of all it holds), until a day.

    Raise NotAllowed, BadPermission.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if not given_by.strip():
        raise BadPermission("say who gave it")
    if given_on > timezone.localdate(now) or valid_until < timezone.localdate(now):
        raise BadPermission("it is to be given today or before, and to end today or later")
    try:
        network = str(ipaddress.ip_network(value.strip())) if value.strip() else ""
    except ValueError as error:
        raise BadPermission(f"{value} is no range of addresses") from error
    made = Permission.objects.create(
        organization=organization, value=network, given_by=given_by.strip()[:200], given_on=given_on, valid_until=valid_until,
        note=note.strip()[:1000], recorded_by=actor.email, recorded_at=now,
    )  # fmt: skip
    detail = {"value": network, "given_by": made.given_by, "until": valid_until.isoformat()}
    audit.record(
        actor=actor, action="recheck-permitted", object_kind="organization", object_id=organization.pk, now=now, detail=detail
    )  # fmt: skip
    return made


@transaction.atomic
def revoke(*, permission: Permission, actor: Viewer, now: datetime) -> None:
    """End a permission now. Raise NotAllowed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if Permission.objects.filter(pk=permission.pk, revoked_at=None).update(revoked_at=now, revoked_by=actor.email):
        audit.record(
            actor=actor, action="recheck-forbidden", object_kind="organization", object_id=permission.organization_id, now=now,
            detail={"value": permission.value},
        )  # fmt: skip


def may_look(finding: Finding, now: datetime) -> tuple[str, Permission]:
    """Return the address to look at and by which permission. Raise NoCheck, NotHeld, NoPermission."""
    if not rechecks.can_check(finding.kind):
        raise NoCheck(finding.kind)
    address = _held(finding, now)
    today = timezone.localdate(now)
    live = Permission.objects.filter(
        organization=finding.organization_id, revoked_at=None, given_on__lte=today, valid_until__gte=today
    )
    for permission in live.order_by("-valid_until", "pk"):
        if not permission.value or address in ipaddress.ip_network(permission.value):
            return str(address), permission
    raise NoPermission(finding.organization_id)


def _held(finding: Finding, now: datetime) -> guard.Address:
    try:
        address = ipaddress.ip_address(finding.asset)
    except ValueError as error:
        raise NotHeld(finding.asset) from error
    if not guard.is_public(address) and not any(address in network for network in settings.TOCSIN_RECHECK_NETWORKS):
        raise NotHeld(finding.asset)
    # Whose it is today says the narrowest range that anybody holds.
    prefixes = [
        str(ipaddress.ip_network((address, length), strict=False)) for length in range(address.max_prefixlen + 1)
    ]
    today = timezone.localdate(now)
    in_force = Q(Q(valid_from=None) | Q(valid_from__lte=today), Q(valid_to=None) | Q(valid_to__gte=today))
    holders = constituency.networks(SYSTEM).filter(in_force, cidr__in=prefixes).values_list("cidr", "organization_id")
    narrowest = max((int(cidr.partition("/")[2]) for cidr, _ in holders), default=-1)
    owners = {owner for cidr, owner in holders if int(cidr.partition("/")[2]) == narrowest}
    if owners != {finding.organization_id}:
        raise NotHeld(finding.asset)
    return address


@transaction.atomic
def ask(*, finding: Finding, by: str, means: str, now: datetime) -> ReCheck:
    """Ask for a look at a finding, for somebody who may see it. The worker looks.

    Raise NothingToCheck, NoCheck, NotHeld, NoPermission, TooSoon.
    """
    if finding.sensor == Sensor.GONE:
        raise NothingToCheck(finding.asset)
    address, permission = may_look(finding, now)
    asked = ReCheck.objects.filter(organization=finding.organization_id)
    waiting = Q(state__in=[ReCheck.State.ASKED, ReCheck.State.RUNNING])
    if asked.filter(waiting | Q(done_at__gt=now - AGAIN_AFTER), finding=finding).exists():
        raise TooSoon(finding.asset)
    if asked.filter(asked_at__gt=now - timedelta(days=1)).count() >= A_DAY:
        raise TooSoon(finding.organization_id)
    port = finding.ports[0] if len(finding.ports) == 1 else None
    return _asked(finding, permission, address, port, by, means, now, now)


def _asked(
    finding: Finding, permission: Permission, address: str, port: int | None, by: str, means: str, now: datetime, not_before: datetime
) -> ReCheck:  # fmt: skip
    return ReCheck.objects.create(
        finding=finding, organization_id=finding.organization_id, permission=permission, address=address, port=port,
        asked_by=by, asked_at=now, means=means, not_before=not_before,
    )  # fmt: skip


# scope: everyone because it says nothing of any row
def any_recheck_due(*, now: datetime) -> bool:
    """Return whether there is something to look at."""
    return _due(now).exists()


def look_next(*, now: datetime, look: Look = rechecks.check) -> UUID | None:
    """Look at the next thing that was asked for; return which, None when there is nothing.

    No transaction is open while the connection is. What became forbidden meanwhile is not looked at.
    """
    recheck = _claim(now)
    if recheck is None:
        return None
    finding = recheck.finding
    try:
        address, _permission = may_look(finding, now)
    except (NoCheck, NotHeld, NoPermission) as error:
        _end(recheck, rechecks.Result.COULD_NOT_TELL.value, f"not looked at: {type(error).__name__}", now)
        return recheck.pk
    seen = look(finding.kind, address, recheck.port)
    with transaction.atomic():
        _end(recheck, seen.result.value, seen.said, now)
        _conclude(finding, seen.result.value, f"built-in check, port {seen.port}", seen.said, now, recheck)
    return recheck.pk


def _due(now: datetime) -> QuerySet[ReCheck]:
    state = Q(state=ReCheck.State.ASKED, not_before__lte=now)
    left = Q(state=ReCheck.State.RUNNING, began_at__lt=now - FORGOTTEN)
    return ReCheck.objects.filter(state | left)


def _claim(now: datetime) -> ReCheck | None:
    busy = ReCheck.objects.filter(Q(began_at__gt=now - TARGET_RESTS) | Q(done_at__gt=now - TARGET_RESTS))
    resting = set(busy.values_list("address", flat=True))
    for recheck in _due(now).exclude(address__in=resting).select_related("finding").order_by("not_before", "pk")[:5]:
        same = _due(now).filter(pk=recheck.pk, state=recheck.state)
        if same.update(state=ReCheck.State.RUNNING, began_at=now):
            return recheck
    return None


def _end(recheck: ReCheck, result: str, said: str, now: datetime) -> None:
    ReCheck.objects.filter(pk=recheck.pk).update(state=ReCheck.State.DONE, result=result, said=said[:300], done_at=now)


@transaction.atomic
def take_result(
    *, finding: Finding, result: str, sensor: str, said: str, actor: Viewer, now: datetime, means: str = Means.COMMAND
) -> None:
    """Take what somebody's scanner found when it looked again. Raise NotAllowed, ValueError for a result that is none."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    result = rechecks.Result(result).value
    recheck = ReCheck.objects.create(
        finding=finding, organization_id=finding.organization_id, address=finding.asset[:45], asked_by=actor.email, asked_at=now,
        means=means, not_before=now, began_at=now, state=ReCheck.State.DONE, result=result, said=said[:300], done_at=now, sensor=sensor[:64],
    )  # fmt: skip
    _conclude(finding, result, sensor[:64], said, now, recheck)
    detail = {"result": result, "sensor": sensor}
    audit.record(
        actor=actor, action="recheck-result", object_kind="finding", object_id=str(finding.pk), now=now, detail=detail
    )  # fmt: skip


def _conclude(finding: Finding, result: str, sensor: str, said: str, now: datetime, recheck: ReCheck) -> None:
    """Write a result into the history, and draw from it what the rule of re-checks says."""
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    rule = rules.of_rechecks()
    evidence = [f"recheck {recheck.pk}"]
    FindingChange.objects.create(
        finding=finding, at=now, what="recheck", before="", after=result, by=sensor, means=Means.RECHECK, evidence=evidence, note=said[:300]
    )  # fmt: skip
    if result == rechecks.Result.STILL_THERE and finding.sensor != Sensor.GONE:
        after = Sensor.SEEN if finding.sensor == Sensor.NOT_SEEN_SINCE else Sensor(finding.sensor)
        _move(finding, after, "still-there", sensor, evidence, now, last_seen=max(now, finding.last_seen))
    if result != rechecks.Result.CLEAN or finding.sensor == Sensor.GONE:
        return
    n = 0
    since: datetime | None = None
    done = ReCheck.objects.filter(finding=finding, state=ReCheck.State.DONE, done_at__gt=finding.last_seen)
    for at, word in done.order_by("done_at", "pk").values_list("done_at", "result"):
        if word == rechecks.Result.STILL_THERE:
            n, since = 0, None
        elif word == rechecks.Result.CLEAN and at is not None and (since is None or at - since >= rule.apart):
            n, since = n + 1, at
    if n >= rule.looks:
        _move(finding, Sensor.GONE, "looked-enough", rule.name, evidence, now, verified_at=now, verified_by=rule.name)
    elif recheck.permission is not None and since is not None:
        # Once is not enough: the next look follows by itself.
        _asked(
            finding, recheck.permission, recheck.address, recheck.port, "system", Means.TIME, now, since + rule.apart
        )


def _move(
    finding: Finding, after: Sensor, reason: str, by: str, evidence: list[str], now: datetime, **values: object
) -> None:
    if after != finding.sensor:
        FindingChange.objects.create(
            finding=finding, at=now, what="sensor", before=finding.sensor, after=after, by=by, means=Means.RECHECK, reason=reason, evidence=evidence
        )  # fmt: skip
        values |= {"sensor": after, "sensor_at": now}
    Finding.objects.filter(pk=finding.pk).update(**values)
    note_news([(finding.organization_id, finding.kind)])
