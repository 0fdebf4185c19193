"""Organizations that register themselves: three pages for anybody, one for the team."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.tenancy import Viewer
from tocsin.base.texts import folded
from tocsin.base.web.paging import page
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.reach import actions, links, queries
from tocsin.reach.forms import RegistrationForm
from tocsin.reach.models import Registration

viewing = signed_in(constituents.viewer_of)


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponseBase:
    """For anyone, where the installation takes registrations: the answer is the same whatever we know already."""
    if not settings.TOCSIN_REGISTRATIONS:
        raise Http404
    form = RegistrationForm(request.POST or None)
    if request.method == "POST":
        if not ratelimit.consume(request, action="register"):
            return ratelimit.respond_429(request)
        if form.is_valid():
            language = "en" if (get_language() or "vi").startswith("en") else "vi"
            try:
                actions.register(
                    applicant=actions.Applicant(**form.cleaned_data, language=language), now=datetime.now(UTC)
                )
            except actions.TooMany:
                return ratelimit.respond_429(request)
            return redirect("registered")
    return render(request, "reach/register.html", {"form": form})


def registered(request: HttpRequest) -> HttpResponse:
    """For anyone who asked: look into your mail."""
    if not settings.TOCSIN_REGISTRATIONS:
        raise Http404
    return render(request, "reach/registered.html", {})


# The token in the address is the credential, and no cookie plays a part: there is nothing to forge.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_registration(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever has the link. A GET shows and changes nothing: scanners follow links."""
    now = datetime.now(UTC)
    opened = links.opened_registration(token, now)
    found = queries.registration_of_link(opened.call) if opened else None
    if opened is None or found is None:
        raise Http404
    with translation.override(found.language):
        if opened.expired and found.state == Registration.State.NEW:
            return render(request, "reach/expired.html", {"language": found.language}, status=410)
        if request.method == "POST":
            actions.confirm_registration(registration=found, now=now)
            return redirect("register-confirm", token=token)
        return render(request, "reach/register_confirm.html", {"registration": found, "language": found.language})


@viewing
def registrations(request: HttpRequest) -> HttpResponse:
    """For the team: who asks to be looked after, what others hold of what they claim; an analyst decides."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    every = request.GET.get("state") == "all"
    found = page(request, queries.registrations(viewer, open_only=not every), size=20)
    overlaps = queries.overlaps(viewer, found.rows, datetime.now(UTC).date())
    rows = [(row, overlaps.get(row.pk, []), _slug(row.name_vi)) for row in found.rows]
    context = {"page": found, "rows": rows, "all": every, "open": bool(settings.TOCSIN_REGISTRATIONS)}
    return render(request, "reach/registrations.html", context)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:60]


@viewing
@require_POST
def decide_registration(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst: approve under an identifier, or refuse and say why."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    found = get_object_or_404(queries.registrations(viewer), pk=id_)
    approve = request.POST.get("act") == "approve"
    because, chosen = request.POST.get("because", ""), request.POST.get("id", "").strip()
    try:
        made = actions.decide_registration(
            registration=found, approve=approve, because=because, id_=chosen, actor=viewer, now=datetime.now(UTC)
        )
    except actions.AlreadyAnswered:
        messages.warning(request, _("Somebody has decided already."))
    except constituency.OrganizationExists:
        messages.error(request, _("Another organization has this identifier."))
    except actions.BadRegistration as error:
        messages.error(request, str(error) if approve else _("Say why it is refused: the applicant is told."))
    else:
        if made is not None:
            messages.success(request, _("Approved. The applicant is told; what it claims is to be proven."))
            return redirect("reach", made.pk)
        messages.success(request, _("Refused. The applicant is told why."))
    return redirect("registrations")
