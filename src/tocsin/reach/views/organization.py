"""How one organization is reached: for the team, and for its own people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import Viewer
from tocsin.base.web.views import signed_in
from tocsin.channels.handover import NotHandedOver
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Contact, ContactState, Organization
from tocsin.reach import actions, queries
from tocsin.reach.forms import EndpointForm, KeyForm, ProposalForm
from tocsin.reach.models import Call, Proposal
from tocsin.reach.rules import WEIGHTS, kind_of
from tocsin.reach.words import REASONS

viewing = signed_in(constituents.viewer_of)
SHOWN = 20


@viewing
def organization(request: HttpRequest, id_: str) -> HttpResponse:
    """For the team and the organization's own people: the figure with its reasons, contacts, keys, endpoints, proposals."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(constituents.organizations(viewer), pk=id_)
    return _page(request, viewer, found)


def _page(request: HttpRequest, viewer: Viewer, found: Organization, **more: Any) -> HttpResponse:
    now = datetime.now(UTC)
    contacts = list(constituents.contacts(viewer).filter(organization=found).order_by("pk"))
    current = [row for row in contacts if row.valid_to is None or row.valid_to >= now.date()]
    reached = queries.reachability(viewer, [found.pk], now)[found.pk]
    context = {
        "organization": found,
        "reached": reached,
        "reasons": [(REASONS[reason], WEIGHTS[reason]) for reason in reached.reasons],
        "contacts": current,
        "keys": queries.keys(viewer).filter(contact__organization=found),
        "endpoints": queries.endpoints(viewer).filter(organization=found),
        "proposals": queries.proposals(viewer).filter(organization=found)[:SHOWN],
        "claims": [
            (claim, actions.record_of(claim), actions.file_of(claim))
            for claim in queries.holding_claims(viewer).filter(organization=found)[:SHOWN]
        ],
        "calls": queries.calls(viewer).filter(contact__organization=found).exclude(kind=Call.Kind.DRILL)[:SHOWN],
        "key_form": KeyForm(auto_id="key_%s"),
        "endpoint_form": EndpointForm(auto_id="endpoint_%s"),
        "may_change": actions.may_change(viewer, found.pk),
        "may_write": viewer.may_write and viewer.sees_everything,
        "now": now,
        **more,
    }
    return render(request, "reach/organization.html", context)


