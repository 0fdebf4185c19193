"""Pages for the duty analyst, who keeps watch: the loop, notices, sent mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from tocsin.accounts import queries as people
from tocsin.base.tenancy import Viewer
from tocsin.base.web import export
from tocsin.base.web.chips import Chip, chips, parsed_day
from tocsin.base.web.paging import found_page, order_key, part
from tocsin.base.web.pictures import Tile, tiles
from tocsin.base.web.security import POLICY
from tocsin.base.web.templatetags.kit import exact, figure
from tocsin.base.web.views import signed_in, team_only
from tocsin.base.web.words import WORDS
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Organization
from tocsin.core.severity import SEVERITIES
from tocsin.findings.queries import FIGURES
from tocsin.notices import listing, queries, reading, rules, timeline, watch
from tocsin.notices.models import Delivery, Notice, State
from tocsin.notices.templatetags.notices import answer_word

viewing = signed_in(constituency.viewer_of)


MAP_HOLDS = 400
"""Tiles that a map shows in their own order; of more, the worst so many, the others are only counted."""


@viewing
def loop(request: HttpRequest) -> HttpResponse:
    """For the duty analyst, at a glance: the loop, what needs a person, what comes by itself. A contact goes to the portal."""
    viewer = request.viewer  # type: ignore[attr-defined]
    if not viewer.sees_everything:
        return redirect("portal")
    now = datetime.now(UTC)
    _at, places = watch.standing(viewer, now)
    many = len(places) > MAP_HOLDS
    by_need = sorted(places, key=lambda p: (watch.TONES.index(p.tone), -p.figures["overdue"], -p.figures["open"]))
    shown = by_need[:MAP_HOLDS] if many else places
    findings, language = reverse("findings"), get_language() or "vi"
    context = {
        "loop": watch.loop(viewer, now),
        "needs": watch.needs(viewer, now),
        "coming": watch.coming(viewer, now),
        "recently": watch.recently(viewer),
        "places": len(places),
        "left": len(places) - len(shown),
        "tiles": tiles(_tile(place, findings, language) for place in shown),
        "tones": [(tone, sum(1 for place in places if place.tone == tone)) for tone in watch.TONES],
        "now": now,
    }
    return render(request, "notices/loop.html", context)


def _tile(place: watch.Place, findings: str, language: str) -> Tile:
    figures = place.figures
    says = _("%(name)s: %(open)s open, %(overdue)s overdue, %(unanswered)s without an answer") % {
        "name": place.organization.name_in(language), "open": figures["open"], "overdue": figures["overdue"], "unanswered": figures["unanswered"],
    }  # fmt: skip
    return Tile(f"{findings}?organization={quote(place.organization.pk)}", says, f"tile-{place.tone}")


@viewing
def standing(request: HttpRequest) -> HttpResponse:
    """For the duty analyst: the table behind the map, how each organization stands, the worst first."""
    viewer = request.viewer  # type: ignore[attr-defined]
    at, places = watch.standing(viewer, datetime.now(UTC))
    wanted = request.GET.get("state", "")
    chosen = [place for place in places if wanted not in watch.TONES or place.tone == wanted]
    by = request.GET.get("sort", "").lstrip("-")
    by = by if by in FIGURES else "overdue"
    chosen.sort(key=lambda place: (-place.figures[by], -place.figures["overdue"], -place.figures["open"]))
    context = {
        "at": at,
        "page": part(request, chosen, size=100),
        "tones": [(tone, sum(1 for place in places if place.tone == tone)) for tone in watch.TONES],
        "n": len(places),
        "wanted": wanted,
        "ordering": f"-{by}",
        "columns": FIGURES,
    }
    return render(request, "notices/standing.html", context)


def _wanted(request: HttpRequest, states: Collection[str]) -> listing.Wanted:
    """Read the filters from the address; a word that is none of the offered ones narrows nothing."""

    def one_of(name: str, offered: Collection[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in offered else ""

    return listing.Wanted(
        organization=request.GET.get("organization", "")[:100],
        state=one_of("state", states),
        severity=one_of("severity", SEVERITIES),
        reason=one_of("reason", REASONS),
        answer=one_of("answer", listing.ANSWERS),
        reference=request.GET.get("reference", "").strip().upper()[:32],
        recipient=request.GET.get("recipient", "").strip()[:254],
        since=parsed_day(request.GET.get("since", "")),
        until=parsed_day(request.GET.get("until", "")),
    )


REASONS = [*(reason.value for reason in rules.ORDER), rules.EMERGENCY]


def _order(request: HttpRequest, orders: Collection[str]) -> str:
    sort = request.GET.get("sort", "")
    return sort if sort in orders else "-made"


def _named(request: HttpRequest) -> str:
    return request.GET.get("name", "").strip()[:200]


def _chips(
    request: HttpRequest, wanted: listing.Wanted, states: dict[str, Any], organization: Organization | None
) -> list[Chip]:
    name = organization.name_in(get_language() or "vi") if organization is not None else "–"
    return chips(
        request,
        {
            "state": (_("State"), states.get(wanted.state, "")),
            "severity": (_("Severity"), WORDS.get(wanted.severity, "")),
            "reason": (_("Reason"), WORDS.get(wanted.reason, "")),
            "answer": (_("Answer"), answer_word(wanted.answer)),
            "organization": (_("Organization"), name),
            "name": (_("Organization's name"), _named(request)),
            "reference": (_("Reference begins with"), wanted.reference),
            "recipient": (_("Recipient"), wanted.recipient),
            "since": (_("Since"), exact(wanted.since) if wanted.since else "?"),
            "until": (_("Until"), exact(wanted.until) if wanted.until else "?"),
        },
    )


@viewing
def notices(request: HttpRequest) -> HttpResponse:
    """List notices, for the duty analyst and approvers; a contact sees those that went out to them."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    wanted, sort = _wanted(request, State.values), _order(request, listing.ORDERS)
    order = listing.ORDERS[sort]
    found = queries.listed(viewer, wanted, order=order, key=order_key(request, Notice, order), named=_named(request))
    organization = constituency.organizations(viewer).filter(pk=wanted.organization).first()
    context = {
        "page": found_page(request, found, _how_many(found.n, found.more_than)),
        "found": found,
        "wanted": wanted,
        "named": _named(request),
        "ordering": sort,
        "chips": _chips(request, wanted, dict(State.choices), organization),
        "states": State.choices,
        "severities": SEVERITIES,
        "reasons": REASONS,
        "answers": [(word, answer_word(word)) for word in listing.ANSWERS],
        "views": people.saved_views(viewer, "notices"),
        "query": export.bare(request),
        "window": queries.TRIED,
        "may_approve": viewer.may_approve and any(row.state == State.WAITING for row in found.rows),
    }
    return render(request, "notices/notices.html", context)


