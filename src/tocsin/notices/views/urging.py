"""Pages of a warning to many at once, outside of every schedule: draft it, see who gets it, try it, let it go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.base.web import trying
from tocsin.base.web.paging import page
from tocsin.base.web.templatetags.kit import figure
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.notices import queries
from tocsin.notices.actions import emergencies as doing
from tocsin.notices.forms import EmergencyForm
from tocsin.notices.models import Emergency

viewing = signed_in(constituency.viewer_of)
PREVIEWED = 200
"""Organizations that the preview lists; how many there are is said."""


@viewing
def emergencies(request: HttpRequest) -> HttpResponse:
    """For the team: all warnings to many at once, and how far each has come."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    return render(request, "notices/emergencies.html", {"page": page(request, queries.emergencies(viewer))})


@viewing
def emergency_draft(request: HttpRequest, id_: UUID | None = None) -> HttpResponse:
    """For an analyst: write a warning to many down, or change one that has not gone out. Nothing is sent."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    found = get_object_or_404(queries.emergencies(viewer), pk=id_) if id_ else None
    if found is not None and found.state != Emergency.State.DRAFT:
        return _over(request, found.pk)
    form = EmergencyForm(
        constituency.sectors(viewer), request.POST or None, facts=constituency.fact_labels(viewer),
        initial=_begins(found) if found else None,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        now = datetime.now(UTC)
        try:
            if found is None:
                found = doing.draft(wanted=form.wanted(), actor=viewer, now=now)
            else:
                doing.redraft(emergency=found, wanted=form.wanted(), actor=viewer, now=now)
            return redirect("emergency", found.pk)
        except doing.BadEmergency as error:
            form.add_error(error.field, _("Please look at what you typed."))
        except doing.NotADraft:
            return _over(request, id_)
    context = {"form": form, "emergency": found}
    return render(request, "notices/emergency_form.html", context, status=400 if form.errors else 200)


def _over(request: HttpRequest, id_: UUID | None) -> HttpResponse:
    messages.warning(request, _("It was sent or given up: it does not change any more."))
    return redirect("emergency", id_)


def _begins(found: Emergency) -> dict[str, Any]:
    names = ("title_vi", "title_en", "text_vi", "text_en", "severity", "tlp", "answer_hours")
    return {**{name: getattr(found, name) for name in names}, **EmergencyForm.begins(found.selection)}


@viewing
def emergency(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the team: before it goes out who gets it and how it reads; afterwards how far it has come with each organization."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.emergencies(viewer), pk=id_)
    language = get_language() or "vi"
    context: dict[str, Any] = {
        "emergency": found,
        "title": found.texts.get(language, found.texts["vi"])[0],
        "tests": list(reversed(found.tests))[:20],
    }
    now = datetime.now(UTC)
    if found.state == Emergency.State.SENT:
        context["page"] = page(request, queries.notices(viewer).filter(emergency=found))
    else:
        context |= {**_preview(found, now), "is_tested": doing.tested(found)}
    sample = context.get("sample")
    context["mails"] = [
        (code, doing.rendered(found, code, now=found.sent_at or now, organization=sample)) for code in ("vi", "en")
    ]
    return render(request, "notices/emergency.html", context)


def _preview(found: Emergency, now: datetime) -> dict[str, Any]:
    reached = doing.reached(found, now=now)
    return {
        "reached": reached[:PREVIEWED],
        "n_reached": len(reached),
        "n_people": sum(len(one.recipients) for one in reached),
        "n_more": max(0, len(reached) - PREVIEWED),
        "n_nobody": sum(not one.recipients for one in reached),
        "sample": reached[0].organization if reached else None,
    }


@viewing
@require_POST
def emergency_act(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst: try it on test addresses, give it up; an approver lets it go, once."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write and not viewer.may_approve:
        raise Http404
    found = get_object_or_404(queries.emergencies(viewer), pk=id_)
    try:
        _act(request, found, viewer, datetime.now(UTC))
    except NotAllowed:
        messages.error(request, _("Only an approver may send it."))
    except doing.NotADraft:
        return _over(request, found.pk)
    except doing.NotTested:
        messages.warning(request, _("Try it on a test address first, as it is now."))
    except doing.NobodySelected:
        messages.warning(request, _("No organization is in its selection."))
    except doing.BadEmergency:
        messages.error(request, _("Please look at what you typed."))
    return redirect("emergency", found.pk)


def _act(request: HttpRequest, found: Emergency, viewer: Viewer, now: datetime) -> None:
    what = request.POST.get("act", "")
    if what == "test":
        trying.on_addresses(request, lambda to: doing.test(emergency=found, to=to, actor=viewer, now=now))
    elif what == "send":
        n = len(doing.send(emergency=found, actor=viewer, now=now))
        said = ngettext("%(n)s organization is warned. Mails go out within a minute, before anything else.", "%(n)s organizations are warned. Mails go out within a minute, before anything else.", n)  # fmt: skip
        messages.success(request, said % {"n": figure(n)})
    elif what == "drop":
        doing.drop(emergency=found, actor=viewer, now=now)
        messages.success(request, _("Given up: it is kept, and does not go out."))
