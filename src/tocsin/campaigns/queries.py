"""Read campaigns: only the team sees them, for they compare organizations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from tocsin.base.tenancy import Viewer
from tocsin.campaigns.models import Campaign, Choice, TelephoneCall
from tocsin.campaigns.rules import Counts, Standing, Tally, joined
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact
from tocsin.findings import exploited
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding, Owner, Sensor

_THERE = ~Q(sensor=Sensor.GONE)
_ASIDE = Q(owner__in=[Owner.NOT_OURS, Owner.FALSE_POSITIVE, Owner.RISK_ACCEPTED])
STATES: Final = {
    "silent": _THERE & Q(owner=Owner.SILENT, warned_at__isnull=False),
    "not_told": _THERE & Q(owner=Owner.SILENT, warned_at__isnull=True),
    "acknowledged": _THERE & Q(owner=Owner.SEEN),
    "fixing": _THERE & Q(owner=Owner.FIXING),
    "says_fixed": _THERE & Q(owner=Owner.SAYS_FIXED),
    "set_aside": _THERE & _ASIDE,
    "verified": Q(sensor=Sensor.GONE),
}
"""Which findings are at each state: every finding is at exactly one."""
_TO_DO = _THERE & Q(owner__in=[Owner.SILENT, Owner.SEEN, Owner.FIXING])


def campaigns(viewer: Viewer, *, open_only: bool = False) -> QuerySet[Campaign]:
    """Return the campaigns, the newest first; none for whoever sees only some organizations."""
    rows = Campaign.objects.all() if viewer.sees_everything else Campaign.objects.none()
    return (rows.filter(closed_at=None) if open_only else rows).order_by("-id")


def calls(viewer: Viewer, campaign: Campaign) -> QuerySet[TelephoneCall]:
    """Return the calls of a campaign, the newest first."""
    rows = TelephoneCall.objects.filter(campaign=campaign) if viewer.sees_everything else TelephoneCall.objects.none()
    return rows.order_by("-id")


def choices(viewer: Viewer, campaign: Campaign) -> QuerySet[Choice]:
    """Return what a person put in or left out, the newest first."""
    rows = Choice.objects.filter(campaign=campaign) if viewer.sees_everything else Choice.objects.none()
    return rows.select_related("organization", "finding").order_by("-chosen_at", "-id")


def pressed_kinds(viewer: Viewer, campaign: Campaign) -> list[str]:
    """Return the kinds that a campaign looks at by its rule, and those of what was put in by hand."""
    by_hand = choices(viewer, campaign).filter(included=True).exclude(finding=None)
    return sorted({*kinds(viewer, campaign), *by_hand.values_list("finding__kind", flat=True)})


def kinds(viewer: Viewer, campaign: Campaign) -> list[str]:
    """Return the kinds of findings that a campaign looks at: those given, and those that name a CVE that was given."""
    return _kinds(campaign, findings.kinds(viewer) if _names_a_cve(campaign) else [])


def _names_a_cve(campaign: Campaign) -> bool:
    return any(exploited.CVE.fullmatch(name) for name in campaign.weaknesses)


def _kinds(campaign: Campaign, known: Collection[str]) -> list[str]:
    """Return the kinds that were given, and of those that are known the ones that name a CVE that was given."""
    given = set(campaign.weaknesses)
    numbers = {name for name in given if exploited.CVE.fullmatch(name)}
    cves = {name.upper() for name in numbers}
    return sorted((given - numbers) | {kind for kind in known if cves & exploited.named(kind)})


def found(viewer: Viewer, campaign: Campaign, now: datetime) -> QuerySet[Finding]:
    """Return the findings that a campaign looks at: what was chosen by hand goes before the rule, a finding before its organization."""
    rows = findings.findings(viewer).select_related(None).order_by()
    rule = Q(kind__in=kinds(viewer, campaign))
    if campaign.severity_rank > 1:
        rule &= Q(severity_rank__gte=campaign.severity_rank)
    hand = _by_hand(viewer, [campaign])[campaign.pk]
    selection = constituency.Selection.of(campaign.selection)
    if not selection.everyone:
        (chosen,) = constituency.each_selected(viewer, [selection], now.date())
        rule &= Q(organization__in=chosen | hand.owners_in)
    if hand.owners_out:
        rule &= ~Q(organization__in=hand.owners_out)
    if hand.ones_out:
        rule &= ~Q(pk__in=hand.ones_out)
    return rows.filter(rule | Q(pk__in=hand.ones_in) if hand.ones_in else rule)


_Part = tuple[str, Sequence[int], bool]
"""An organization, its counts of some findings, and whether it was told."""


@dataclass(slots=True)
class _ByHand:
    """What a person put into one campaign, and left out of it."""

    owners_in: set[str] = field(default_factory=set)
    owners_out: set[str] = field(default_factory=set)
    ones_in: set[UUID] = field(default_factory=set)
    ones_out: set[UUID] = field(default_factory=set)


def _by_hand(viewer: Viewer, campaigns: Sequence[Campaign]) -> dict[UUID, _ByHand]:
    found = {row.pk: _ByHand() for row in campaigns}
    rows = Choice.objects.filter(campaign__in=list(found)) if viewer.sees_everything else Choice.objects.none()
    for id_, included, owner, one in rows.values_list("campaign_id", "included", "organization_id", "finding_id"):
        hand = found[id_]
        if owner is not None:
            (hand.owners_in if included else hand.owners_out).add(owner)
        elif one is not None:
            (hand.ones_in if included else hand.ones_out).add(one)
    return found


def standings(viewer: Viewer, campaign: Campaign, now: datetime, only: Collection[str] | None = None) -> list[Standing]:
    """Return how each organization stands (or only these), the last ones first."""
    rows = found(viewer, campaign, now)
    if only is not None:
        rows = rows.filter(organization__in=list(only))
    counted = rows.values_list("organization_id").annotate(**_figures(now))
    return sorted((_standing(*line) for line in counted), key=lambda one: one.urgency)


def tallies(viewer: Viewer, campaigns: Sequence[Campaign], now: datetime) -> dict[UUID, Tally]:
    """Return many campaigns in figures: findings are counted in one query, and a few say whom and what each looks at."""
    known = findings.kinds(viewer) if any(map(_names_a_cve, campaigns)) else []
    looked_at = {row.pk: frozenset(_kinds(row, known)) for row in campaigns}
    selections = {row.pk: constituency.Selection.of(row.selection) for row in campaigns}
    narrow = {id_: one for id_, one in selections.items() if not one.everyone}
    if not campaigns:
        return {}
    chosen = dict(
        zip(
            narrow, constituency.each_selected(viewer, list(narrow.values()), now.date()) if narrow else [], strict=True
        )
    )
    hands = _by_hand(viewer, campaigns)
    chosen = {id_: owners | hands[id_].owners_in for id_, owners in chosen.items()}
    everything = findings.findings(viewer).select_related(None).order_by()
    rows = everything.filter(kind__in=frozenset().union(*looked_at.values()))
    lowest = min(row.severity_rank for row in campaigns)
    if lowest > 1:
        rows = rows.filter(severity_rank__gte=lowest)
    if len(narrow) == len(campaigns):
        rows = rows.filter(organization__in=frozenset().union(*chosen.values()))
    # Severities are told apart only where campaigns do: groups are what this takes its time for.
    apart = len({row.severity_rank for row in campaigns}) > 1
    by = ("kind", "organization_id", *(("severity_rank",) if apart else ()))
    figures = {**_counts(now), "n_told": Count("pk", filter=Q(warned_at__isnull=False))}
    # What was chosen finding by finding in any of them is counted one by one: it may be in one campaign and not in the next.
    single: list[tuple[UUID, str, int, _Part]] = []
    if any(hand.ones_in or hand.ones_out for hand in hands.values()):
        ones = Choice.objects.filter(campaign__in=list(hands), finding__isnull=False).values("finding")
        rows = rows.exclude(pk__in=ones)
        each = everything.filter(pk__in=ones).values_list("pk", "kind", "severity_rank", "organization_id")
        for id_, kind, rank, organization, *rest in each.annotate(**figures):
            single.append((id_, kind, rank, (organization, rest[:-1], rest[-1] > 0)))
    counted: dict[str, list[tuple[int, _Part]]] = defaultdict(list)
    for kind, organization, *rest in rows.values_list(*by).annotate(**figures):
        rank = rest.pop(0) if apart else lowest
        counted[kind].append((rank, (organization, rest[:-1], rest[-1] > 0)))

    def parts(row: Campaign) -> Iterator[_Part]:
        hand = hands[row.pk]

        def holds(rank: int, owner: str) -> bool:
            there = row.pk not in chosen or owner in chosen[row.pk]
            return there and rank >= row.severity_rank and owner not in hand.owners_out

        for kind in looked_at[row.pk]:
            yield from (part for rank, part in counted.get(kind, ()) if holds(rank, part[0]))
        for id_, kind, rank, part in single:
            ruled = kind in looked_at[row.pk] and holds(rank, part[0]) and id_ not in hand.ones_out
            if id_ in hand.ones_in or ruled:
                yield part

    return {row.pk: joined(parts(row)) for row in campaigns}


def _counts(now: datetime) -> dict[str, Any]:
    """Return what is counted of an organization, in the order of `Counts`."""
    return {
        **{f"n_{name}": Count("pk", filter=condition) for name, condition in STATES.items()},
        "n_overdue": Count("pk", filter=_TO_DO & Q(due_at__lt=now)),
    }


def _figures(now: datetime) -> dict[str, Any]:
    """Return what is counted of an organization, in the order in which `_standing` takes it."""
    return {
        **_counts(now),
        "worst": Max("severity_rank"),
        "began": Min("first_seen"),
        "told": Min("warned_at"),
        "heard": Max("heard_at"),
        "due": Min("due_at", filter=_TO_DO),
    }


def _standing(organization: str, *figures: Any) -> Standing:
    return Standing(organization, Counts(*figures[: len(STATES) + 1]), *figures[len(STATES) + 1 :])


def last_calls(viewer: Viewer, campaign: Campaign, organizations: Collection[str]) -> dict[str, TelephoneCall]:
    """Return the last call to each of these organizations."""
    rows = calls(viewer, campaign).filter(organization__in=list(organizations)).order_by("id")
    return {call.organization_id: call for call in rows}


def telephones(viewer: Viewer, organizations: Collection[str], now: datetime) -> dict[str, list[Contact]]:
    """Return of each organization whom one can call, in the order in which contacts were entered."""
    everybody = constituency.contacts_of(viewer, organizations, now.date())
    return {organization: [one for one in people if one.phone] for organization, people in everybody.items()}
