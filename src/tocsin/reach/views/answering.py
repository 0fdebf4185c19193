"""The page behind the link of a call: for a contact, on a phone, without an account."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tocsin.base.tenancy import Role, Viewer
from tocsin.reach import actions, links, queries
from tocsin.reach.forms import KeyForm, ProposalForm
from tocsin.reach.models import Call, Proposal


# The token in the address is the credential, and no cookie plays a part: there is nothing to forge.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """For a contact, without an account. A GET shows and changes nothing: scanners follow links."""
    now = datetime.now(UTC)
    opened = links.opened(token, now)
    call = queries.call_of_link(opened.call) if opened else None
    if opened is None or call is None:
        raise Http404
    with translation.override(call.language):
        if opened.expired:
            return render(request, "reach/expired.html", {"language": call.language}, status=410)
        problem = ""
        if request.method == "POST":
            problem = _take(request, call, now)
            if not problem:
                return redirect("contact-answer", token=token)
        call.refresh_from_db()
        contact = call.contact
        known = {name: getattr(contact, name) for name in ("name", "email", "phone", "roles", "language")}
        waiting = queries.proposals(_speaker(call)).filter(state=Proposal.State.ASKED, contact=contact).exists()
        context = {
            "call": call,
            "contact": contact,
            "organization": contact.organization.name_in(call.language),
            "language": call.language,
            "problem": problem,
            "waiting": waiting,
            "form": ProposalForm(initial=known),
            "key_form": KeyForm(),
            "is_drill": call.kind == Call.Kind.DRILL,
            "asks_all": call.kind == Call.Kind.CONFIRM,
            "asks_key": call.kind == Call.Kind.KEY,
            "ended": call.drill is not None and call.drill.ends_at < now,
        }
        return render(request, "reach/answer.html", context, status=400 if problem else 200)


def _speaker(call: Call) -> Viewer:
    """Return who speaks by a link: the contact, for that one organization."""
    return Viewer(None, call.email, Role.CONTACT, frozenset({call.contact.organization_id}))


def _take(request: HttpRequest, call: Call, now: datetime) -> str:
    """Do what was pressed; return what is wrong, or nothing."""
    act = request.POST.get("act", "")
    contact = call.contact
    proposes = {"change": Proposal.What.CHANGE, "leave": Proposal.What.END}
    try:
        if act == "yes":
            actions.take_word(call=call, now=now)
        elif act == "key" and call.kind in {Call.Kind.KEY, Call.Kind.CONFIRM}:
            actions.add_key(contact=contact, content=request.POST.get("content", ""), actor=_speaker(call), now=now)
            actions.take_word(call=call, now=now)
        elif act in proposes and call.kind == Call.Kind.CONFIRM:
            form = ProposalForm(request.POST)
            after = {}
            if act == "change":
                if not form.is_valid():
                    return _("Please look at what you typed: a name, an address or a phone number is not right.")
                after = form.after()
            actions.propose(
                organization=contact.organization, what=proposes[act], contact=contact, after=after, by=call.email,
                means="link", now=now, note=request.POST.get("note", ""),
            )  # fmt: skip
        else:
            return _("Please press one of the buttons.")
    except (actions.BadProposal, actions.BadKey) as error:
        return str(error)
    return ""