def _how_many(n: int | None, more_than: int | None) -> str:
    if n is not None:
        return ngettext("%(n)s notice", "%(n)s notices", n) % {"n": figure(n)}
    return _("more than %(n)s notices") % {"n": figure(more_than)} if more_than else ""


@viewing
def notices_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Give what the list shows as CSV or XLSX, all pages of it, for whoever sees the list."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    language = get_language() or "vi"
    wanted, order = _wanted(request, State.values), listing.ORDERS[_order(request, listing.ORDERS)]
    heading = [
        _("Reference"), _("Severity"), _("Organization"), _("Name"), _("State"), _("Reason"), "TLP", _("Findings"), _("Made"), _("Went out"),
        _("Fix by"), _("Answer"), _("Answered"), "id",
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[object]]:
        key = None
        while True:
            found = queries.listed(viewer, wanted, order=order, key=key, named=_named(request), size=1_000)
            for n in found.rows:
                answer: Any = n
                yield (
                    n.reference, WORDS.get(n.severity, n.severity), n.organization_id, n.organization.name_in(language), n.get_state_display(),
                    WORDS.get(n.reason, n.reason), n.tlp, n.n_findings, n.created_at, n.sent_at, n.due_at,
                    answer_word(answer.answer or ""), answer.answered_at, str(n.pk),
                )  # fmt: skip
            if found.key is None:
                return
            key = found.key

    return export.response(request, ending, "notices", heading, rows())


