"""Sign in by a link, and out."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.accounts import actions, queries
from tocsin.base.tenancy import Role, Viewer

PAGES = {"findings", "notices", "sent"}
"""Lists whose views can be kept."""


def sign_in(request: HttpRequest) -> HttpResponse:
    """For anyone: say how to get a link."""
    return render(request, "accounts/sign_in.html")


@require_http_methods(["GET", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """For anyone with a link: a GET only asks, so that a mail scanner does not use it up; the POST signs in."""
    if request.method == "GET":
        return render(request, "accounts/sign_in.html", {"secret": secret})
    try:
        user = actions.spend_link(secret=secret, now=datetime.now(UTC))
    except actions.LinkSpent:
        return render(request, "accounts/sign_in.html", {"spent": True}, status=403)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("loop")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """For anyone signed in."""
    logout(request)
    return redirect("sign-in")


@login_required
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """For anyone signed in: keep a list's filters under a name, for oneself alone."""
    page = request.POST.get("page", "")
    if page not in PAGES:
        raise Http404
    query = request.POST.get("query", "")
    viewer = Viewer(request.user.pk, request.user.email, Role(request.user.role))  # type: ignore[union-attr]
    try:
        actions.keep_view(page=page, name=request.POST.get("name", ""), query=query, actor=viewer)
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
    viewer = Viewer(request.user.pk, request.user.email, Role(request.user.role))  # type: ignore[union-attr]
    view = get_object_or_404(queries.saved_views(viewer), pk=id_)
    actions.drop_view(view=view)
    messages.success(request, _("The view was removed."))
    return redirect(view.page)
