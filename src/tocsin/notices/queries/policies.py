"""By which rules an organization is warned, and when it is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from tocsin.base.tenancy import Viewer, scoped
from tocsin.notices import rules
from tocsin.notices.models import (
    OwnRoute,
    OwnRule,
    Policy,
    Silence,
)
from tocsin.notices.queries.following import Applied, Following, following


class Policies:
    """All policies, read once: looked up for many units without a query each."""

    def __init__(self, rows: Iterable[Policy], following: Following | None = None, own: Iterable[OwnRule] = (), routes: Iterable[OwnRoute] = ()
    ) -> None:  # fmt: skip
        self._by_place = {(row.organization_id or "", row.kind): row for row in rows}
        self._following = following
        self._own = {row.organization_id: row for row in own}
        self._routes = {(row.organization_id, row.kind): tuple(row.roles) for row in routes}

    @property
    def any_rhythm(self) -> bool:
        """Whether any organization has its mail gathered."""
        return any(row.rhythm != OwnRule.Rhythm.AT_ONCE for row in self._own.values())

    @property
    def any_by_network(self) -> bool:
        """Whether any of them groups by network."""
        return any(row.grouping == Policy.Grouping.NETWORK for row in self._by_place.values())

    def get(self, organization_id: str, kind: str, rsit_type: str = "") -> Applied:
        """Return what applies to an organization's findings of a kind."""
        where = (organization_id, kind, rsit_type)
        for closeness, place in rules.places(organization_id, kind, rsit_type):
            if row := self._by_place.get(place):
                return self._routed(Applied(self._timed(_values(row), organization_id), row, closeness), *where)
        return self._routed(Applied(self._timed(rules.BUILT_IN_VALUES, organization_id), None, rules.BUILT_IN), *where)

    def _routed(self, applied: Applied, organization_id: str, *kinds: str) -> Applied:
        """Return what applies with the people whom the organization itself names for the kind, else for its type."""
        for kind in kinds:
            if roles := self._routes.get((organization_id, kind)):
                return replace(applied, values=replace(applied.values, contact_roles=roles), routed=True)
        return applied

    def _timed(self, values: rules.PolicyValues, organization_id: str) -> rules.PolicyValues:
        """Return the values with the times at which this organization may be reminded."""
        if own := self._own.get(organization_id):
            values = replace(values, own_floor=own.floor)
            if rhythm := _rhythm(own):
                # What is gathered comes as one mail, whatever the team's policy would part.
                values = replace(values, own_rhythm=rhythm, grouping="organization")
        if self._following is None:
            return values
        calendar, at_once = self._following.times(organization_id)
        return replace(values, calendar=calendar, at_once=at_once)

    def candidates(self, organization_id: str, kind: str, rsit_type: str = "") -> list[tuple[str, Policy]]:
        """Return all policies that name this, the one that applies first."""
        places = rules.places(organization_id, kind, rsit_type)
        return [(closeness, row) for closeness, place in places if (row := self._by_place.get(place))]


def _rhythm(own: OwnRule) -> rules.Rhythm | None:
    if own.rhythm == OwnRule.Rhythm.AT_ONCE:
        return None
    return rules.Rhythm(own.hour, own.weekday if own.rhythm == OwnRule.Rhythm.WEEKLY else None)


def _values(row: Policy) -> rules.PolicyValues:
    return rules.PolicyValues(
        needs_approval=row.needs_approval,
        repeat=timedelta(days=row.repeat_days),
        deadline_days=dict(row.deadline_days),
        tlp=row.tlp,
        minimum_severity=row.minimum_severity,
        grouping=row.grouping,
        repeat_days=dict(row.repeat_days_by),
        language=row.language,
        contact_roles=tuple(row.contact_roles) or rules.PolicyValues().contact_roles,
    )


def policy_rows(viewer: Viewer) -> QuerySet[Policy]:
    """Return the policies, those for all organizations first."""
    rows = scoped(Policy.objects.all(), viewer).select_related("organization")
    return rows.order_by(F("organization_id").asc(nulls_first=True), "kind")


def policies(viewer: Viewer) -> Policies:
    """Return all policies for look-ups."""
    return Policies(policy_rows(viewer), following(viewer), own_rules(viewer), own_routes(viewer))


def own_rules(viewer: Viewer) -> QuerySet[OwnRule]:
    """Return what organizations say of mail to them."""
    return scoped(OwnRule.objects.select_related("organization").order_by("organization_id"), viewer)


def own_routes(viewer: Viewer) -> QuerySet[OwnRoute]:
    """Return whom organizations themselves want told of what."""
    return scoped(OwnRoute.objects.select_related("organization").order_by("organization_id", "kind"), viewer)


def silences(viewer: Viewer, *, at: datetime | None = None) -> QuerySet[Silence]:
    """Return the silences, or those that hold at an instant; the one that ends last first."""
    rows = scoped(Silence.objects.all(), viewer).select_related("organization").order_by("-until", "-id")
    return rows if at is None else rows.filter(until__gt=at, lifted_at=None)


class Silences:
    """The silences that hold now, read once."""

    def __init__(self, rows: Iterable[Silence]) -> None:
        self._ends: dict[tuple[str, str], datetime] = {}
        for row in rows:
            place = (row.organization_id or "", row.kind)
            self._ends[place] = max(row.until, self._ends.get(place, row.until))

    def until(self, organization_id: str, kind: str, rsit_type: str) -> datetime | None:
        """Return until when an organization is not warned of a kind; None: it is."""
        if not self._ends:
            return None
        places = {(o, k) for o in (organization_id, "") for k in (kind, rsit_type, "")}
        return max((end for place in places if (end := self._ends.get(place))), default=None)
