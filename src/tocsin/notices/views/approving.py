"""Pages for approvers: who would hear what now, and why; let it go, or reject it. And for analysts: what owners claim."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.views import chosen, signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.notices import actions, queries
from tocsin.notices import preview as drafting
from tocsin.notices.models import Notice, State
from tocsin.notices.rules import Reason

viewing = signed_in(constituency.viewer_of)
AT_MOST = 600
"""Organizations and kinds that the preview weighs: a page is no batch job."""
AT_ONCE = 500
"""Notices or claims that one bulk act takes."""


@viewing
def preview(request: HttpRequest) -> HttpResponse:
    """For approvers: what waits for them, what would go out now, to whom and why. Nothing is written by looking."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    waiting = queries.notices(viewer, state=State.WAITING.value).prefetch_related("deliveries")
    decided = actions.decide(now=now, dry_run=True, at_most=AT_MOST)
    names = constituency.organizations(viewer).in_bulk([plan.organization_id for plan in decided.plans])
    context = {
        "page": page(request, waiting),
        "policies": {row.pk: row for row in queries.policy_rows(viewer)},
        "plans": [(names[plan.organization_id], plan) for plan in decided.plans if plan.organization_id in names],
        "left": decided.left,
        "rest": queries.resting(viewer),
        "may_approve": viewer.may_approve,
    }
    return render(request, "notices/preview.html", context)


@viewing
def draft(request: HttpRequest, organization: str) -> HttpResponse:
    """For approvers: the mail that an organization would get now, as each recipient would read it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(constituency.organizations(viewer), pk=organization)
    drafts = drafting.drafts(viewer, found.pk, datetime.now(UTC))
    return render(request, "notices/draft.html", {"organization": found, "drafts": drafts})


@viewing
def decisions(request: HttpRequest) -> HttpResponse:
    """For the duty analyst: why each organization does or does not hear of each kind, and when that is looked at again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    reason = request.GET.get("reason", "")
    rows = queries.decisions(
        viewer,
        rests=reason if reason in set(Reason) else "",
        organization=request.GET.get("organization", "").strip(),
        kind=request.GET.get("kind", "").strip(),
    )
    context = {"page": page(request, rows, order=("id",)), "reasons": list(Reason), "wanted": reason}
    return render(request, "notices/decisions.html", context)


@viewing
@require_POST
def approvals(request: HttpRequest) -> HttpResponse:
    """For an approver: see what chosen notices would tell whom; let them go, or reject them, or all that wait."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_approve:
        raise Http404
    rows = queries.notices(viewer, state=State.WAITING.value)
    if request.POST.get("scope") != "all":
        rows = rows.filter(pk__in=chosen(request, AT_ONCE))
    if "look" in request.POST:
        return _looked_through(request, rows.prefetch_related("deliveries"))
    notices = list(rows)
    now = datetime.now(UTC)
    back = "notices" if request.POST.get("back") == "notices" else "preview"
    if request.POST.get("do") == "reject":
        try:
            n = len(
                actions.reject_all(notices=notices, reason=request.POST.get("reason", ""), actor=viewer, now=now)
            )  # fmt: skip
        except actions.NoReason:
            messages.error(request, _("Say why they are rejected; nothing was done."))
            return redirect(back)
        messages.success(request, ngettext("%(n)s notice rejected.", "%(n)s notices rejected.", n) % {"n": n})
    else:
        n = len(actions.approve_all(notices=notices, actor=viewer, now=now))
        messages.success(request, ngettext("%(n)s notice goes out now.", "%(n)s notices go out now.", n) % {"n": n})
    return redirect(back)


def _looked_through(request: HttpRequest, rows: QuerySet[Notice]) -> HttpResponse:
    """Show what chosen notices would tell whom, before anything goes out."""
    chosen = list(rows)
    if not chosen:
        messages.warning(request, _("None of them waits for approval."))
        return redirect("notices")
    to = {d.recipient for notice in chosen for d in notice.deliveries.all() if d.state != "cancelled" and not d.to_team}
    context = {
        "notices": chosen,
        "n_findings": sum(notice.n_findings for notice in chosen),
        "n_organizations": len({notice.organization_id for notice in chosen}),
        "n_recipients": len(to),
    }
    return render(request, "notices/approvals.html", context)


@viewing
@require_POST
def approval(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an approver: let a waiting notice go out."""

    def act(notice: Notice, viewer: Viewer, now: datetime) -> str:
        actions.approve(notice=notice, actor=viewer, now=now)
        return _("Approved: it goes out within a minute.")

    return _done(request, id_, act)


