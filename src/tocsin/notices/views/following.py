"""What is pressed on with while nobody answers: the steps that were missed, those that are overdue, and those to come."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tocsin.base.web.views import chosen, signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.notices import actions, queries

viewing = signed_in(constituency.viewer_of)
SHOWN = 50
"""Steps of each list on the page; how many there are is said."""


@viewing
def escalations(request: HttpRequest) -> HttpResponse:
    """For the team: see what was missed and what comes; an analyst notes that somebody knows of it, which ends the alarm."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    if request.method == "POST":
        if not viewer.may_write:
            raise Http404
        # Those that were on the page: one that was missed since is not known yet.
        known = queries.missed_steps(viewer).filter(pk__in=chosen(request, SHOWN)).values_list("pk", flat=True)
        try:
            actions.note(steps=list(known), actor=viewer, now=now)
        except actions.NothingMissed:
            messages.warning(request, _("Somebody has noted them already."))
        else:
            messages.success(request, _("Noted: you know that they were missed."))
        return redirect("escalations")
    lists = {
        "missed": queries.missed_steps(viewer),
        "overdue": queries.overdue_steps(viewer, now),
        "coming": queries.coming_steps(viewer).filter(late_after__gte=now),
    }
    found = {name: {"steps": rows[:SHOWN], "n": rows.count()} for name, rows in lists.items()}
    return render(request, "notices/escalations.html", {**found, "shown": SHOWN})
