"""What may be asked of lists of notices and deliveries, and which index answers it. See `tocsin.base.lists`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from django.db.models import Q

from tocsin.base.dialect.indexes import begins
from tocsin.base.lists import Condition, Filter, Order

_BY_TIME: Final = frozenset({"state", "organization"})
ORDERS: Final[dict[str, Order]] = {
    "-made": Order(("-id",), after=_BY_TIME),
    "made": Order(("id",), after=_BY_TIME),
    "due": Order(("due_at", "id")),
    "-due": Order(("-due_at", "-id")),
}
DELIVERY_ORDERS: Final[dict[str, Order]] = {"-made": Order(("-id",)), "made": Order(("id",))}
ANSWERS: Final = ("none", "seen", "fixing", "fixed", "not-ours", "false-positive", "risk-accepted")
DELIVERED: Final = ("waiting", "ready", "by-hand", "handed-over", "bounced", "failed", "cancelled")
WENT_OUT: Final = Filter("went-out", also=Q(sent_at__isnull=False))
"""What a contact sees: what still waits has not been said."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the lists; what is empty does not narrow them."""

    organization: str = ""
    state: str = ""
    severity: str = ""
    reason: str = ""
    answer: str = ""
    reference: str = ""
    recipient: str = ""
    since: date | None = None
    until: date | None = None


def organizations(chosen: Sequence[str] | None, column: str = "organization") -> list[Filter]:
    """Return the filter of the organizations that a text or a viewer leaves; none when all are left."""
    if chosen is None:
        return []
    if len(chosen) == 1:
        return [Filter("organization", (Condition(column, "exact", chosen[0]),))]
    return [Filter("organizations", (Condition(column, "in", list(chosen)),))]


def filters(wanted: Wanted, chosen: Sequence[str] | None, zone: tzinfo) -> list[Filter]:
    """Return the filters of a list of notices."""
    found = organizations(chosen)
    if wanted.state:
        found.append(Filter("state", (Condition("state", "exact", wanted.state),)))
    if wanted.reference:
        found.append(Filter("reference", tuple(Condition("reference", *pair) for pair in begins(wanted.reference))))
    if wanted.severity:
        found.append(Filter("severity", also=Q(severity=wanted.severity)))
    if wanted.reason:
        found.append(Filter("reason", also=Q(reason=wanted.reason)))
    if wanted.answer:
        answered = Q(answer__isnull=True) if wanted.answer == "none" else Q(answer=wanted.answer)
        went_out = Q(sent_at__isnull=False) if wanted.answer == "none" else Q()
        found.append(Filter("answer", also=answered & went_out))
    return found + _days(wanted, "created_at", zone)


def delivery_filters(wanted: Wanted, chosen: Sequence[str] | None, zone: tzinfo) -> list[Filter]:
    """Return the filters of the list of sent mail."""
    found = [] if chosen is None else [Filter("organization", also=Q(notice__organization__in=list(chosen)))]
    if wanted.state:
        found.append(Filter("state", (Condition("state", "exact", wanted.state),)))
    if wanted.recipient:
        found.append(Filter("recipient", also=Q(recipient__icontains=wanted.recipient)))
    if wanted.reference:
        found.append(Filter("reference", also=Q(notice__reference__startswith=wanted.reference)))
    return found + _days(wanted, "handed_over_at", zone)


def _days(wanted: Wanted, column: str, zone: tzinfo) -> list[Filter]:
    found = []
    if wanted.since:
        first = datetime.combine(wanted.since, time.min, tzinfo=zone)
        found.append(Filter("since", also=Q(**{f"{column}__gte": first})))
    if wanted.until:
        after = datetime.combine(wanted.until + timedelta(days=1), time.min, tzinfo=zone)
        found.append(Filter("until", also=Q(**{f"{column}__lt": after})))
    return found