@viewing
@require_POST
def act(request: HttpRequest, id_: str) -> HttpResponse:
    """For the team and the organization's own people: add a key, add, try or remove an endpoint, ask a contact."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(constituents.organizations(viewer), pk=id_)
    if not actions.may_change(viewer, found.pk):
        raise Http404
    now, what = datetime.now(UTC), request.POST.get("act", "")
    try:
        if what == "add-endpoint":
            return _add_endpoint(request, viewer, found, now)
        if what == "renew-secret":
            row = get_object_or_404(queries.endpoints(viewer).filter(organization=found), pk=_id(request, "endpoint"))
            secret = actions.renew_secret(endpoint=row, actor=viewer, now=now)
            return _page(request, viewer, found, made=row, secret=secret)
        done = _done(request, what, viewer, found, now)
    except actions.NotProven as error:
        messages.warning(request, _("Not proven: %(said)s") % {"said": error})
    except actions.AlreadySettled:
        messages.warning(request, _("Somebody has decided already."))
    except constituency.HeldAlready:
        messages.error(request, _("There is another entry for the same on some of these days."))
    except (actions.BadKey, actions.BadEndpoint, actions.BadClaim, NotHandedOver) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("reach", id_)


def _add_endpoint(request: HttpRequest, viewer: Viewer, found: Organization, now: datetime) -> HttpResponse:
    form = EndpointForm(request.POST, auto_id="endpoint_%s")
    if not form.is_valid():
        return _page(request, viewer, found, endpoint_form=form)
    given = form.cleaned_data
    try:
        row, secret = actions.add_endpoint(
            organization=found, channel=given["channel"], address=given["address"], always=given["always"], actor=viewer, now=now
        )  # fmt: skip
    except actions.BadEndpoint as error:
        form.add_error("address", str(error))
        return _page(request, viewer, found, endpoint_form=form)
    # The secret is shown in this very answer: a redirect would have to keep it somewhere.
    return _page(request, viewer, found, made=row, secret=secret)


def _done(request: HttpRequest, what: str, viewer: Viewer, found: Organization, now: datetime) -> str:
    """Do what was pressed and say so. Raise Http404, and what the actions raise."""
    mine = {"actor": viewer, "now": now}
    if what in {"try-endpoint", "remove-endpoint"}:
        rows = queries.endpoints(viewer).filter(organization=found)
        endpoint = get_object_or_404(rows, pk=_id(request, "endpoint"))
        if what == "remove-endpoint":
            actions.remove_endpoint(endpoint=endpoint, **mine)  # type: ignore[arg-type]
            return _("It was removed; its address and secret are forgotten.")
        title = _("A test from Tocsin")
        text = _("This is a test. Warnings will arrive here like this one.")
        said = actions.try_endpoint(endpoint=endpoint, title=title, text=text, **mine)  # type: ignore[arg-type]
        return _("It works: %(said)s") % {"said": said}
    if what == "remove-key":
        key = get_object_or_404(queries.keys(viewer), contact__organization=found, pk=_id(request, "key"))
        actions.remove_key(key=key, **mine)  # type: ignore[arg-type]
        return _("The key was removed.")
    if what in CLAIMS:
        return _claimed(request, what, viewer, found, now)
    contact = get_object_or_404(
        constituents.contacts(viewer).select_related("organization"), organization=found, pk=_id(request, "contact")
    )
    if what == "add-key":
        actions.add_key(contact=contact, content=request.POST.get("content", ""), **mine)  # type: ignore[arg-type]
        return _("The key was added; mail to this contact is encrypted from now on.")
    return _of_the_team(what, contact, viewer, now)


CLAIMS = {"claim", "prove", "approve-claim", "refuse-claim"}


def _claimed(request: HttpRequest, what: str, viewer: Viewer, found: Organization, now: datetime) -> str:
    if what == "claim":
        value = request.POST.get("value", "").strip()
        actions.claim_holding(organization=found, kind=kind_of(value), value=value, actor=viewer, now=now)
        return _("It was claimed. Now prove it, or wait for the team.")
    claim = get_object_or_404(queries.holding_claims(viewer), organization=found, pk=_id(request, "claim"))
    if what == "prove":
        actions.prove(claim=claim, actor=viewer, now=now, host=request.POST.get("host", "").strip())
        return _("It is proven; the team approves it.")
    if not viewer.may_write or not viewer.sees_everything:
        raise Http404
    approve = what == "approve-claim"
    because = request.POST.get("because", "")
    actions.settle_claim(claim=claim, approve=approve, because=because, actor=viewer, now=now)
    return _("Approved.") if approve else _("Refused.")


def _of_the_team(what: str, contact: Contact, viewer: Viewer, now: datetime) -> str:
    if not viewer.may_write or not viewer.sees_everything:
        raise Http404
    if what == "ask":
        actions.ask(contact=contact, actor=viewer, now=now)
        return _("A mail asks this contact to confirm.")
    if what in {"must-encrypt", "may-be-plain"}:
        constituency.demand_encryption(contact=contact, demanded=what == "must-encrypt", actor=viewer, now=now)
        return _("The change was recorded.")
    if what == "alive":
        constituency.set_contact_state(
            contact=contact, state=ContactState.ACTIVE, because="by hand", actor=viewer, now=now
        )
        return _("This contact is told again.")
    raise Http404


def _id(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None


@viewing
def propose(request: HttpRequest, id_: str) -> HttpResponse:
    """For the organization's own people: propose a change of a contact, or a new one; `contact` in the address says which."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(constituents.organizations(viewer), pk=id_)
    if not actions.may_change(viewer, found.pk):
        raise Http404
    contact = None
    if given := request.GET.get("contact"):
        try:
            contact = get_object_or_404(constituents.contacts(viewer), organization=found, pk=UUID(given))
        except ValueError:
            raise Http404 from None
    known = {} if contact is None else {n: getattr(contact, n) for n in ("name", "email", "phone", "roles", "language")}
    form = ProposalForm(request.POST or None, initial=known)
    ends = contact is not None and request.POST.get("act") == "end"
    if request.method == "POST" and (ends or form.is_valid()):
        what = Proposal.What.END if ends else Proposal.What.CHANGE if contact is not None else Proposal.What.ADD
        try:
            actions.propose(
                organization=found, what=what, contact=contact, after={} if ends else form.after(), by=viewer.email, means="portal",
                now=datetime.now(UTC), note=request.POST.get("note", ""),
            )  # fmt: skip
        except actions.BadProposal as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The team will look at it. Until then everything stays as it is."))
            return redirect("reach", id_)
    return render(request, "reach/propose.html", {"organization": found, "contact": contact, "form": form})
