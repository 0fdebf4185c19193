"""Pages about warnings: the loop, notices, sent mail for the duty analyst; the answer page for a contact on a phone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.tenancy import NotAllowed
from tocsin.base.web.paging import page
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.findings import queries as findings
from tocsin.notices import actions, links, queries
from tocsin.notices.models import State
from tocsin.notices.render import groups

viewing = signed_in(constituency.viewer_of)


@viewing
def loop(request: HttpRequest) -> HttpResponse:
    """Show the loop and what needs a person now."""
    viewer = request.viewer  # type: ignore[attr-defined]
    counts = findings.by_organization(viewer)
    tiles = [(o, *counts.get(o.pk, (0, 0))) for o in constituency.organizations(viewer)]
    todo = {
        "waiting": queries.notices(viewer, state=State.WAITING.value).count(),
        "failed": queries.notices(viewer, state=State.FAILED.value).count(),
        "no_contact": queries.notices(viewer, state=State.NO_CONTACT.value).count(),
    }
    context = {
        "loop": queries.loop(viewer, datetime.now(UTC)),
        "tiles": tiles,
        "todo": todo,
        "calm": not any(todo.values()),
    }
    return render(request, "notices/loop.html", context)


@viewing
def notices(request: HttpRequest) -> HttpResponse:
    """List notices."""
    state = request.GET.get("state", "")
    rows = queries.notices(
        request.viewer,  # type: ignore[attr-defined]
        state=state if state in State.values else "",
        organization=request.GET.get("organization", ""),
    )
    return render(request, "notices/notices.html", {"page": page(request, rows), "states": State})


@viewing
def notice(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Show one notice: the six stops, every reason."""
    viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.notices(viewer), pk=id_)
    return render(
        request,
        "notices/notice.html",
        {"notice": found, "stops": queries.explain(viewer, found), "may_approve": viewer.may_approve},
    )


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
def sent(request: HttpRequest) -> HttpResponse:
    """List deliveries with their state."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    return render(request, "notices/sent.html", {"page": page(request, queries.deliveries(viewer))})


@viewing
def message(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Show a message as its recipient reads it, without the link that answers it."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    delivery = get_object_or_404(queries.deliveries(viewer), pk=id_)
    mail = actions.compose(delivery)
    text = mail.get_body(("plain",)).get_content()
    # The link would let whoever looks answer in the organization's name.
    secret = links.link(delivery.pk, delivery.notice.created_at)
    return render(
        request, "notices/message.html", {"delivery": delivery, "mail": mail, "text": text.replace(secret, "[…]")}
    )


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """For a contact, on a phone, without an account. A GET shows and changes nothing."""
    now = datetime.now(UTC)
    id_ = links.opened(token, now)
    delivery = queries.delivery_of_link(id_) if id_ else None
    if delivery is None:
        raise Http404
    found = delivery.notice
    problem = ""
    with translation.override(found.language):
        if request.method == "POST":
            try:
                actions.answer(
                    notice=found,
                    word=request.POST.get("answer", ""),
                    by=delivery.recipient,
                    means="link",
                    now=now,
                    note=request.POST.get("note", ""),
                    until=_day(request.POST.get("until", "")),
                )
                return redirect("answer", token=token)
            except actions.BadAnswer:
                problem = _("Please give the day by which it will be fixed, today or later.")
        context = {
            "notice": found,
            "organization": found.organization.name_in(found.language),
            "groups": groups(list(found.findings.all()), found.language),
            "answers": found.answers.order_by("-at")[:5],
            "problem": problem,
            "language": found.language,
        }
        return render(request, "notices/answer.html", context, status=400 if problem else 200)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
