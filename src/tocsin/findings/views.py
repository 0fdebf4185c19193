"""Pages about findings, for the duty analyst; a contact sees their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.accounts import queries as people
from tocsin.base.lists import WINDOW
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.base.web import export
from tocsin.base.web.chips import Chip, chips, parsed_day
from tocsin.base.web.paging import found_page, order_key, page
from tocsin.base.web.templatetags.kit import exact, figure
from tocsin.base.web.views import chosen, signed_in, team_only
from tocsin.base.web.words import WORDS
from tocsin.constituency import queries as constituency
from tocsin.core.severity import SEVERITIES
from tocsin.findings import actions, listing, queries
from tocsin.findings.models import Finding, Owner, Sensor
from tocsin.intake import queries as intake

viewing = signed_in(constituency.viewer_of)
EXPORTED = 2_000
"""Rows fetched at a time for a file."""
AT_ONCE = 500
"""Findings that one bulk act takes."""


def _wanted(request: HttpRequest) -> listing.Wanted:
    """Read the filters from the address; a word that is none of the offered ones narrows nothing."""

    def one_of(name: str, offered: Any) -> str:
        value = request.GET.get(name, "")
        return value if value in offered else ""

    return listing.Wanted(
        organization=request.GET.get("organization", "")[:100],
        kind=request.GET.get("kind", "").strip()[:200],
        severity=one_of("severity", SEVERITIES),
        sensor=one_of("sensor", Sensor.values),
        owner=one_of("owner", Owner.values),
        feed=request.GET.get("feed", "").strip()[:64] if _viewer(request).sees_everything else "",
        step=one_of("step", listing.STEPS),
        asset=request.GET.get("asset", "").strip()[:2000],
        since=parsed_day(request.GET.get("since", "")),
        until=parsed_day(request.GET.get("until", "")),
    )


def _viewer(request: HttpRequest) -> Viewer:
    found: Viewer = request.viewer  # type: ignore[attr-defined]
    return found


def _order(request: HttpRequest) -> str:
    sort = request.GET.get("sort", "")
    return sort if sort in listing.ORDERS else "-severity"


@viewing
def findings(request: HttpRequest) -> HttpResponse:
    """List findings, for the duty analyst and for contacts; filters and order live in the address."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    wanted, sort, named = _wanted(request), _order(request), _named(request)
    order = listing.ORDERS[sort]
    found = queries.listed(
        viewer, wanted, order=order, key=order_key(request, Finding, order), now=datetime.now(UTC), named=named
    )
    organization = constituency.organizations(viewer).filter(pk=wanted.organization).first()
    context = {
        "page": found_page(request, found, _how_many(found.n, found.more_than)),
        "found": found,
        "wanted": wanted,
        "named": named,
        "ordering": sort,
        "organization": organization,
        "chips": _chips(request, wanted, organization.name_in(get_language() or "vi") if organization else "–"),
        "severities": SEVERITIES,
        "owners": Owner.choices,
        "sensors": Sensor.choices,
        "steps": listing.STEPS,
        "kinds": queries.kinds(viewer),
        "feeds": intake.feed_codes(viewer),
        "views": people.saved_views(viewer, "findings"),
        "query": export.bare(request),
        "window": WINDOW,
    }  # fmt: skip
    return render(request, "findings/findings.html", context)


def _named(request: HttpRequest) -> str:
    return request.GET.get("name", "").strip()[:200]


def _how_many(n: int | None, more_than: int | None) -> str:
    if n is not None:
        return ngettext("%(n)s finding", "%(n)s findings", n) % {"n": figure(n)}
    return _("more than %(n)s findings") % {"n": figure(more_than)} if more_than else ""


def _chips(request: HttpRequest, wanted: listing.Wanted, organization: str) -> list[Chip]:
    return chips(
        request,
        {
            "step": (_("Step"), WORDS.get(wanted.step, wanted.step)),
            "severity": (_("Severity"), WORDS.get(wanted.severity, "")),
            "sensor": (_("Sensors"), dict(Sensor.choices).get(wanted.sensor, "")),
            "owner": (_("Owner"), dict(Owner.choices).get(wanted.owner, "")),
            "organization": (_("Organization"), organization),
            "name": (_("Organization's name"), _named(request)),
            "kind": (_("Kind"), wanted.kind),
            "feed": (_("Feed"), wanted.feed),
            "asset": (_("Asset begins with"), wanted.asset),
            "since": (_("Seen since"), exact(wanted.since) if wanted.since else "?"),
            "until": (_("Seen until"), exact(wanted.until) if wanted.until else "?"),
        },
    )


