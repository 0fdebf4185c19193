"""What nobody holds, place by place: for the duty analyst, who says whose it is, or that it is nobody's here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tocsin.base.tenancy import Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.templatetags.kit import exact
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.intake import queries
from tocsin.intake.actions import assigning
from tocsin.intake.forms import AssignForm, DismissForm, IgnoreForm
from tocsin.intake.models import UnattributedGroup
from tocsin.intake.rules.suggesting import Suggestion
from tocsin.intake.words import HOWS, SUGGESTED

viewing = signed_in(constituents.viewer_of)
ORDERS = {"-events": ("-n_events", "-value"), "-last_seen": ("-last_seen", "-value")}
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Said:
    """A suggestion as the page says it."""

    organization: Any
    why: str


@viewing
def unattributed(request: HttpRequest) -> HttpResponse:
    """For the duty analyst: what nobody holds, by place, with who may hold it and why."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    dismissed = request.GET.get("show") == "dismissed"
    how = request.GET.get("how", "")
    search = request.GET.get("search", "").strip()[:253]
    ordering = request.GET.get("sort", "")
    ordering = ordering if ordering in ORDERS else "-events"
    rows = queries.groups(viewer, dismissed=dismissed, how=how if how in HOWS else "", search=search)
    found = page(request, rows.select_related("dismissal"), order=ORDERS[ordering])
    said = _said(viewer, found.rows)
    context = {
        "page": found, "lines": [(group, said[group.value]) for group in found.rows], "dismissed": dismissed, "how": how,
        "hows": HOWS, "search": search, "ordering": ordering, "narrowed": bool(how or search or dismissed),
    }  # fmt: skip
    return render(request, "intake/unattributed.html", context)


@viewing
def place(request: HttpRequest, value: str) -> HttpResponse:
    """For the duty analyst: one place, what was seen in it, and what to do about it; each act is previewed first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    group = queries.group(viewer, value)
    value = group.value if group is not None else value[:253]
    given = request.POST if viewer.may_write and request.method == "POST" else None
    act = given.get("act", "") if given is not None else ""
    initial = {"value": "" if group is not None and group.how == "other" else value}
    first = group.first_seen.date() if group is not None else None
    forms: dict[str, Any] = {
        "assign": AssignForm(given if act == "assign" else None, initial={**initial, "organization": request.GET.get("organization", ""), "valid_from": first}),
        "ignore": IgnoreForm(given if act == "ignore" else None, initial=initial, auto_id="ignore_%s"),
        "dismiss": DismissForm(given if act == "dismiss" else None, initial=initial, auto_id="dismiss_%s"),
    }  # fmt: skip
    if act == "restore" and group is not None and group.dismissal is not None:
        assigning.restore(dismissal=group.dismissal, actor=viewer, now=datetime.now(UTC))
        messages.success(request, _("It stands in the queue again."))
        return redirect("unattributed-place", value)
    if act in forms and forms[act].is_valid():
        assert given is not None
        answer = _ACTS[act](request, viewer, forms[act], confirmed="confirmed" in given)
        if answer is not None:
            return answer
    rows = queries.unattributed(viewer).filter(place=value)
    context = {
        "value": value, "group": group, "forms": forms, "page": page(request, rows, order=("-last_seen", "-id")),
        "said": _said(viewer, [group])[value] if group is not None else [], "how": HOWS.get(group.how, "") if group is not None else "",
        "offered": _offered(viewer),
    }  # fmt: skip
    return render(request, "intake/place.html", context)


def _assign(request: HttpRequest, viewer: Viewer, form: AssignForm, *, confirmed: bool) -> HttpResponse | None:
    given = form.cleaned_data
    organization = constituents.organizations(viewer).filter(pk=given["organization"]).first()
    if organization is None:
        form.add_error("organization", _("There is no such organization."))
        return None
    if confirmed:
        try:
            assigning.assign(**given, actor=viewer, now=datetime.now(UTC))
        except constituency.HeldAlready:
            form.add_error(None, _("The organization has it on some of these days already."))
            return None
        messages.success(
            request,
            _("%(value)s belongs to %(organization)s now. What came in before is attributed again within a minute.")
            % {"value": form.spelled(), "organization": organization.pk},
        )
        return redirect("unattributed")
    preview = assigning.preview_assignment(**given)
    return _preview(request, form, preview, organization=organization)


def _ignore(request: HttpRequest, viewer: Viewer, form: IgnoreForm, *, confirmed: bool) -> HttpResponse | None:
    given = form.cleaned_data
    if confirmed:
        try:
            assigning.ignore(**given, actor=viewer, now=datetime.now(UTC))
        except constituency.HeldAlready:
            form.add_error("value", _("It is on the ignore list already."))
            return None
        messages.success(
            request,
            _("%(value)s is ignored now. What came in before is attributed again within a minute.")
            % {"value": form.spelled()},
        )
        return redirect("unattributed")
    return _preview(request, form, assigning.preview_ignoring(value=given["value"]))


def _dismiss(request: HttpRequest, viewer: Viewer, form: DismissForm, *, confirmed: bool) -> HttpResponse | None:
    try:
        assigning.dismiss(**form.cleaned_data, actor=viewer, now=datetime.now(UTC))
    except assigning.DismissedAlready:
        form.add_error("value", _("It was dismissed before."))
        return None
    messages.success(request, _("%(value)s is left out of the queue from now on.") % {"value": form.spelled()})
    return redirect("unattributed")


_ACTS: dict[str, Callable[..., HttpResponse | None]] = {"assign": _assign, "ignore": _ignore, "dismiss": _dismiss}


def _preview(request: HttpRequest, form: Any, preview: Any, *, organization: Any = None) -> HttpResponse:
    names = ("organization", "asset", "kind", "severity", "count", "first_seen", "last_seen")
    mine = preview.findings
    if organization is not None and preview.findings.height:
        mine = preview.findings.filter(preview.findings["organization"] == organization.pk)
    context = {
        "form": form, "value": form.spelled(), "organization": organization, "events": preview.events,
        "moves": [row for row in preview.moves.iter_rows(named=True) if row["before"] is not None and row["before"] != row["after"]],
        "findings": mine.head(SHOWN).select(names).rows(named=True) if mine.width else [],
        "n_findings": mine.height, "shown": SHOWN, "given": [(name, request.POST.get(name, "")) for name in ("act", *form.fields)],
    }  # fmt: skip
    return render(request, "intake/decision.html", context)


def _said(viewer: Viewer, groups: list[UnattributedGroup]) -> dict[str, list[Said]]:
    found = queries.suggestions(viewer, groups)
    ids = {suggestion.organization for each in found.values() for suggestion in each}
    known = constituents.organizations(viewer).in_bulk(list(ids))
    return {
        value: [Said(known[s.organization], _why(s)) for s in each if s.organization in known]
        for value, each in found.items()
    }


def _why(suggestion: Suggestion) -> str:
    day = exact(suggestion.day) if isinstance(suggestion.day, date) else ""
    return str(SUGGESTED[suggestion.why]) % {"value": suggestion.value, "day": day}


OFFERED = 500


def _offered(viewer: Viewer) -> list[Any]:
    """Return the organizations that a field may offer; of more, one types the identifier."""
    found = list(constituents.organizations(viewer)[: OFFERED + 1])
    return found if len(found) <= OFFERED else []
