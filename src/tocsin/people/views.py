"""Pages for administrators: who signs in, and how."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries
from tocsin.accounts.models import User
from tocsin.base.tenancy import Role, Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.views import administrators_only
from tocsin.constituency import queries as constituents
from tocsin.people import actions
from tocsin.people.forms import ROLES, ChangedPersonForm, FactorRolesForm, NewPersonForm

OFFERED = 500
"""Organizations that the box proposes; more would make the page heavy, and any identifier may be typed."""


def _viewer(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


@administrators_only
def people(request: HttpRequest) -> HttpResponse:
    """For administrators: everybody who may sign in; a search finds names typed without accents."""
    viewer = _viewer(request)
    given = {name: request.GET.get(name, "") for name in ("search", "role", "state")}
    shown = page(request, queries.people(viewer, **given), order=("email", "id"))
    belongs = constituents.organizations_of(viewer, [person.pk for person in shown.rows])
    must = set(queries.factor_roles())
    for person in shown.rows:
        person.organizations = belongs.get(person.pk, [])
        person.lacks_factor = (person.role in must or person.must_have_factor) and not person.has_factor
    context = {
        "page": shown,
        "given": given,
        "is_filtered": any(given.values()),
        "roles": ROLES,
        "form": FactorRolesForm.now(),
    }
    return render(request, "people/people.html", context)


@administrators_only
def new(request: HttpRequest) -> HttpResponse:
    """For administrators: add somebody; the page that follows shows the link that signs them in."""
    viewer = _viewer(request)
    start = {"role": request.GET.get("role", Role.ANALYST.value), "organizations": request.GET.get("organization", "")}
    form = NewPersonForm(request.POST or None, initial=start, viewer=viewer)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            user = actions.add(actor=viewer, now=datetime.now(UTC), **{**given, "role": Role(given["role"])})
        except accounts.UserExists:
            form.add_error("email", _("Somebody with this address is there already."))
        else:
            return _show_link(request, user)
    context = {"form": form, "offered": constituents.organizations(viewer)[:OFFERED]}
    return render(request, "people/new.html", context)


@administrators_only
def person(request: HttpRequest, id_: int) -> HttpResponse:
    """For administrators: one person, how they sign in, what may be changed."""
    viewer = _viewer(request)
    found = get_object_or_404(queries.people(viewer), pk=id_)
    belongs = constituents.organizations_of(viewer, [found.pk]).get(found.pk, [])
    known = {
        "name": found.name,
        "role": found.role,
        "organizations": " ".join(belongs),
        "language": found.language,
        "must_have_factor": found.must_have_factor,
    }
    form = ChangedPersonForm(request.POST or None, initial=known, viewer=viewer)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            actions.change(user=found, actor=viewer, now=datetime.now(UTC), **{**given, "role": Role(given["role"])})
        except accounts.LastAdministrator:
            form.add_error("role", _("This is the last administrator. Make another one first."))
        else:
            messages.success(request, _("Saved."))
            return redirect("person", id_=found.pk)
    context = {
        "person": found,
        "form": form,
        "factors": queries.factors(found),
        "sessions": queries.sessions(found),
        "provider": settings.TOCSIN_OIDC_NAME,
        "offered": constituents.organizations(viewer)[:OFFERED],
    }
    return render(request, "people/person.html", context)


def _found(request: HttpRequest, id_: int) -> User:
    return get_object_or_404(queries.people(_viewer(request)), pk=id_)


@administrators_only
@require_POST
def link(request: HttpRequest, id_: int) -> HttpResponse:
    """For administrators: a new link for somebody whose account is open, shown once, or mailed to them."""
    user = _found(request, id_)
    if not user.is_active:
        messages.error(request, _("The account is closed. Open it first."))
        return redirect("person", id_=id_)
    if "mail" in request.POST and settings.TOCSIN_EMAIL_URL:
        accounts.ask_for_link(email=user.email, language=user.language, now=datetime.now(UTC))
        messages.success(request, _("A link is on its way to %(email)s.") % {"email": user.email})
        return redirect("person", id_=id_)
    return _show_link(request, user)


def _show_link(request: HttpRequest, user: User) -> HttpResponse:
    secret = accounts.make_link(user=user, now=datetime.now(UTC), actor=_viewer(request))
    address = f"{settings.TOCSIN_BASE_URL}{reverse('sign-in-by-link', args=[secret])}"
    return render(request, "people/link.html", {"person": user, "address": address})


@administrators_only
@require_POST
def reset(request: HttpRequest, id_: int) -> HttpResponse:
    """For administrators: remove the second steps of somebody who lost them."""
    accounts.reset_factors(user=_found(request, id_), actor=_viewer(request), now=datetime.now(UTC))
    messages.success(request, _("The second step is reset; whoever must have one sets it up at the next sign-in."))
    return redirect("person", id_=id_)


@administrators_only
@require_POST
def close(request: HttpRequest, id_: int) -> HttpResponse:
    """For administrators: close an account; what it had open ends at once."""
    try:
        accounts.deactivate(user=_found(request, id_), actor=_viewer(request), now=datetime.now(UTC))
        messages.success(request, _("The account is closed; its sessions, links and tokens have ended."))
    except accounts.LastAdministrator:
        messages.error(request, _("This is the last administrator. Make another one first."))
    return redirect("person", id_=id_)


@administrators_only
@require_POST
def reopen(request: HttpRequest, id_: int) -> HttpResponse:
    """For administrators: open a closed account again."""
    accounts.activate(user=_found(request, id_), actor=_viewer(request), now=datetime.now(UTC))
    messages.success(request, _("The account is open again. Give the person a new link."))
    return redirect("person", id_=id_)


@administrators_only
@require_POST
def factor_roles(request: HttpRequest) -> HttpResponse:
    """For administrators: say which roles must have a second step."""
    form = FactorRolesForm(request.POST)
    if form.is_valid():
        roles = [Role(value) for value in form.cleaned_data["roles"]]
        accounts.require_factor_of(roles=roles, actor=_viewer(request), now=datetime.now(UTC))
        messages.success(request, _("Saved. Whoever lacks a second step now sets one up before anything else."))
    return redirect("people")
