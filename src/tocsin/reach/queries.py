"""Read how organizations are reached, for a viewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from tocsin.base.tenancy import Viewer, scoped
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact, ContactState
from tocsin.reach import rules
from tocsin.reach.envelopes import Encryption
from tocsin.reach.models import Call, ContactKey, Drill, Endpoint, HoldingClaim, Proposal, Registration


def keys(viewer: Viewer) -> QuerySet[ContactKey]:
    """Return the keys of contacts, the one added last first."""
    rows = scoped(ContactKey.objects.all(), viewer, "contact__organization_id")
    return rows.select_related("contact__organization").order_by("-added_at", "-pk")


def endpoints(viewer: Viewer) -> QuerySet[Endpoint]:
    """Return the endpoints in use."""
    rows = scoped(Endpoint.objects.filter(removed_at=None), viewer)
    return rows.select_related("organization", "contact").order_by("organization_id", "channel", "pk")


def endpoints_always(viewer: Viewer, organization_ids: Iterable[str]) -> dict[str, list[Endpoint]]:
    """Return the endpoints to which every notice of these organizations goes."""
    found: dict[str, list[Endpoint]] = defaultdict(list)
    for row in endpoints(viewer).filter(organization__in=set(organization_ids), always=True):
        found[row.organization_id].append(row)
    return dict(found)


def encryptions(viewer: Viewer, organization_ids: Iterable[str], now: datetime) -> dict[tuple[str, str], Encryption]:
    """Return how mail is encrypted, by organization and address; who is not there gets it as it is."""
    ids = set(organization_ids)
    found: dict[tuple[str, str], Encryption] = {}
    contacts = scoped(Contact.objects.filter(organization__in=ids, must_encrypt=True), viewer)
    for organization, address in contacts.values_list("organization_id", "email"):
        found[organization, address.lower()] = Encryption(must=True)
    rows = keys(viewer).filter(contact__organization__in=ids)
    wanted = ("contact__organization_id", "contact__email", "contact__must_encrypt", "kind", "content", "expires_at")
    for organization, address, must, kind, content, expires_at in rows.reverse().values_list(*wanted):
        place = (organization, address.lower())
        known = found.get(place, Encryption())
        must = must or known.must
        if expires_at is None or expires_at > now:
            found[place] = Encryption(kind, content.encode(), must)
        elif not known.content:
            found[place] = Encryption(must=must, expired_at=max(known.expired_at or expires_at, expires_at))
        else:
            found[place] = replace(known, must=must)
    return found


def calls(viewer: Viewer) -> QuerySet[Call]:
    """Return the calls, newest first."""
    rows = scoped(Call.objects.all(), viewer, "contact__organization_id")
    return rows.select_related("contact__organization", "drill").order_by("-created_at", "-pk")


# scope: everyone because the holder of the link is its only credential
def call_of_link(call_id: UUID) -> Call | None:
    """Return the call that a link names."""
    return Call.objects.filter(pk=call_id).select_related("contact__organization", "drill").first()


def proposals(viewer: Viewer, *, open_only: bool = False) -> QuerySet[Proposal]:
    """Return what organizations propose, newest first."""
    rows = scoped(Proposal.objects.all(), viewer).select_related("organization", "contact").order_by("-at", "-pk")
    return rows.filter(state=Proposal.State.ASKED) if open_only else rows


def holding_claims(viewer: Viewer, *, open_only: bool = False) -> QuerySet[HoldingClaim]:
    """Return what organizations claim to hold, newest first."""
    rows = scoped(HoldingClaim.objects.all(), viewer).select_related("organization").order_by("-at", "-pk")
    waiting = [HoldingClaim.State.ASKED, HoldingClaim.State.PROVEN]
    return rows.filter(state__in=waiting) if open_only else rows


def drills(viewer: Viewer) -> QuerySet[Drill]:
    """Return the drills, newest first: they are the team's."""
    rows = Drill.objects.annotate(
        n_called=Count("calls"),
        n_answered=Count("calls", filter=Q(calls__answered_at__isnull=False)),
        n_bounced=Count("calls", filter=Q(calls__state__in=[Call.State.BOUNCED, Call.State.FAILED])),
    ).order_by("-begun_at")
    return rows if viewer.sees_everything else rows.none()


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What came of a drill. Times run from when a call was handed over to its answer."""

    called: int
    sent: int
    bounced: int
    answered: int
    median: timedelta | None
    ninetieth: timedelta | None
    organizations: int
    organizations_answered: int


def drill_result(viewer: Viewer, drill: Drill) -> DrillResult:
    """Return what came of a drill until now."""
    rows = scoped(Call.objects.filter(drill=drill), viewer, "contact__organization_id")
    found = list(rows.values_list("state", "sent_at", "answered_at", "contact__organization_id"))
    times = sorted(answered - sent for _, sent, answered, _ in found if sent is not None and answered is not None)
    return DrillResult(
        called=len(found),
        sent=sum(sent is not None for _, sent, _, _ in found),
        bounced=sum(state in {Call.State.BOUNCED, Call.State.FAILED} for state, *_ in found),
        answered=sum(answered is not None for _, _, answered, _ in found),
        median=_quantile(times, 50),
        ninetieth=_quantile(times, 90),
        organizations=len({organization for *_, organization in found}),
        organizations_answered=len({organization for _, _, answered, organization in found if answered is not None}),
    )


def _quantile(times: Sequence[timedelta], percent: int) -> timedelta | None:
    """Return the smallest of these that at least so many per cent do not exceed."""
    return times[max(0, -(-len(times) * percent // 100) - 1)] if times else None


@dataclass(frozen=True, slots=True)
class Reached:
    """An organization's figure, its reasons, and the facts they come from."""

    organization_id: str
    figure: int
    reasons: tuple[str, ...]
    facts: rules.Facts


