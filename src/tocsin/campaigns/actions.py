"""Open and close campaigns; note calls; press on those who are silent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.campaigns import queries
from tocsin.campaigns.models import Campaign, Choice, TelephoneCall
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Organization
from tocsin.constituency.queries import Selection
from tocsin.core.severity import RANK
from tocsin.findings import exploited
from tocsin.findings import queries as found_by
from tocsin.findings.models import Finding
from tocsin.notices import actions as notices

MOST_WEAKNESSES = 100
PORTION = 1000
MOST_CHOICES = 10_000


class BadCampaign(Exception):
    """Something of it is missing or cannot be; `field` says what."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(f"{field}: {says}")
        self.field = field


class Closed(Exception):
    """The campaign was closed."""


class BadChoice(Exception):
    """Nothing is chosen, too much, something that is not there, or no reason is given; `field` says which."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(f"{field}: {says}")
        self.field = field


class BadCall(Exception):
    """A promise needs a day that has not passed, and only a promise has one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a campaign is about."""

    title_vi: str
    title_en: str
    weaknesses: Sequence[str]
    """Kinds of findings and CVE numbers."""
    purpose_vi: str = ""
    purpose_en: str = ""
    severity: str = "info"
    """Findings below it are left out."""
    selection: Selection = field(default_factory=lambda: Selection(everyone=True))
    due_on: date | None = None


@transaction.atomic
def open_campaign(*, wanted: Wanted, actor: Viewer, now: datetime) -> Campaign:
    """Begin a campaign. Raise NotAllowed, BadCampaign."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    made = Campaign.objects.create(opened_at=now, opened_by=actor.email, **_values(wanted))
    _record("campaign-opened", made, actor, now, weaknesses=made.weaknesses)
    return made


@transaction.atomic
def close(*, campaign: Campaign, because: str, actor: Viewer, now: datetime) -> None:
    """End a campaign; its figures go on to be counted. Raise NotAllowed, Closed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    mine = Campaign.objects.filter(pk=campaign.pk, closed_at=None)
    if not mine.update(closed_at=now, closed_by=actor.email, closed_because=because.replace("\0", "").strip()[:1000]):
        raise Closed(str(campaign.pk))
    _record("campaign-closed", campaign, actor, now, because=because[:200])


def press(
    *, campaign: Campaign, organizations: Collection[str], way: str, actor: Viewer, now: datetime, dry_run: bool = False
) -> list[notices.Pressed]:  # fmt: skip
    """Press on these organizations about what is still there. Raise NotAllowed, Closed, and notices.BadWay.

    One that has nothing in the campaign is left out: nobody learns from us of a campaign that does not concern them.
    """
    if campaign.closed_at is not None:
        raise Closed(str(campaign.pk))
    concerned = {one.organization_id for one in queries.standings(actor, campaign, now, only=organizations)}
    kinds = queries.pressed_kinds(actor, campaign)
    return notices.press(organizations=concerned, kinds=kinds, way=way, actor=actor, now=now, dry_run=dry_run)


@transaction.atomic
def choose(
    *, campaign: Campaign, included: bool | None, because: str, actor: Viewer, now: datetime,
    organizations: Collection[str] = (), findings: Collection[UUID] = (),
) -> int:  # fmt: skip
    """Put organizations and findings in by hand, leave them out, or (None) let the rule decide again; return how many. Raise NotAllowed, Closed, BadChoice.

    The last choice about a thing holds. Nothing counts twice: what the rule holds already stays one.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if not Campaign.objects.select_for_update().filter(pk=campaign.pk, closed_at=None).exists():
        raise Closed(str(campaign.pk))
    owners, ones, reason = set(organizations), set(findings), because.replace("\0", "").strip()[:1000]
    if not 0 < len(owners) + len(ones) <= MOST_CHOICES:
        raise BadChoice("findings" if ones else "organizations", f"from 1 to {MOST_CHOICES}")
    if not reason:
        raise BadChoice("because", "a reason is needed")
    if missing := owners - set(constituency.organizations(actor).in_bulk(owners)):
        raise BadChoice("organizations", f"there is no {min(missing)}")
    if missing_ones := ones - set(found_by.findings(actor).select_related(None).in_bulk(ones)):
        raise BadChoice("findings", f"there is no {min(missing_ones)}")
    mine = Choice.objects.filter(campaign=campaign)
    mine.filter(organization__in=owners).delete()
    mine.filter(finding__in=ones).delete()
    if included is not None:
        said = {"campaign": campaign, "included": included, "because": reason, "chosen_at": now, "chosen_by": actor.email}  # fmt: skip
        if mine.count() + len(owners) + len(ones) > MOST_CHOICES:
            raise BadChoice("findings" if ones else "organizations", f"at most {MOST_CHOICES} in all")
        Choice.objects.bulk_create([Choice(organization_id=one, **said) for one in sorted(owners)], PORTION)
        Choice.objects.bulk_create([Choice(finding_id=one, **said) for one in sorted(ones)], PORTION)
    word = {True: "in", False: "out", None: "by-rule"}[included]
    _record(
        "campaign-chosen", campaign, actor, now, choice=word, because=reason[:200], organizations=sorted(owners)[:100],
        findings=[str(one) for one in sorted(ones)[:100]], n=len(owners) + len(ones),
    )  # fmt: skip
    return len(owners) + len(ones)


