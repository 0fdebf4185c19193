"""Pages about feeds: the team sees how they do, administrators set them up."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed, Role, Viewer
from tocsin.base.web.views import administrators_only, signed_in, team_only
from tocsin.constituency.queries import viewer_of
from tocsin.intake import queries
from tocsin.intake.actions import feeds as actions
from tocsin.intake.forms import FeedForm
from tocsin.intake.models import Feed

viewing = signed_in(viewer_of)
VISITS = 25


@viewing
def feeds(request: HttpRequest) -> HttpResponse:
    """For the team: where reports come from, and how each feed does."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    context = {"feeds": queries.feeds(viewer), "schemas": queries.schemas(viewer), "sets_up": _sets_up(viewer)}
    return render(request, "intake/feeds.html", context)


@viewing
def feed(request: HttpRequest, code: str) -> HttpResponse:
    """For the team: one feed, what is said of it, and its latest visits. Its secret is shown to nobody."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _feed(viewer, code)
    now = datetime.now(UTC)
    is_running = bool(found.claimed_until and found.claimed_until > now)
    looks_again = is_running or bool(found.due_at and found.due_at <= now)
    context = {
        "feed": found,
        "alarms": queries.alarms(viewer).filter(feed=found),
        "visits": queries.collections(viewer, found)[:VISITS],
        "batches": queries.batches_of(viewer, feed=code).order_by("-id")[:10],
        "n_pending": queries.pending(viewer).filter(feed=found).count(),
        "looks_again": looks_again,
        "sets_up": _sets_up(viewer),
        "schema": found.schema or "",
    }
    response = render(request, "intake/feed.html", context)
    if looks_again:
        response.headers["Refresh"] = "3"  # without script: what the visit brought appears by itself
    return response


def _feed(viewer: Viewer, code: str) -> Feed:
    team_only(viewer)
    return get_object_or_404(queries.feeds(viewer), code=code)


def _sets_up(viewer: Viewer) -> bool:
    return viewer.role is Role.ADMINISTRATOR


@viewing
@administrators_only
def add_feed(request: HttpRequest) -> HttpResponse:
    """For administrators: set up a feed; it is collected at once."""
    form = FeedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add(values=form.values(), actor=request.viewer, now=datetime.now(UTC))  # type: ignore[attr-defined]
        except actions.BadFeed as error:
            form.refuse(error.problems)
        else:
            messages.success(request, _("The feed is set up, and collected at once."))
            return redirect("feed", made.code)
    return render(request, "intake/feed_form.html", {"form": form})


@viewing
@administrators_only
def change_feed(request: HttpRequest, code: str) -> HttpResponse:
    """For administrators: change a feed; it is collected at once."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _feed(viewer, code)
    form = FeedForm(
        request.POST or None, initial=FeedForm.shown(actions.values_of(found)), has_secret=bool(found.secret)
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.change(feed=found, values=form.values(), actor=viewer, now=datetime.now(UTC))
        except actions.BadFeed as error:
            form.refuse(error.problems)
        else:
            messages.success(request, _("What is said of the feed was changed."))
            return redirect("feed", made.code)
    return render(request, "intake/feed_form.html", {"form": form, "feed": found, "code": code})


@require_POST
@viewing
def feed_act(request: HttpRequest, code: str) -> HttpResponse:
    """For the team: collect a feed now. For administrators: switch it on or off, remove it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found, now = _feed(viewer, code), datetime.now(UTC)
    try:
        match request.POST.get("act"):
            case "collect":
                actions.ask(feed=found, actor=viewer, now=now)
                messages.success(request, _("The worker collects it now; what came appears here by itself."))
            case "enable":
                actions.enable(feed=found, actor=viewer, now=now)
                messages.success(request, _("The feed is on."))
            case "disable":
                actions.enable(feed=found, actor=viewer, now=now, on=False)
                messages.success(request, _("The feed is off: it is not collected, and raises no alarm."))
            case "remove":
                actions.remove(feed=found, actor=viewer, now=now)
                messages.success(request, _("The feed is removed. What came by it stays."))
                return redirect("feeds")
            case _:
                messages.error(request, _("Nothing was asked for."))
    except NotAllowed:
        messages.error(request, _("Your role does not permit this."))
    except actions.NotCollectable:
        messages.error(request, _("It is switched off, or its reports are pushed: there is nothing to collect."))
    except actions.StillPending:
        messages.error(request, _("It is being collected, or arrivals of it wait. Switch it off, wait, and try again."))
    return redirect("feed", code)