def reachability(viewer: Viewer, organization_ids: Sequence[str], now: datetime) -> dict[str, Reached]:
    """Return how well organizations can be reached: a few queries, however many they are."""
    found = {}
    for start in range(0, len(organization_ids), 5000):
        ids = organization_ids[start : start + 5000]
        facts = _facts(viewer, ids, now)
        for id_ in ids:
            known = rules.Facts(**facts.get(id_, {}))
            reach = rules.reach(known)
            found[id_] = Reached(id_, reach.figure, reach.reasons, known)
    return found


_NEVER_VALID = datetime.min.replace(tzinfo=UTC)
_ENDLESS = datetime.max.replace(tzinfo=UTC)


def _facts(viewer: Viewer, ids: Sequence[str], now: datetime) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    addresses: dict[str, set[str]] = defaultdict(set)
    day = now.date()
    in_force = Q(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))
    contacts = scoped(Contact.objects.filter(in_force, organization__in=ids), viewer).order_by("pk")
    ends: dict[UUID, datetime] = {}
    of_keys = scoped(ContactKey.objects.filter(contact__organization__in=ids), viewer, "contact__organization_id")
    for contact, expires_at in of_keys.order_by().values_list("contact_id", "expires_at"):
        ends[contact] = max(ends.get(contact, _NEVER_VALID), expires_at or _ENDLESS)
    fresh = now - rules.CONFIRM_EVERY - rules.ASKED_AT_MOST * rules.ASK_AGAIN
    wanted = ("pk", "organization_id", "email", "state", "verified_at", "roles", "phone", "must_encrypt")
    for pk, organization, address, state, verified_at, roles, phone, must in contacts.values_list(*wanted).iterator():
        one = found[organization]
        until = ends.get(pk, _NEVER_VALID)
        if state == ContactState.DEAD:
            one["dead"] += 1
        elif state == ContactState.UNVERIFIED:
            one["unverified"] += 1
        elif must and until <= now:
            one["keys_missing"] += 1
        else:
            one["active"] += 1
            addresses[organization].add(address.lower())
            one["addresses"] = len(addresses[organization])
            one["confirmed"] += verified_at is not None and verified_at >= fresh
            one["head"] = bool(one["head"] or "head" in roles)
            one["phone"] = bool(one["phone"] or phone)
            one["keys_expiring"] += now < until <= now + rules.KEY_WARNING
            one["keys_expired"] += _NEVER_VALID < until <= now
    for organization, n in _counted(scoped(Endpoint.objects.filter(organization__in=ids, removed_at=None), viewer)):
        found[organization]["endpoints"] = n
    lately = Call.objects.filter(contact__organization__in=ids, bounced_at__gt=now - rules.RECENT)
    for organization, n in _counted(scoped(lately, viewer, "contact__organization_id"), "contact__organization_id"):
        found[organization]["bounced_lately"] = n
    _add_drills(viewer, ids, found, now)
    return found


