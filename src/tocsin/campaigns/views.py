"""Pages of campaigns, for the team alone: how far everybody is with one weakness, and what to do about the last ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import Viewer
from tocsin.base.web import export
from tocsin.base.web.paging import part
from tocsin.base.web.templatetags.kit import figure
from tocsin.base.web.views import signed_in, team_only
from tocsin.campaigns import actions, queries, rules, words
from tocsin.campaigns.forms import CallForm, CampaignForm
from tocsin.campaigns.models import Campaign, TelephoneCall
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact, Organization

viewing = signed_in(constituency.viewer_of)
SHOWN = 100
CHOICES = {"in": True, "out": False, "by-rule": None}
SILENT = ("silent", "not-told", "acknowledged", "fixing")
"""States of organizations that are called: something is still to be done."""


@dataclass(frozen=True, slots=True)
class Line:
    """An organization as the page shows it."""

    standing: rules.Standing
    organization: Organization
    call: TelephoneCall | None

    @property
    def label(self) -> object:
        """How far it has come."""
        return words.STATES[self.standing.counts.state]

    @property
    def tone(self) -> str:
        """The colour of that."""
        return words.TONES[self.standing.counts.state]

    @property
    def parts(self) -> list[tuple[int, object]]:
        """How many findings are at which state, where they are not all at one."""
        counts = self.standing.counts
        return [(n, words.STATES[state]) for state, n in zip(rules.STATES, counts.by_state, strict=True) if n]


@viewing
def campaigns(request: HttpRequest) -> HttpResponse:
    """For the team: the campaigns, those that run first and in figures; one that ended is counted on its own page."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    rows = sorted(queries.campaigns(viewer)[:SHOWN], key=lambda row: row.closed_at is not None)
    language = get_language() or "vi"
    figures = queries.tallies(viewer, [row for row in rows if row.closed_at is None], now)
    shown = [(row, row.title_in(language), figures.get(row.pk)) for row in rows]
    return render(request, "campaigns/campaigns.html", {"campaigns": shown, "now": now})


@viewing
def new(request: HttpRequest) -> HttpResponse:
    """For analysts: open a campaign."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    initial = {"severity": "info", "weaknesses": request.GET.get("kind", "")}
    form = CampaignForm(
        request.POST or None,
        initial=initial,
        sectors=constituency.sectors(viewer),
        facts=constituency.fact_labels(viewer),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.open_campaign(wanted=form.wanted(), actor=viewer, now=datetime.now(UTC))
        except actions.BadCampaign as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return redirect("campaign", made.pk)
    return render(request, "campaigns/new.html", {"form": form})


@viewing
def campaign(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the team: every affected organization of one weakness, the last ones first; an analyst presses on some."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, id_)
    now = datetime.now(UTC)
    standings = queries.standings(viewer, row, now)
    wanted = request.GET.get("state", "")
    chosen = [one for one in standings if _is(one, wanted)]
    n = len(chosen)
    said = ngettext("%(n)s organization", "%(n)s organizations", n) % {"n": figure(n)}
    page = part(request, chosen, size=SHOWN, said=said)
    tally = rules.tally(standings)
    language = get_language() or "vi"
    context = {
        "campaign": row,
        "title": row.title_in(language),
        "purpose": row.purpose_in(language),
        "kinds": queries.kinds(viewer, row),
        "tally": tally,
        "tiles": [(state, words.STATES[state], tally.organizations[state], tally.findings[state]) for state in rules.STATES],
        "page": page,
        "lines": _lines(viewer, row, page.rows),
        "wanted": wanted,
        "wanted_label": words.STATES.get(wanted, _("overdue") if wanted == "overdue" else ""),
        "ways": words.WAYS.items(),
        "now": now,
        "choices": queries.choices(viewer, row)[:SHOWN],
        "is_late": row.due_on is not None and row.due_on < now.date(),
    }  # fmt: skip
    return render(request, "campaigns/campaign.html", context)


@viewing
@require_POST
def press(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For analysts: look at who would be told by which way, then do it. Without a confirmation nothing is done."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, id_)
    if not viewer.may_write:
        raise Http404
    way = request.POST.get("way", "")
    chosen = list(dict.fromkeys(request.POST.getlist("id")))[:10_000]
    sure = request.POST.get("confirmed") == "1"
    if not chosen or way not in words.WAYS:
        messages.warning(request, _("Choose organizations first."))
        return redirect("campaign", row.pk)
    try:
        found = actions.press(
            campaign=row, organizations=chosen, way=way, actor=viewer, now=datetime.now(UTC), dry_run=not sure
        )
    except actions.Closed:
        messages.error(request, _("The campaign was closed."))
        return redirect("campaign", row.pk)
    done = [one for one in found if not one.because]
    if sure:
        n = len(done)
        messages.success(
            request,
            ngettext("One organization is told within a minute.", "%(n)s organizations are told within a minute.", n)
            % {"n": figure(n)},
        )
        return redirect("campaign", row.pk)
    names = _names(viewer, [one.organization_id for one in found])
    context = {
        "campaign": row, "title": row.title_in(get_language() or "vi"), "way": way, "way_label": words.WAYS[way],
        "told": [(names[one.organization_id], one.notice) for one in done],
        "left": [(names[one.organization_id], words.BECAUSE[one.because]) for one in found if one.because],
    }  # fmt: skip
    return render(request, "campaigns/press.html", context)


@viewing
@require_POST
def choose(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For analysts: leave organizations or findings out of a campaign, put them in, or let its rule decide again, saying why."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, id_)
    choice = request.POST.get("choice", "")
    if not viewer.may_write or choice not in CHOICES:
        raise Http404
    try:
        actions.choose(
            campaign=row, included=CHOICES[choice], because=request.POST.get("because", ""), actor=viewer, now=datetime.now(UTC),
            organizations=[one for one in request.POST.getlist("id") if one], findings=_ids(request.POST.getlist("finding")),
        )  # fmt: skip
    except actions.BadChoice:
        messages.warning(request, _("Choose what is there, and say why."))
    except actions.Closed:
        messages.error(request, _("The campaign was closed."))
    else:
        messages.success(request, _("The choice is noted; the figures follow it."))
    return redirect("campaign", row.pk)


@viewing
def calls(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For whoever telephones: the organizations that have something to do, with numbers, the last ones first; made to be printed."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, id_)
    now = datetime.now(UTC)
    rows = [one for one in queries.standings(viewer, row, now) if one.counts.state in SILENT]
    page = part(request, rows, size=SHOWN)
    lines = _lines(viewer, row, page.rows)
    numbers = queries.telephones(viewer, [line.organization.pk for line in lines], now)
    context = {
        "campaign": row, "title": row.title_in(get_language() or "vi"), "page": page,
        "lines": [(line, numbers.get(line.organization.pk, [])) for line in lines],
    }  # fmt: skip
    return render(request, "campaigns/calls.html", context)


@viewing
def call(request: HttpRequest, id_: UUID, organization: str) -> HttpResponse:
    """For whoever telephones: whom to call there, what was said before; note what came of this call."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, id_)
    owner = get_object_or_404(constituency.organizations(viewer), pk=organization)
    now = datetime.now(UTC)
    found = queries.standings(viewer, row, now, only=[owner.pk])
    if not found:
        raise Http404
    people = queries.telephones(viewer, [owner.pk], now).get(owner.pk, [])
    may = viewer.may_write and row.closed_at is None
    form = CallForm(request.POST or None, initial={"to": _number(people[0]) if people else ""}) if may else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                actions.note_call(campaign=row, organization=owner, actor=viewer, now=now, **form.cleaned_data)
            except actions.BadCall:
                form.add_error("promised_on", _("A promise needs a day that has not passed; nothing else has one."))
            else:
                messages.success(request, _("The call is noted."))
                return redirect("campaign-calls", row.pk)
    context = {
        "campaign": row, "title": row.title_in(get_language() or "vi"), "form": form, "organization": owner, "people": people,
        "line": _lines(viewer, row, found)[0], "calls": queries.calls(viewer, row).filter(organization=owner)[:50],
    }  # fmt: skip
    return render(request, "campaigns/call.html", context)


