"""Pages to change the constituency one row at a time, for analysts; for anybody else they do not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tocsin.base.tenancy import Viewer
from tocsin.constituency import actions, queries, words
from tocsin.constituency.forms import AsnForm, ContactForm, DomainForm, IgnoreForm, NetworkForm, OrganizationForm
from tocsin.constituency.views import shared
from tocsin.constituency.views.shared import viewing

LISTED = 500
"""Organizations that a field may offer; of more, one types the identifier."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the pages of one kind of row say and use."""

    form: type[forms.Form]
    add: Callable[[], str]
    change: Callable[[], str]
    rows: Callable[[Viewer], Any]


KINDS = {
    "network": Kind(NetworkForm, lambda: _("Add a network"), lambda: _("Change a network"), queries.networks),
    "domain": Kind(DomainForm, lambda: _("Add a domain"), lambda: _("Change a domain"), queries.domains),
    "asn": Kind(AsnForm, lambda: _("Add an autonomous system"), lambda: _("Change an autonomous system"), queries.asns),
    "contact": Kind(ContactForm, lambda: _("Add a contact"), lambda: _("Change a contact"), queries.contacts),
    "ignored": Kind(IgnoreForm, lambda: _("Add an ignore rule"), lambda: _("Change an ignore rule"), queries.ignored),
}


@viewing
def add_organization(request: HttpRequest) -> HttpResponse:
    """For an analyst: add an organization."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    form = OrganizationForm(request.POST or None, new=True, initial={"parent": request.GET.get("parent", "")})
    if request.method == "POST" and form.is_valid():
        value = form.value(form.cleaned_data["id"])
        try:
            made = actions.add_organization(value=value, actor=viewer, now=datetime.now(UTC))
        except actions.OrganizationExists:
            form.add_error("id", _("An organization with this identifier is there already."))
        except (actions.NoSuchParent, actions.AboveItself):
            form.add_error("parent", _("There is no such organization."))
        else:
            messages.success(request, _("The organization was added. Now say what it holds and who is told."))
            return redirect("organization", made.pk)
    return _organization_page(request, viewer, form, _("Add an organization"), None)


@viewing
def change_organization(request: HttpRequest, id_: str) -> HttpResponse:
    """For an analyst: change what an organization is."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    found = get_object_or_404(queries.organizations(viewer), pk=id_)
    now = {name: getattr(found, name) for name in OrganizationForm.base_fields if name != "parent"}
    form = OrganizationForm(request.POST or None, initial={**now, "parent": found.parent_id or ""})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_organization(organization=found, value=form.value(id_), actor=viewer, now=datetime.now(UTC))
        except actions.NoSuchParent:
            form.add_error("parent", _("There is no such organization."))
        except actions.AboveItself:
            form.add_error("parent", _("The organization would be above itself."))
        else:
            messages.success(request, _("The change was recorded."))
            return redirect("organization", id_)
    return _organization_page(request, viewer, form, _("Change an organization"), found)


def _organization_page(
    request: HttpRequest, viewer: Viewer, form: OrganizationForm, title: str, organization: Any
) -> HttpResponse:
    offered = list(queries.organizations(viewer)[: LISTED + 1])
    context = {
        "form": form,
        "title": title,
        "organization": organization,
        "offered": offered if len(offered) <= LISTED else [],
    }
    return render(request, "constituency/organization_form.html", context)


@viewing
def hold(request: HttpRequest, id_: str) -> HttpResponse:
    """For an analyst: add a network, domain, autonomous system or contact; `kind` in the address says which."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    found = get_object_or_404(queries.organizations(viewer), pk=id_)
    kind = request.GET.get("kind", "network")
    if kind not in KINDS or kind == "ignored":
        raise Http404
    form: Any = KINDS[kind].form(request.POST or None, initial={next(iter(KINDS[kind].form.base_fields)): request.GET.get("value", "")})  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            actions.hold(organization=found, item=form.value(), actor=viewer, now=datetime.now(UTC))
        except actions.HeldAlready:
            form.add_error(None, _("The organization has it on some of these days already."))
        else:
            messages.success(request, _("It was added."))
            return redirect("organization", id_)
    context = {"form": form, "title": KINDS[kind].add(), "organization": found, "kind": kind}
    return render(request, "constituency/item_form.html", context)


@viewing
def add_ignored(request: HttpRequest) -> HttpResponse:
    """For an analyst: ignore a range, a domain or an autonomous system."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    form = IgnoreForm(request.POST or None, initial={"value_": request.GET.get("value", "")})
    if request.method == "POST" and form.is_valid():
        try:
            actions.ignore(rule=form.value(), actor=viewer, now=datetime.now(UTC))
        except actions.HeldAlready:
            form.add_error(None, _("It is ignored on some of these days already."))
        else:
            messages.success(request, _("It was added."))
            return redirect("ignored")
    context = {"form": form, "title": KINDS["ignored"].add(), "kind": "ignored"}
    return render(request, "constituency/item_form.html", context)


@viewing
def change_row(request: HttpRequest, kind: str, id_: int | UUID) -> HttpResponse:
    """For an analyst: change a prefix, domain, autonomous system, contact or ignore rule, or take it back."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shared.writers_only(viewer)
    row = get_object_or_404(KINDS[kind].rows(viewer), pk=id_)
    organization = getattr(row, "organization", None)
    back = redirect("organization", organization.pk) if organization else redirect("ignored")
    if "withdraw" in request.POST:
        actions.withdraw(row=row, actor=viewer, now=datetime.now(UTC))
        messages.success(request, _("It was taken back; the audit trail keeps what it said."))
        return back
    now = asdict(row.plain())
    if kind == "ignored":
        now["value_"] = now.pop("value")
    form: Any = KINDS[kind].form(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_item(row=row, item=form.value(), actor=viewer, now=datetime.now(UTC))
        except actions.HeldAlready:
            form.add_error(None, _("There is another entry for the same on some of these days."))
        else:
            messages.success(request, _("The change was recorded."))
            return back
    context = {
        "form": form,
        "title": KINDS[kind].change(),
        "organization": organization,
        "row": row,
        "kind": kind,
        "kind_said": words.KINDS[kind],
        "holders": queries.holders(viewer, row) if kind in {"network", "domain", "asn"} else [],
    }
    return render(request, "constituency/item_form.html", context)
