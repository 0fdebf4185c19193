"""Pages about the rules of warning: which policy applies and why, silences. The team looks; approvers change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import Viewer
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.core.severity import SEVERITIES
from tocsin.notices import actions, queries, texts
from tocsin.notices.forms import PolicyForm, SilenceForm, filled

viewing = signed_in(constituency.viewer_of)
OFFERED = 500
"""Organizations that a field suggests."""


def _offers(viewer: Viewer) -> dict[str, Any]:
    return {
        "organizations": list(constituency.organizations(viewer).values_list("pk", flat=True)[:OFFERED]),
        "kinds": texts.names(),
    }


@viewing
def policies(request: HttpRequest) -> HttpResponse:
    """For the team: all policies; and for an organization and a kind, which one applies and why."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    organization, kind = request.GET.get("organization", "").strip(), request.GET.get("kind", "").strip()
    found = None
    if organization or kind:
        rsit = queries.type_of(viewer, kind)
        every = queries.policies(viewer)
        found = {
            "applied": every.get(organization, kind, rsit),
            "candidates": every.candidates(organization, kind, rsit),
            "type": rsit,
        }
    context = {
        "policies": queries.policy_rows(viewer),
        "asked": (organization, kind),
        "found": found,
        "severities": SEVERITIES,
        "built_in": queries.Policies([]).get("", "").values,
        **_offers(viewer),
    }
    return render(request, "notices/policies.html", context)


@viewing
def policy(request: HttpRequest, id_: int | None = None) -> HttpResponse:
    """For an approver: make a policy, or change one."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_approve:
        raise Http404
    found = get_object_or_404(queries.policy_rows(viewer), pk=id_) if id_ is not None else None
    initial = filled(found) | ({} if found else {name: request.GET.get(name, "") for name in ("organization", "kind")})
    form = PolicyForm(request.POST or None, initial=initial)
    if found is not None:
        for name in ("organization", "kind"):
            form.fields[name].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_policy(
                organization_id=form.cleaned_data["organization"].strip(),
                kind=form.cleaned_data["kind"].strip(),
                wanted=form.wanted(),
                actor=viewer,
                now=datetime.now(UTC),
            )
        except actions.NoSuchOrganization:
            form.add_error("organization", _("There is no such organization."))
        else:
            messages.success(request, _("The policy holds from now on."))
            return redirect("policies")
    return render(
        request,
        "notices/policy.html",
        {"form": form, "policy": found, **_offers(viewer)},
        status=400 if form.errors else 200,
    )


@viewing
@require_POST
def policy_removal(request: HttpRequest, id_: int) -> HttpResponse:
    """For an approver: remove a policy."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_approve:
        raise Http404
    found = get_object_or_404(queries.policy_rows(viewer), pk=id_)
    actions.remove_policy(policy=found, actor=viewer, now=datetime.now(UTC))
    messages.success(request, _("The policy is gone; the next less specific one applies."))
    return redirect("policies")


@viewing
def silences(request: HttpRequest) -> HttpResponse:
    """For the team: what is not warned of, why, until when. An approver makes a silence here."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    form = SilenceForm(
        request.POST or None, initial={name: request.GET.get(name, "") for name in ("organization", "kind")}
    )
    if request.method == "POST" and not viewer.may_approve:
        raise Http404
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.silence(
                organization_id=given["organization"].strip(), kind=given["kind"].strip(), reason=given["reason"], until=form.end(), actor=viewer, now=now
            )  # fmt: skip
        except actions.NoSuchOrganization:
            form.add_error("organization", _("There is no such organization."))
        except actions.BadSilence:
            form.add_error("until", _("That day has passed."))
        else:
            messages.success(request, _("Silent until then."))
            return redirect("silences")
    rows = queries.silences(viewer)
    context = {
        "form": form if viewer.may_approve else None,
        "holding": rows.filter(until__gt=now, lifted_at=None)[:200],
        "ended": rows.exclude(until__gt=now, lifted_at=None)[:100],
        **_offers(viewer),
    }
    return render(request, "notices/silences.html", context, status=400 if form.errors else 200)


@viewing
@require_POST
def silence_end(request: HttpRequest, id_: int) -> HttpResponse:
    """For an approver: end a silence now."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_approve:
        raise Http404
    found = get_object_or_404(queries.silences(viewer), pk=id_)
    try:
        actions.lift(silence=found, actor=viewer, now=datetime.now(UTC))
        messages.success(request, _("The silence has ended."))
    except actions.AlreadyLifted:
        messages.error(request, _("It had ended before."))
    return redirect("silences")