@transaction.atomic
def note_call(
    *, campaign: Campaign, organization: Organization, to: str, result: str, actor: Viewer, now: datetime, promised_on: date | None = None, note: str = ""
) -> TelephoneCall:  # fmt: skip
    """Note a call. A promise is the organization's answer: its findings are being fixed until that day. Raise NotAllowed, BadCall, Closed."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if campaign.closed_at is not None:
        raise Closed(str(campaign.pk))
    promises = result == TelephoneCall.Result.PROMISED
    if result not in TelephoneCall.Result.values or promises != (promised_on is not None):
        raise BadCall(result)
    if promised_on is not None and promised_on < now.date():
        raise BadCall(promised_on.isoformat())
    made = TelephoneCall.objects.create(
        campaign=campaign, organization=organization, to=to.replace("\0", "").strip()[:300], result=result, promised_on=promised_on,
        note=note.replace("\0", "").strip()[:1000], called_at=now, called_by=actor.email,
    )  # fmt: skip
    if promised_on is not None:
        _promise(campaign, organization, promised_on, made, actor, now)
    _record("campaign-called", campaign, actor, now, organization=organization.pk, result=result)
    return made


def _promise(
    campaign: Campaign, organization: Organization, day: date, call: TelephoneCall, actor: Viewer, now: datetime
) -> None:
    mine = queries.found(actor, campaign, now).filter(organization=organization)
    open_ = mine.filter(queries.STATES["silent"] | queries.STATES["acknowledged"] | queries.STATES["fixing"])
    ids = list(open_.values_list("pk", flat=True))
    for start in range(0, len(ids), PORTION):
        part = list(Finding.objects.filter(pk__in=ids[start : start + PORTION]))
        notices.answer_findings(
            findings=part, word="fixing", by=actor.email, means="team", now=now, until=day, note=call.note or call.to
        )


def _values(wanted: Wanted) -> dict[str, object]:
    texts = {name: getattr(wanted, name).replace("\0", "").strip() for name in ("title_vi", "title_en", "purpose_vi", "purpose_en")}  # fmt: skip
    for name in ("title_vi", "title_en"):
        if not texts[name] or "\n" in texts[name] or len(texts[name]) > 200:
            raise BadCampaign(name, "one line of at most 200 characters")
    if max(len(texts["purpose_vi"]), len(texts["purpose_en"])) > 20_000:
        raise BadCampaign("purpose", "it is too long")
    given = dict.fromkeys(word.replace("\0", "").strip() for word in wanted.weaknesses)
    weaknesses = [word.upper() if exploited.CVE.fullmatch(word) else word for word in given if word]
    if not 0 < len(weaknesses) <= MOST_WEAKNESSES or max(map(len, weaknesses)) > 200:
        raise BadCampaign("weaknesses", f"from 1 to {MOST_WEAKNESSES} kinds or CVE numbers")
    if wanted.severity not in RANK:
        raise BadCampaign("severity", f"none of {', '.join(RANK)}")
    if not (wanted.selection.by_rule or wanted.selection.organizations):
        raise BadCampaign("selection", "no organization is in it")
    return {**texts, "weaknesses": weaknesses, "severity_rank": RANK[wanted.severity], "selection": asdict(wanted.selection), "due_on": wanted.due_on}  # fmt: skip


def _record(action: str, row: Campaign, actor: Viewer, now: datetime, **detail: object) -> None:
    audit.record(
        actor=actor, action=action, object_kind="campaign", object_id=str(row.pk), now=now,
        detail={"title": row.title_vi, **detail},
    )  # fmt: skip