@viewing
@require_POST
def rejection(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an approver: reject a waiting notice, and say why."""

    def act(notice: Notice, viewer: Viewer, now: datetime) -> str:
        actions.reject(notice=notice, reason=request.POST.get("reason", ""), actor=viewer, now=now)
        return _("Rejected: it does not come back unless something changes.")

    return _done(request, id_, act)


@viewing
@require_POST
def retry(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst: try again to deliver what failed."""

    def act(notice: Notice, viewer: Viewer, now: datetime) -> str:
        n = actions.retry(notice=notice, actor=viewer, now=now)
        return ngettext("It is tried again for %(n)s recipient.", "It is tried again for %(n)s recipients.", n) % {
            "n": n
        }

    return _done(request, id_, act, _("Your role may not change anything."))


def _done(
    request: HttpRequest, id_: UUID, act: Callable[[Notice, Viewer, datetime], str], not_allowed: str = ""
) -> HttpResponse:
    """Do something with one notice, say what came of it or why not, and show the notice."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.notices(viewer), pk=id_)
    try:
        messages.success(request, act(found, viewer, datetime.now(UTC)))
    except NotAllowed:
        messages.error(request, not_allowed or _("Your role may not approve."))
    except actions.NoReason:
        messages.error(request, _("Say why it is rejected."))
    except actions.NotWaiting:
        messages.error(request, _("It does not wait for approval any more."))
    except actions.NotFailed:
        messages.error(request, _("Nothing of it failed."))
    return redirect("notice", id_=id_)


@viewing
def claims(request: HttpRequest) -> HttpResponse:
    """For approvers: what owners say is not theirs, a false alarm or a risk they accept; agree, or warn again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    settled = request.GET.get("settled") == "1"
    state, what = request.GET.get("state", ""), request.GET.get("what", "")
    state = state if state in queries.CLAIM_STATES else ""
    rows = queries.claims(viewer, open_only=not settled, state=state)
    if settled:
        rows = rows.exclude(ruling="")
    if what:
        rows = rows.filter(what=what)
    if request.GET.get("state") == "disowned":
        context = {"disowned": page(request, findings.disowned(viewer)), "tab": "disowned"}
        return render(request, "notices/claims.html", context)
    tab = state or ("settled" if settled else "asked")
    context = {"page": page(request, rows), "settled": tab != "asked", "tab": tab, "today": timezone.localdate()}
    return render(request, "notices/claims.html", context)


@viewing
@require_POST
def own_again(request: HttpRequest, id_: int) -> HttpResponse:
    """For an analyst: an asset is its organization's after all; what comes in from now on is theirs."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(findings.disowned(viewer), pk=id_)
    try:
        finding_actions.own_again(disowned=found, actor=viewer, now=datetime.now(UTC))
    except NotAllowed:
        raise Http404 from None
    messages.success(request, _("It counts as theirs again, from the next report on."))
    return redirect("claims")


@viewing
@require_POST
def rulings(request: HttpRequest) -> HttpResponse:
    """For an approver: settle chosen claims; what is not theirs an analyst may settle too."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    accept = request.POST.get("do") == "accept"
    try:
        until, to = request.POST.get("until", ""), request.POST.get("to", "").strip()
        n = actions.rule_all(
            claims=chosen(request, AT_ONCE), accept=accept, note=request.POST.get("note", ""), actor=viewer, now=datetime.now(UTC),
            until=date.fromisoformat(until) if until else None, to=to,
        )  # fmt: skip
        said = (
            ngettext("%(n)s claim accepted.", "%(n)s claims accepted.", n)
            if accept
            else ngettext("%(n)s claim refused: the owner is warned again.", "%(n)s claims refused: the owners are warned again.", n)
        )  # fmt: skip
        messages.success(request, said % {"n": n})
    except actions.AlreadyRuled:
        messages.error(request, _("None of them is open."))
    except NotAllowed:
        messages.error(request, _("False alarms and accepted risks are settled by an approver; nothing was done."))
    except (actions.BadRuling, ValueError):
        messages.error(
            request, _("Nothing was done: the end must be a day within a year, and the organization one that there is.")
        )
    return redirect("claims")
