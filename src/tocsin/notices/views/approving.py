"""Pages for approvers: who would hear what now, and why; let it go, or reject it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed
from tocsin.base.web.views import signed_in
from tocsin.constituency import queries as constituency
from tocsin.notices import actions, queries

viewing = signed_in(constituency.viewer_of)


@viewing
@require_POST
def approval(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Let a waiting notice go out."""
    viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.notices(viewer), pk=id_)
    try:
        actions.approve(notice=found, actor=viewer, now=datetime.now(UTC))
        messages.success(request, _("Approved: it goes out within a minute."))
    except NotAllowed:
        messages.error(request, _("Your role may not approve."))
    except actions.NotWaiting:
        messages.error(request, _("It does not wait for approval any more."))
    return redirect("notice", id_=id_)


@viewing
@require_POST
def rejection(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an approver: keep a waiting notice from going out, and say why."""
    viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.notices(viewer), pk=id_)
    try:
        actions.reject(notice=found, reason=request.POST.get("reason", ""), actor=viewer, now=datetime.now(UTC))
        messages.success(request, _("Rejected: it does not go out."))
    except NotAllowed:
        messages.error(request, _("Your role may not approve."))
    except actions.NoReason:
        messages.error(request, _("Say why it is not to go out."))
    except actions.NotWaiting:
        messages.error(request, _("It does not wait for approval any more."))
    return redirect("notice", id_=id_)