def _add_drills(viewer: Viewer, ids: Sequence[str], found: dict[str, dict[str, Any]], now: datetime) -> None:
    """Add how the last drill went that is over, for each organization."""
    rows = scoped(
        Call.objects.filter(contact__organization__in=ids, drill__ends_at__lte=now, sent_at__isnull=False),
        viewer,
        "contact__organization_id",
    ).order_by()
    last = rows.values_list("contact__organization_id").annotate(at=Max("drill__begun_at"))
    told = dict(last)
    per = rows.values_list("contact__organization_id", "drill__begun_at").annotate(
        n=Count("pk"), answered=Count("answered_at")
    )
    for organization, at, n, answered in per:
        if told.get(organization) == at:
            found[organization]["drilled"] = n
            found[organization]["drill_answered"] = answered


def _counted(rows: QuerySet[Any], column: str = "organization_id") -> Iterable[tuple[str, int]]:
    found: Iterable[tuple[str, int]] = rows.order_by().values_list(column).annotate(n=Count("pk"))
    return found


def due_for_confirmation(viewer: Viewer, now: datetime, *, at_most: int) -> list[Contact]:
    """Return contacts that are to be asked whether all is still right, those who waited longest first."""
    day = now.date()
    in_force = Q(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))
    since = Coalesce("verified_at", "known_at")
    asked = Q(calls__kind=Call.Kind.CONFIRM, calls__created_at__gt=F("since"))
    rows = (
        scoped(Contact.objects.filter(in_force, state=ContactState.ACTIVE), viewer)
        .annotate(since=since)
        .filter(since__lte=now - rules.CONFIRM_EVERY)
        .annotate(n_asked=Count("calls", filter=asked), last_asked=Max("calls__created_at", filter=asked))
        .filter(Q(last_asked=None) | Q(last_asked__lte=now - rules.ASK_AGAIN), n_asked__lt=rules.ASKED_AT_MOST)
        .select_related("organization")
        .order_by("since", "pk")
    )
    return list(rows[:at_most])


def keys_to_renew(viewer: Viewer, now: datetime, *, at_most: int) -> list[Contact]:
    """Return contacts whose last key expires soon and who were not told so in that time."""
    rows = constituency.contacts(viewer).filter(state=ContactState.ACTIVE)
    rows = rows.annotate(
        ends=Max("keys__expires_at"),
        endless=Count("keys", filter=Q(keys__isnull=False, keys__expires_at=None)),
        told=Max("calls__created_at", filter=Q(calls__kind=Call.Kind.KEY)),
    )
    soon = rows.filter(ends__gt=now, ends__lte=now + rules.KEY_WARNING, endless=0)
    return list(soon.filter(Q(told=None) | Q(told__lt=F("ends") - rules.KEY_WARNING)).order_by("pk")[:at_most])


def registrations(viewer: Viewer, *, open_only: bool = False) -> QuerySet[Registration]:
    """Return organizations that registered themselves and confirmed their address, newest first: for the team alone."""
    rows = (
        Registration.objects.exclude(state=Registration.State.NEW).select_related("organization").order_by("-at", "-pk")
    )
    if not viewer.sees_everything:
        return rows.none()
    return rows.filter(state=Registration.State.ASKED) if open_only else rows


# scope: everyone because the holder of the link is its only credential
def registration_of_link(id_: UUID) -> Registration | None:
    """Return the registration that a link names."""
    return Registration.objects.filter(pk=id_).first()


def overlaps(viewer: Viewer, rows: Sequence[Registration], on: date) -> dict[UUID, list[tuple[str, str, str]]]:
    """Return what is registered already of what these say they hold: their value, the other's, whose. For the team alone."""
    if not viewer.sees_everything:
        return {}
    inside = Q(valid_from=None) | Q(valid_from__lte=on)
    inside &= Q(valid_to=None) | Q(valid_to__gte=on)
    held = {
        "network": list(constituency.networks(viewer).filter(inside).values_list("cidr", "organization_id")),
        "domain": list(constituency.domains(viewer).filter(inside).values_list("name", "organization_id")),
    }
    return {
        row.pk: [
            (value, other, whose)
            for kind, value in row.holdings
            for other, whose in rules.overlapping(value, kind, held[kind])
        ]
        for row in rows
    }
