"""The official letter of a notice, for the team: have it made, take it out, note when it was handed over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.web.views import signed_in, team_only
from tocsin.channels.letter.render import NoLibrary
from tocsin.constituency import queries as constituency
from tocsin.notices import actions, queries

viewing = signed_in(constituency.viewer_of)
KINDS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@viewing
@require_POST
def notice_letter(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst: have an official letter made of a notice."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    notice = get_object_or_404(queries.notices(viewer), pk=id_)
    try:
        actions.order_letter(notice=notice, actor=viewer, now=datetime.now(UTC))
    except actions.LetterExists:
        messages.warning(request, _("There is a letter of this notice already."))
    except actions.NoLetter:
        messages.error(request, _("The notice never went out: there is nothing to write about."))
    else:
        messages.success(request, _("The letter is made and numbered within a minute."))
    return redirect("notice", id_)


@viewing
def letter(request: HttpRequest, id_: UUID, ending: str) -> HttpResponse:
    """For the team: an official letter as PDF or DOCX."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    delivery = get_object_or_404(queries.deliveries(viewer).select_related("message"), pk=id_)
    try:
        content = actions.document(delivery=delivery, ending=ending, now=datetime.now(UTC))
    except actions.NoLetter:
        raise Http404 from None
    except NoLibrary as error:
        messages.error(request, str(error))
        return redirect("notice", delivery.notice_id)
    response = HttpResponse(content, content_type=KINDS[ending])
    response["Content-Disposition"] = f'attachment; filename="{delivery.notice.reference}.{ending}"'
    return response


@viewing
@require_POST
def letter_carried(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst: note on which day a letter was handed over by hand."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    delivery = get_object_or_404(queries.deliveries(viewer), pk=id_)
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
        actions.note_carried(delivery=delivery, on=on, actor=viewer, now=datetime.now(UTC))
    except (ValueError, actions.NotYet):
        messages.error(request, _("Please give the day: not before the letter was made, and not one to come."))
    except actions.NoLetter:
        messages.warning(request, _("This letter does not wait to be carried."))
    else:
        messages.success(request, _("It was noted."))
    return redirect("notice", delivery.notice_id)
