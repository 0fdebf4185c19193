"""The pages of an organization, for its contacts; the team may look at what they see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import dates, timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed, Role, Viewer
from tocsin.base.web import export
from tocsin.base.web.paging import page
from tocsin.base.web.templatetags.kit import figure
from tocsin.base.web.views import signed_in
from tocsin.base.web.words import WORDS
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Organization
from tocsin.constituency.words import ROLES
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding, FindingChange, Owner, ReCheck, Sensor
from tocsin.notices import actions as noticing
from tocsin.notices import queries as notices
from tocsin.notices import texts
from tocsin.notices.models import OwnRule
from tocsin.notices.texts import Text
from tocsin.portal import actions, queries, rules, words
from tocsin.portal.models import Proof

viewing = signed_in(constituency.viewer_of)
AT_ONCE = 500
"""Findings that one answer takes."""
COUNTED = 1_000
"""Findings are counted up to this."""
EXPORTED = 2_000
"""Rows fetched at a time for a file."""


@dataclass(frozen=True, slots=True)
class Row:
    """A finding with what is said about its kind."""

    finding: Finding
    text: Text


def _narrowed(request: HttpRequest) -> tuple[Viewer, Organization | None]:
    """Return as whom to look: a contact as themselves; somebody of the team as one organization, which they name."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not viewer.sees_everything:
        return viewer, None
    found = constituency.organizations(viewer).filter(pk=request.GET.get("organization", "")).first()
    ids = frozenset({found.pk}) if found is not None else frozenset()
    return replace(viewer, role=Role.CONTACT, organization_ids=ids), found


@viewing
def home(request: HttpRequest) -> HttpResponse:
    """For a contact, between other duties, on a phone: what is open with us, why, what to do, by when; answer here."""
    viewer, chosen = _narrowed(request)
    now = datetime.now(UTC)
    tab = _tab(request)
    found = page(request, queries.findings_of(viewer, tab), ranked=True)
    language = get_language() or "vi"
    context = {
        "page": found,
        "rows": [Row(f, texts.about(f.kind, f.type, language)) for f in found.rows],
        "tab": tab,
        "counts": {name: _count(queries.findings_of(viewer, name)) for name in queries.TABS},
        "overdue": _count(queries.overdue(viewer, now)),
        "ending": queries.ending(viewer, now),
        "next_due": queries.next_due(viewer, now),
        "several": len(viewer.organization_ids or ()) > 1,
        "organizations": _organizations(viewer),
        "chosen": chosen,
        "today": timezone.localdate(now),
        "may_answer": chosen is None and not _of_the_team(request),
        "endings": ", ".join(sorted(rules.BEGINNINGS)),
    }
    return render(request, "portal/home.html", context)


def _of_the_team(request: HttpRequest) -> bool:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer.sees_everything


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("show", "")
    return tab if tab in queries.TABS else "open"


def _organizations(viewer: Viewer) -> list[Organization]:
    return list(constituency.organizations(viewer)[:200])


def _count(rows: Any) -> str:
    n = rows.order_by()[: COUNTED + 1].count()
    return str(figure(n)) if n <= COUNTED else f"> {figure(COUNTED)}"