@viewing
def notice(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Show one notice as a story in six stops, with every reason; let an approver decide. A contact sees their own."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.notices(viewer), pk=id_)
    stops = queries.explain(viewer, found, at_most=SHOWN_FINDINGS)
    reasons = Counter(one["because"] for one in stops["attribute"]).most_common()
    for one in stops["collect"]:
        one["received"] = datetime.fromisoformat(one["received_at"])
    for one in stops["fold"]:
        one["first"], one["last"] = datetime.fromisoformat(one["first_seen"]), datetime.fromisoformat(one["last_seen"])
    stops["reasons"] = [{"because": because, "n": n} for because, n in reasons]
    context = {
        "notice": found,
        "stops": stops,
        "more": max(0, found.n_findings - len(stops["fold"])),
        "parts": found.parts,
        "deliveries": queries.shown_deliveries(viewer, found),
        "answers": found.answers.order_by("-at", "-pk"),
        "timeline": timeline.of(viewer, found, now=datetime.now(UTC)) if viewer.sees_everything else [],
        "letter": found.deliveries.filter(channel="letter").select_related("letter").first(),
        "may_approve": viewer.may_approve,
    }
    return render(request, "notices/notice.html", context)


SHOWN_FINDINGS = 30
"""Findings that the page of a notice lists, the gravest; the table of the message has all."""


@viewing
def sent(request: HttpRequest) -> HttpResponse:
    """For the duty analyst, who must never wonder whether something was sent: every delivery with its state."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    wanted, sort = _wanted(request, listing.DELIVERED), _order(request, listing.DELIVERY_ORDERS)
    order = listing.DELIVERY_ORDERS[sort]
    key = order_key(request, Delivery, order)
    found = queries.listed_deliveries(viewer, wanted, order=order, key=key, named=_named(request))
    organization = constituency.organizations(viewer).filter(pk=wanted.organization).first()
    states = {word: WORDS[word] for word in listing.DELIVERED}
    context = {
        "page": found_page(request, found),
        "found": found,
        "wanted": wanted,
        "named": _named(request),
        "ordering": sort,
        "chips": _chips(request, wanted, states, organization),
        "states": states,
        "views": people.saved_views(viewer, "sent"),
        "query": export.bare(request),
        "window": queries.TRIED,
    }
    return render(request, "notices/sent.html", context)


@viewing
def sent_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Give what the list of sent mail shows as CSV or XLSX, all pages of it, for the duty analyst."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    language = get_language() or "vi"
    wanted = _wanted(request, listing.DELIVERED)
    order = listing.DELIVERY_ORDERS[_order(request, listing.DELIVERY_ORDERS)]
    heading = [
        _("Reference"), _("Recipient"), _("Organization"), _("Name"), _("State"), _("Attempts"), _("Handed over"), _("The server said"),
        "Message-ID", "id",
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[object]]:
        key = None
        while True:
            found = queries.listed_deliveries(viewer, wanted, order=order, key=key, named=_named(request), size=1_000)
            for d in found.rows:
                organization = d.notice.organization
                yield (
                    d.notice.reference, d.recipient, organization.pk, organization.name_in(language), WORDS.get(d.state, d.state), d.attempts,
                    d.handed_over_at, d.response, d.message_id, str(d.pk),
                )  # fmt: skip
            if found.key is None:
                return
            key = found.key

    return export.response(request, ending, "sent", heading, rows())


@viewing
def message(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the duty analyst: the very bytes that went out to a recipient, or would; without the link that answers them."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    delivery = get_object_or_404(queries.deliveries(viewer).select_related("message"), pk=id_)
    context = {"delivery": delivery, "mail": reading.read(viewer, delivery, datetime.now(UTC))}
    response = render(request, "notices/message.html", context)
    response["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return response


@viewing
@xframe_options_sameorigin
def message_html(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the page of a message: its HTML as a mail reader shows it, in a sandbox where nothing runs or loads."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    delivery = get_object_or_404(queries.deliveries(viewer).select_related("message"), pk=id_)
    response = HttpResponse(reading.read(viewer, delivery, datetime.now(UTC)).html)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"  # fmt: skip
    return response
