"""Lists as somebody likes to see them, kept under a name."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.accounts import actions, queries
from tocsin.accounts.views.person import person
from tocsin.base.tenancy import Role, Viewer

PAGES = {"findings", "notices", "sent"}
"""Lists whose views can be kept."""


def _viewer(request: HttpRequest) -> Viewer:
    user = person(request)
    return Viewer(user.pk, user.email, Role(user.role))


@login_required
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """For anyone signed in: keep a list's filters under a name, for oneself alone."""
    page = request.POST.get("page", "")
    if page not in PAGES:
        raise Http404
    query = request.POST.get("query", "")
    try:
        actions.keep_view(page=page, name=request.POST.get("name", ""), query=query, actor=_viewer(request))
        messages.success(request, _("The view was kept."))
    except actions.NoName:
        messages.error(request, _("Give the view a name."))
    except actions.TooManyViews:
        messages.error(request, _("There are too many views. Remove one first."))
    return redirect(f"{reverse(page)}?{query}")


@login_required
@require_POST
def drop_view(request: HttpRequest, id_: int) -> HttpResponse:
    """For whom the view belongs to: forget it. For others it does not exist."""
    view = get_object_or_404(queries.saved_views(_viewer(request)), pk=id_)
    actions.drop_view(view=view)
    messages.success(request, _("The view was removed."))
    return redirect(view.page)