@viewing
def findings_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Give what the list shows as CSV or XLSX, all pages of it, for whoever sees the list."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    language = get_language() or "vi"
    heading = [
        _("Severity"), _("Asset"), _("Kind"), _("Organization"), _("Name"), _("Sensors"), _("Owner"), _("First seen"),
        _("Last seen"), _("Events"), _("Ports"), _("Why theirs"), _("Warned"), _("Answered"), _("Fix by"), "id",
    ]  # fmt: skip
    rows = (
        (
            WORDS.get(f.severity, f.severity), f.asset, f.kind, f.organization_id, f.organization.name_in(language), f.get_sensor_display(),
            f.get_owner_display(), f.first_seen, f.last_seen, f.count, " ".join(map(str, f.ports)), f.because, f.warned_at,
            f.answered_at, f.due_at, str(f.pk),
        )
        for f in _all(viewer, _wanted(request), listing.ORDERS[_order(request)], _named(request), datetime.now(UTC))
    )  # fmt: skip
    return export.response(request, ending, "findings", heading, rows)


def _all(viewer: Viewer, wanted: listing.Wanted, order: Any, named: str, now: datetime) -> Iterator[Finding]:
    key = None
    while True:
        found = queries.listed(viewer, wanted, order=order, key=key, now=now, named=named, size=EXPORTED)
        yield from found.rows
        if found.key is None:
            return
        key = found.key


@viewing
@require_POST
def findings_word(request: HttpRequest) -> HttpResponse:
    """For an analyst who heard an owner by telephone: choose findings, see what changes, record the word."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    meant = list(queries.findings(viewer).filter(pk__in=chosen(request, AT_ONCE)))
    word, note = request.POST.get("word", ""), request.POST.get("note", "")
    if not meant:
        messages.warning(request, _("Nothing was chosen."))
        return redirect("findings")
    if "confirmed" in request.POST and word in Owner.values:
        try:
            n = actions.record_word(findings=meant, word=Owner(word), note=note, actor=viewer, now=datetime.now(UTC))
        except NotAllowed:
            messages.error(request, _("Your role may look, not write."))
        else:
            messages.success(request, ngettext("The owner's word was recorded on %(n)s finding.", "The owner's word was recorded on %(n)s findings.", n) % {"n": figure(n)})  # fmt: skip
        return redirect("findings")
    context = {
        "chosen": meant,
        "owners": Owner.choices,
        "organizations": len({f.organization_id for f in meant}),
        "now_say": [(Owner(word).label, n) for word, n in Counter(f.owner for f in meant).most_common()],
        "word": word,
        "note": note,
    }
    return render(request, "findings/word.html", context)


@viewing
def known_exploited(request: HttpRequest) -> HttpResponse:
    """For the team: what is known to be exploited, by which list and how fresh, and where it was found here."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    rows = queries.known_exploited(viewer)
    context = {
        "lists": queries.exploited_lists(viewer),
        "kinds": queries.exploited_kinds(viewer),
        "n_known": rows.filter(withdrawn_at=None).count(),
        "newest": rows[:NEWEST],
    }
    return render(request, "findings/known_exploited.html", context)


NEWEST = 50
"""Entries that the page of what is known to be exploited shows; the API has all."""


@viewing
def permissions(request: HttpRequest) -> HttpResponse:
    """For an analyst: which organizations permit that we look again, until when, who gave it; record another."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    given = request.POST if request.method == "POST" else {}
    problem = ""
    if request.method == "POST":
        if not viewer.may_write:
            raise Http404
        problem = _permitted(viewer, request)
        if not problem:
            messages.success(request, _("The permission was recorded."))
            return redirect("permissions")
    context = {
        "page": page(request, queries.permissions(viewer), order=("-valid_until", "-id")),
        "today": timezone.localdate(),
        "given": given,
        "problem": problem,
    }
    return render(request, "findings/permissions.html", context, status=400 if problem else 200)


def _permitted(viewer: Viewer, request: HttpRequest) -> str:
    """Record the permission of the form; return what is wrong with it."""
    organization = constituency.organizations(viewer).filter(pk=request.POST.get("organization", "").strip()).first()
    given_on, until = parsed_day(request.POST.get("given_on", "")), parsed_day(request.POST.get("valid_until", ""))
    if organization is None:
        return _("There is no such organization.")
    if given_on is None or until is None:
        return _("Give the day it was given, and its last day.")
    try:
        actions.permit(
            organization=organization, value=request.POST.get("value", ""), given_by=request.POST.get("given_by", ""),
            given_on=given_on, valid_until=until, note=request.POST.get("note", ""), actor=viewer, now=datetime.now(UTC),
        )  # fmt: skip
    except actions.BadPermission:
        return _(
            "It needs who gave it, a day that is not to come, an end that is not past, and a range of addresses or none."
        )
    return ""


@viewing
@require_POST
def permission_end(request: HttpRequest, id_: int) -> HttpResponse:
    """For an analyst: end a permission now."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.permissions(viewer), pk=id_)
    try:
        actions.revoke(permission=found, actor=viewer, now=datetime.now(UTC))
    except NotAllowed:
        raise Http404 from None
    messages.success(request, _("The permission has ended."))
    return redirect("permissions")