@viewing
def finding(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For a contact: one thing that is open, with why it is theirs, what to do, its history; answer, prove."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(findings.findings(viewer), pk=id_)
    context = {
        "finding": found,
        "text": texts.about(found.kind, found.type, get_language() or "vi"),
        "history": [_said(change, viewer) for change in found.changes.order_by("-at", "-pk")[:100]],
        "told": notices.lines_of(replace(viewer, organization_ids=frozenset({found.organization_id})), found)[:50],
        "claims": notices.claims(viewer, open_only=False).filter(finding=found)[:20],
        "may_look": _may_look(found) and (viewer.may_write or not viewer.sees_everything),
        "rechecks": findings.rechecks(viewer, found)[:10],
        "proofs": queries.proofs_of(viewer, found)[:100],
        "today": timezone.localdate(),
        "may_answer": not viewer.sees_everything and found.sensor != Sensor.GONE,
        "endings": ", ".join(sorted(rules.BEGINNINGS)),
    }
    return render(request, "portal/finding.html", context)


@viewing
@require_POST
def recheck(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For a contact who has fixed it, and for the team: ask that it is looked at again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(findings.findings(viewer), pk=id_)
    if viewer.sees_everything and not viewer.may_write:
        raise Http404
    means = "team" if viewer.sees_everything else "portal"
    try:
        finding_actions.ask(finding=found, by=viewer.email, means=means, now=datetime.now(UTC))
        messages.success(request, _("It is looked at again within minutes; what comes of it appears here."))
    except finding_actions.TooSoon:
        messages.warning(request, _("It was asked for a short while ago; please wait an hour."))
    except finding_actions.NothingToCheck:
        messages.warning(request, _("Sensors have confirmed already that it is gone."))
    except (finding_actions.NoCheck, finding_actions.NotHeld):
        messages.warning(
            request, _("This cannot be looked at by a plain connection; the next reports of sensors tell.")
        )
    except finding_actions.NoPermission:
        messages.warning(request, _("Nobody has permitted yet that we look: please write to us."))
    return redirect("portal-finding", id_=id_)


def _may_look(found: Finding) -> bool:
    if found.sensor == Sensor.GONE:
        return False
    try:
        finding_actions.may_look(found, datetime.now(UTC))
    except (finding_actions.NoCheck, finding_actions.NotHeld, finding_actions.NoPermission):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Moment:
    """What changed, in words."""

    at: datetime
    says: str
    by: str
    note: str


def _said(change: FindingChange, viewer: Viewer) -> Moment:
    """Tell a change to its owner: their own people by name, the team as the team, sensors as sensors."""
    words = dict({"owner": Owner, "sensor": Sensor}.get(change.axis, Sensor).choices)
    if change.what == "recheck":
        words = dict(ReCheck.Result.choices)
    if change.what == "overruled":
        words["silent"] = _("nothing yet")
    values = {name: words.get(word, WORDS.get(word, word)) for name, word in (("before", change.before), ("after", change.after))}  # fmt: skip
    said = {
        "new": _("Found: %(after)s"),
        "worse": _("Worse: %(before)s before, %(after)s now"),
        "owner": _("Your organization says: %(after)s"),
        "overruled": _("Your answer does not count any more: it had been “%(before)s”"),
        "sensor": _("Sensors: %(after)s, %(before)s before"),
        "recheck": _("Looked at again: %(after)s"),
        "moved": _("It is not counted as yours any more."),
        "returned": _("It is counted as yours again."),
    }.get(change.what, _("Counted anew."))
    text = said % values
    if change.reason:
        text += f" – {WORDS.get(change.reason, change.reason)}"
    own = change.means in {"link", "portal", "api"} or viewer.sees_everything
    return Moment(
        change.at, text, change.by if own else "", change.note if change.what in {"owner", "overruled"} else ""
    )


@viewing
@require_POST
def answers(request: HttpRequest) -> HttpResponse:
    """For a contact: answer about one finding or many at once, and attach a file that proves it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if viewer.sees_everything:
        raise Http404
    chosen = list(findings.findings(viewer).filter(pk__in=_ids(request)))
    back = _back(request)
    if not chosen:
        messages.warning(request, _("Choose what your answer is about."))
        return redirect(back)
    try:
        n = actions.answer(
            findings=chosen, word=request.POST.get("answer", ""), actor=viewer, now=datetime.now(UTC),
            note=request.POST.get("note", ""), until=_day(request.POST.get("until", "")), proof=_file(request),
        )  # fmt: skip
    except rules.BadProof as error:
        messages.error(request, words.refused(error.why))
    except noticing.BadAnswer as error:
        messages.error(request, _unclear(error))
    else:
        said = ngettext("Thank you. Your answer about %(n)s finding was recorded.", "Thank you. Your answer about %(n)s findings was recorded.", n)  # fmt: skip
        messages.success(request, said % {"n": figure(n)})
    return redirect(back)


def _unclear(error: noticing.BadAnswer) -> str:
    return {
        "until": _("Nothing was recorded: give the day, today or later, and within a year for a risk that you accept."),
        "note": _("Nothing was recorded: say why you accept the risk."),
    }.get(error.about, _("Nothing was recorded: choose one of the answers."))


def _back(request: HttpRequest) -> str:
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return back if safe else reverse("portal")


def _file(request: HttpRequest) -> actions.File | None:
    given = request.FILES.get("proof")
    if given is None:
        return None
    # One octet more than is allowed is enough to know.
    return actions.File(given.name or "", given.read(rules.LARGEST + 1))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _ids(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("id")[:AT_ONCE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@viewing
def file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """For a contact: what the list shows as CSV or XLSX, all pages of it."""
    viewer, _chosen = _narrowed(request)
    language = get_language() or "vi"
    heading = [
        _("Severity"), _("Asset"), _("Kind"), _("What it is"), _("Organization"), _("Sensors"), _("Owner"), _("First seen"),
        _("Last seen"), _("Ports"), _("Why yours"), _("Fix by"), _("What to do first"), "id",
    ]  # fmt: skip
    rows = (
        (
            WORDS.get(f.severity, f.severity), f.asset, f.kind, text.title, f.organization.name_in(language), f.get_sensor_display(),
            f.get_owner_display(), f.first_seen, f.last_seen, " ".join(map(str, f.ports)), f.because, f.due_at,
            text.do[0] if text.do else "", str(f.pk),
        )
        for f in _all(viewer, _tab(request))
        if (text := texts.about(f.kind, f.type, language))
    )  # fmt: skip
    return export.response(request, ending, "portal", heading, rows)


def _all(viewer: Viewer, tab: str) -> Iterator[Finding]:
    yield from queries.findings_of(viewer, tab).iterator(chunk_size=EXPORTED)


@viewing
def history(request: HttpRequest) -> HttpResponse:
    """For a contact: which warnings came, and what was answered, by whom and how."""
    viewer, chosen = _narrowed(request)
    rows = notices.notices(viewer).prefetch_related("answers")
    return render(request, "portal/history.html", {"page": page(request, rows), "chosen": chosen})


@viewing
def organization(request: HttpRequest) -> HttpResponse:
    """For a contact: what the team knows of us: contacts, networks, domains, who may sign in."""
    viewer, chosen = _narrowed(request)
    rules = {row.organization_id: row for row in notices.own_rules(viewer)}
    routes = list(notices.own_routes(viewer)[:1000])
    own = [
        {
            "organization": one,
            "contacts": one.contacts.order_by("name", "email")[:200],
            "networks": one.networks.order_by("cidr")[:500],
            "domains": one.domains.order_by("name")[:500],
            "asns": one.autonomoussystems.order_by("number")[:100],
            "rule": rules.get(one.pk) or OwnRule(),
            "routes": [row for row in routes if row.organization_id == one.pk],
        }
        for one in _organizations(viewer)[:50]
    ]
    return render(
        request,
        "portal/organization.html",
        {
            "own": own, "people": queries.people(viewer)[:500], "chosen": chosen, "floors": OwnRule.Floor.choices, "rhythms": OwnRule.Rhythm.choices,
            "roles": ROLES.items(), "kinds": findings.kinds_of(viewer)[:200], "hours": range(24), "weekdays": list(dates.WEEKDAYS.items()),
        },
    )  # fmt: skip


@viewing
@require_POST
def own_rule(request: HttpRequest) -> HttpResponse:
    """For a contact: from which severity on we write to them, and how often."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(constituency.organizations(viewer), pk=request.POST.get("organization", ""))
    try:
        noticing.set_own_rule(
            organization_id=found.pk, floor=request.POST.get("floor", ""), rhythm=request.POST.get("rhythm", "at-once"),
            hour=int(request.POST.get("hour", "8")), weekday=int(request.POST.get("weekday", "0")), actor=viewer, now=datetime.now(UTC),
        )  # fmt: skip
    except (noticing.BadPolicy, NotAllowed, ValueError):
        raise Http404 from None
    messages.success(request, _("Your rule holds from now on. The portal shows everything all the same."))
    return redirect("portal-organization")


@viewing
@require_POST
def own_route(request: HttpRequest) -> HttpResponse:
    """For a contact: who of them is told of a kind; without a role, whom the team names."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(constituency.organizations(viewer), pk=request.POST.get("organization", ""))
    try:
        noticing.set_own_route(
            organization_id=found.pk, kind=request.POST.get("kind", ""), roles=request.POST.getlist("role"), actor=viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except noticing.BadPolicy:
        messages.error(request, _("Name a kind of finding, and at least one role."))
    except NotAllowed:
        raise Http404 from None
    else:
        messages.success(
            request, _("Your rule holds from now on. Where nobody has one of these roles, all of you are told.")
        )
    return redirect("portal-organization")


@viewing
def proof(request: HttpRequest, id_: UUID) -> HttpResponseBase:
    """For the organization and the team: a file that was given as proof, always as a file, never shown in the page."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found: Proof = get_object_or_404(queries.proofs(viewer), pk=id_)
    place = actions.place(found.sha256)
    if not place.exists():
        raise Http404
    response = FileResponse(
        place.open("rb"), as_attachment=True, filename=found.name, content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
