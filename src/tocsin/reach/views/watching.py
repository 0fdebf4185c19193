"""Pages for the team: how well all can be reached, exercises, what organizations propose."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import Viewer
from tocsin.base.web.paging import page, part
from tocsin.base.web.templatetags.kit import figure
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.reach import actions, queries
from tocsin.reach.forms import DrillForm
from tocsin.reach.words import REASONS

viewing = signed_in(constituents.viewer_of)


@viewing
def reachability(request: HttpRequest) -> HttpResponse:
    """For the team: every organization with its figure, the worst reached first, perhaps for one reason."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    names = {row.pk: row for row in constituents.current(viewer, now.date())}
    found = queries.reachability(viewer, list(names), now)
    wanted = request.GET.get("reason", "")
    counted = {reason: sum(reason in one.reasons for one in found.values()) for reason in REASONS}
    chosen = sorted(
        (one for one in found.values() if not wanted or wanted in one.reasons), key=lambda one: (one.figure, one.organization_id)
    )  # fmt: skip
    n = len(chosen)
    said = ngettext("%(n)s organization", "%(n)s organizations", n) % {"n": figure(n)}
    shown = part(request, chosen, said=said)
    context = {
        "page": shown,
        "rows": [(names[one.organization_id], one.figure, [REASONS[reason] for reason in one.reasons]) for one in shown.rows],
        "reasons": [(reason, REASONS[reason], counted[reason]) for reason in REASONS if counted[reason]],
        "wanted": wanted,
        "mean": round(sum(one.figure for one in found.values()) / len(found)) if found else None,
        "n_unreached": counted["nobody"],
    }  # fmt: skip
    return render(request, "reach/reachability.html", context)


@viewing
def drills(request: HttpRequest) -> HttpResponse:
    """For the team: exercises with how many answered; begin one."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    form = DrillForm(request.POST or None) if viewer.may_write else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            now = datetime.now(UTC)
            try:
                made = actions.begin_drill(
                    title=form.cleaned_data["title"], organizations=form.chosen(), roles=form.cleaned_data["roles"],
                    ends_at=form.ends_at(now), actor=viewer, now=now,
                )  # fmt: skip
            except actions.BadDrill as error:
                form.add_error("organizations", str(error))
            else:
                messages.success(request, _("The exercise has begun. Mails go out within a minute."))
                return redirect("drill", made.pk)
    return render(request, "reach/drills.html", {"drills": queries.drills(viewer)[:100], "form": form})


@viewing
def drill(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the team: who answered an exercise, and in what time; those who did not first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.drills(viewer), pk=id_)
    rows = queries.calls(viewer).filter(drill=found).order_by("answered_at", "contact__organization_id", "pk")
    silent = list(rows.filter(answered_at=None))
    answered = list(rows.exclude(answered_at=None))
    for call in answered:
        call.took = call.answered_at - call.sent_at if call.sent_at and call.answered_at else None  # type: ignore[attr-defined]
    context = {
        "drill": found,
        "result": queries.drill_result(viewer, found),
        "page": part(request, silent + answered, size=100),
        "is_over": found.ends_at < datetime.now(UTC),
    }
    return render(request, "reach/drill.html", context)


@viewing
def proposals(request: HttpRequest) -> HttpResponse:
    """For the team: what organizations propose about their contacts, with the difference; an analyst decides."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    rows = queries.proposals(viewer, open_only=request.GET.get("state") != "all")
    context = {"page": page(request, rows), "all": request.GET.get("state") == "all"}
    return render(request, "reach/proposals.html", context)


@viewing
@require_POST
def decide(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst: approve or refuse a proposal."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    found = get_object_or_404(queries.proposals(viewer), pk=id_)
    approve = request.POST.get("act") == "approve"
    try:
        actions.decide_proposal(
            proposal=found, approve=approve, because=request.POST.get("because", ""), actor=viewer, now=datetime.now(UTC)
        )  # fmt: skip
    except actions.AlreadyDecided:
        messages.warning(request, _("Somebody has decided already."))
    except constituency.HeldAlready:
        messages.error(request, _("There is another entry for the same on some of these days."))
    else:
        messages.success(request, _("Approved.") if approve else _("Refused."))
    return redirect("proposals")