@viewing
@require_POST
def close(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For analysts: end a campaign, saying why."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, id_)
    if not viewer.may_write:
        raise Http404
    try:
        actions.close(campaign=row, because=request.POST.get("because", ""), actor=viewer, now=datetime.now(UTC))
    except actions.Closed:
        messages.warning(request, _("The campaign was closed."))
    return redirect("campaign", row.pk)


@viewing
def file(request: HttpRequest, id_: UUID, ending: str) -> HttpResponseBase:
    """Give all organizations of a campaign as CSV or XLSX, with telephone numbers, for whoever reports or calls."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, id_)
    now, language = datetime.now(UTC), get_language() or "vi"
    lines = _lines(viewer, row, queries.standings(viewer, row, now))
    numbers = queries.telephones(viewer, [line.organization.pk for line in lines], now)
    heading = [
        _("Organization"), _("Name"), _("State"), *(str(words.STATES[state]) for state in rules.STATES), _("overdue"), _("First seen"),
        _("Told"), _("Last word"), _("Fix by"), _("Telephone"), _("Last call"),
    ]  # fmt: skip
    rows = (
        (
            line.organization.pk, line.organization.name_in(language), str(line.label), *line.standing.counts.by_state, line.standing.counts.overdue,
            line.standing.first_seen, line.standing.told_at, line.standing.heard_at, line.standing.due_at,
            "; ".join(map(_number, numbers.get(line.organization.pk, []))), line.call.get_result_display() if line.call else "",
        )
        for line in lines
    )  # fmt: skip
    return export.response(request, ending, "campaign", heading, rows)


def _found(viewer: Viewer, id_: UUID) -> Campaign:
    team_only(viewer)
    return get_object_or_404(queries.campaigns(viewer), pk=id_)


def _ids(given: Iterable[str]) -> list[UUID]:
    try:
        return [UUID(one) for one in given if one]
    except ValueError as error:
        raise Http404 from error


def _is(standing: rules.Standing, wanted: str) -> bool:
    if wanted == "overdue":
        return standing.counts.overdue > 0
    if wanted == "told":
        return standing.told_at is not None
    return not wanted or standing.counts.state == wanted


def _lines(viewer: Viewer, row: Campaign, standings: Iterable[rules.Standing]) -> list[Line]:
    listed = list(standings)
    names = _names(viewer, [one.organization_id for one in listed])
    last = queries.last_calls(viewer, row, names)
    return [Line(one, names[one.organization_id], last.get(one.organization_id)) for one in listed]


def _names(viewer: Viewer, ids: list[str]) -> dict[str, Organization]:
    return constituency.organizations(viewer).in_bulk(ids)


def _number(contact: Contact) -> str:
    return f"{contact.name or contact.email} {contact.phone}"
