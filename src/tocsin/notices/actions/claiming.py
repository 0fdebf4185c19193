"""Settle what owners claim: not theirs, a false alarm, a risk they accept. What is accepted ends by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency.actions import HeldAlready
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, Means, Owner
from tocsin.intake.actions import assigning
from tocsin.notices.models import Claim
from tocsin.reach import actions as reach

FOR_A_YEAR = timedelta(days=365)
"""How long an accepted false alarm counts where nobody says otherwise."""
WARNED_BEFORE = timedelta(days=30)
"""How long before its end a claim is warned of."""
PORTION = 400


class AlreadyRuled(Exception):
    """Somebody has settled the claim."""


class BadRuling(Exception):
    """The end is past or more than a year off, or there is no such organization; the text says which."""


@transaction.atomic
def rule(
    *, claim: Claim, accept: bool, note: str, actor: Viewer, now: datetime, until: date | None = None, to: str = ""
) -> None:
    """Settle a claim. Accepted, it stays as the owner said until its end; refused, the owner is warned again.

    Raise NotAllowed, AlreadyRuled, BadRuling.
    """
    rule_all(claims=[claim.pk], accept=accept, note=note, actor=actor, now=now, until=until, to=to)


@transaction.atomic
def rule_all(
    *, claims: Sequence[UUID], accept: bool, note: str, actor: Viewer, now: datetime, until: date | None = None, to: str = ""
) -> int:  # fmt: skip
    """Settle claims; return how many. Raise NotAllowed, BadRuling, and AlreadyRuled when none of them is open.

    Accepted false alarms and risks end with `until`, else with the day that was asked for, else after a year. What is
    accepted as not theirs goes to the organization `to` from the day it was first seen, else to what nobody holds.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    open_ = list(
        Claim.objects.select_for_update(of=("self",)).filter(pk__in=claims, ruling="").select_related("finding")
    )
    if not open_:
        raise AlreadyRuled
    if not actor.may_approve and any(claim.what != "not-ours" for claim in open_):
        raise NotAllowed(actor.role.value)
    note = note.strip()[:1000]
    ruling = Claim.Ruling.ACCEPTED if accept else Claim.Ruling.REFUSED
    ended = {claim.pk: _end(claim, until, now) for claim in open_} if accept else {}
    by_end: dict[datetime | None, list[UUID]] = defaultdict(list)
    for claim in open_:
        by_end[ended.get(claim.pk)].append(claim.pk)
    for end, ids in by_end.items():
        Claim.objects.filter(pk__in=ids).update(
            ruling=ruling, ruled_by=actor.email, ruled_at=now, ruling_note=note, until=end, ended_at=None if accept else now
        )  # fmt: skip
    if not accept:
        findings.overrule(ids=[claim.finding_id for claim in open_], by=actor.email, note=note, now=now)
    else:
        not_theirs = [claim.finding for claim in open_ if claim.what == "not-ours"]
        _move(not_theirs, to, note, actor, now)
    audit.record_all(
        actor=actor,
        acts=[
            Act(
                f"claim-{ruling.value}", "finding", str(claim.finding_id),
                {"claim": claim.what, "note": note, **({"to": to} if to and accept and claim.what == "not-ours" else {})},
            )
            for claim in open_
        ],
        now=now,
    )  # fmt: skip
    return len(open_)


def _end(claim: Claim, until: date | None, now: datetime) -> datetime | None:
    if claim.what == "not-ours":
        return None
    end = datetime.combine(until, time.max, tzinfo=timezone.get_current_timezone()) if until else claim.until
    end = end or now + FOR_A_YEAR
    if end <= now or end > now + FOR_A_YEAR + timedelta(days=2):
        raise BadRuling("the end is to be after now, and within a year")
    return end


def _move(found: Collection[Finding], to: str, note: str, actor: Viewer, now: datetime) -> None:
    """Give what is not theirs to whose it is: by what that organization holds, or to nobody."""
    if not found:
        return
    if not to:
        findings.disown(findings=found, reason=note or "not-ours", by=actor.email, now=now)
        return
    since: dict[str, date] = {}
    for finding in found:
        value, day = _value(finding.asset), timezone.localdate(finding.first_seen)
        since[value] = min(day, since.get(value, day))
    for value, day in sorted(since.items()):
        try:
            assigning.assign(value=value, organization=to, actor=actor, now=now, valid_from=day)
        except HeldAlready:
            continue  # they hold it: what the worker attributes again follows from it
        except assigning.NoSuchOrganization as error:
            raise BadRuling(f"there is no organization {to}") from error
        except assigning.NoValue as error:
            raise BadRuling(f"{value} is nothing that an organization can hold") from error


def _value(asset: str) -> str:
    """Return what of an asset somebody holds: the host of a URL, else the whole."""
    return (urlsplit(asset).hostname or asset) if "://" in asset else asset


@dataclass(frozen=True, slots=True)
class Ended:
    """Claims whose time is over, which count no more; and those that end within 30 days, said for the first time."""

    ended: Sequence[UUID]
    warned: Sequence[UUID]


@transaction.atomic
def end_claims(*, now: datetime) -> Ended:
    """End accepted claims whose time is over: their findings are warned of again. Warn of those that soon end, once.

    An organization gets one mail for all of its claims that end; what is open again is decided about.
    """
    live = Claim.objects.filter(ruling=Claim.Ruling.ACCEPTED, ended_at=None)
    over = list(live.filter(until__lte=now).order_by("pk").values_list("pk", "finding_id", "what"))
    for start in range(0, len(over), PORTION):
        part = over[start : start + PORTION]
        Claim.objects.filter(pk__in=[pk for pk, _, _ in part]).update(ended_at=now)
        for word in (Owner.FALSE_POSITIVE, Owner.RISK_ACCEPTED):
            mine = [id_ for _, id_, what in part if what == word.value]
            # What the owner said since stands.
            still = Finding.objects.filter(pk__in=mine, owner=word).values_list("pk", flat=True)
            findings.overrule(
                ids=list(still), by="system", note="", now=now, reason="claim-ended", means=Means.TIME
            )  # fmt: skip
    if over:
        acts = [Act("claim-ended", "finding", str(id_), {"claim": what}) for _, id_, what in over]
        audit.record_all(actor=SYSTEM, acts=acts, now=now)
    soon = live.filter(until__lte=now + WARNED_BEFORE, until__gt=now, warned_at=None)
    # Asked for less time than that, it is no news that it ends.
    warned = list(soon.filter(ruled_at__lte=F("until") - WARNED_BEFORE).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(warned), PORTION):
        Claim.objects.filter(pk__in=warned[start : start + PORTION]).update(warned_at=now)
    if warned:
        told = Claim.objects.filter(warned_at=now)
        owners = told.order_by().values_list("finding__organization_id", flat=True).distinct()
        reach.call_about_ends(organizations=list(owners), now=now)
    return Ended([pk for pk, _, _ in over], warned)
