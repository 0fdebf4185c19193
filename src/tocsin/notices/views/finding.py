"""The page of one finding, which tells all floors: what sensors and owner say, why it is theirs, who was told, what is next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from tocsin.base.tenancy import Viewer
from tocsin.base.web.views import signed_in
from tocsin.base.web.words import WORDS
from tocsin.constituency import queries as constituency
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding, FindingChange, Means, Owner, Sensor
from tocsin.intake import evidence as proofs
from tocsin.notices import queries, rules
from tocsin.notices.models import NoticeFinding

viewing = signed_in(constituency.viewer_of)
SETTLED = {Owner.NOT_OURS, Owner.FALSE_POSITIVE, Owner.RISK_ACCEPTED}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the finding's time: what happened or will happen, in words."""

    at: datetime
    says: str
    by: str = ""
    note: str = ""
    url: str = ""
    tone: str = ""


@viewing
def finding(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the duty analyst and the owner's contact: both axes, why theirs, what was told, what is next and when."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    found = get_object_or_404(findings.findings(viewer), pk=id_)
    told = list(queries.lines_of(viewer, found))
    related = constituency.organizations(viewer).filter(pk__in=found.related) if viewer.sees_everything else []
    context = {
        "finding": found,
        "related": related,
        "told": told,
        "sent": [line for line in told if line.notice.sent_at],
        "ahead": sorted(_ahead(viewer, found, told, now), key=lambda one: one.at),
        "past": sorted(_past(viewer, found, told), key=lambda one: one.at, reverse=True),
        "claims": queries.claims(viewer).filter(finding=found),
        "agreed": queries.claims(viewer, state="approved").filter(finding=found).first(),
    }
    return render(request, "notices/finding.html", context)


def _ahead(viewer: Viewer, found: Finding, told: list[NoticeFinding], now: datetime) -> list[Moment]:
    """Return what comes, by itself or by whom."""
    if found.sensor == Sensor.GONE:
        return []
    if found.owner in SETTLED:
        agreed = queries.claims(viewer, state="approved").filter(finding=found, until__isnull=False).first()
        said = _("What was agreed to ends by itself; if it is still seen, its owner is warned again.")
        return [Moment(agreed.until, said)] if agreed is not None and agreed.until is not None else []
    ahead = []
    if found.due_at is not None and found.due_at > now:
        ahead.append(Moment(found.due_at, _("It is to be fixed by now; after this it is overdue.")))
    if found.fixing_until is not None and found.fixing_until > now:
        ahead.append(Moment(found.fixing_until, _("Its owner promised to have it fixed.")))
    for decision in queries.decisions(viewer).filter(organization=found.organization_id, kind=found.kind):
        if decision.next_at is not None and decision.next_at > now:
            ahead.append(Moment(decision.next_at, COMES.get(decision.rests, COMES[""])()))
    return ahead


COMES: Mapping[str, Callable[[], str]] = {
    rules.Reason.SILENCED: lambda: _("A silence ends; then it is decided anew."),
    rules.Reason.WAITS_FOR_HOURS: lambda: _(
        "Quiet hours or days off are over there; if it is still seen, its owner is told."
    ),
    rules.Reason.GATHERED_BY_OWNER: lambda: _(
        "The hour at which this organization wants its mail, by its own rule; if it is still seen, its owner is told."
    ),
    "": lambda: _("If it is still there, its owner is reminded."),
}
"""What happens when a decision is made again, by what it rests on."""


def _past(viewer: Viewer, found: Finding, told: list[NoticeFinding]) -> list[Moment]:
    past = [_changed(change, viewer) for change in found.changes.order_by("-at")[:200]]
    past += [
        Moment(
            line.notice.sent_at,
            _("Its owner was told: %(reference)s, %(reason)s")
            % {"reference": line.notice.reference, "reason": WORDS.get(line.notice.reason, line.notice.reason)},
            url=reverse("notice", args=[line.notice_id]),
        )
        for line in told
        if line.notice.sent_at is not None
    ]
    return past


def _changed(change: FindingChange, viewer: Viewer) -> Moment:
    owner = dict(Owner.choices)
    values = {
        "before": owner.get(change.before, WORDS.get(change.before, change.before)),
        "after": owner.get(change.after, WORDS.get(change.after, change.after)),
    }
    said = {
        "new": _("Found: %(after)s"),
        "worse": _("Worse: %(before)s before, %(after)s now"),
        "owner": _("The owner says: %(after)s"),
        "overruled": _("The team set the owner's word aside: it had been “%(before)s”"),
    }.get(change.what)
    text = said % values if said else f"{WORDS.get(change.what, change.what)} {values['before']} → {values['after']}"
    tones = {"worse": "bad", "overruled": "bad"}
    if change.reason:
        text += f" – {WORDS.get(change.reason, change.reason)}"
    means = change.get_means_display() if change.means and change.means != Means.SENSOR else ""
    by = ", ".join(filter(None, [change.by, means])) if viewer.sees_everything else means
    return Moment(change.at, text, by, change.note, tone=tones.get(change.what, ""))


@viewing
def evidence(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For who doubts it: the events that prove a finding, as they came, with file, hash and row."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(findings.findings(viewer), pk=id_)
    events = proofs.events(viewer, found.evidence, organization=found.organization_id, since=found.first_seen, until=found.last_seen)  # fmt: skip
    return render(request, "notices/evidence.html", {"finding": found, "events": events})
