"""Where questions are answered: by the link on a phone, in the portal, and by the team for who was called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tocsin.base.tenancy import Role, Viewer
from tocsin.base.web.paging import part
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.surveys import actions, links, queries, rules, words
from tocsin.surveys.forms import AnswerForm, initial
from tocsin.surveys.models import Asked, Survey, SurveyAnswer

viewing = signed_in(constituency.viewer_of)
SHOWN = 50
LISTED = 1_000


# The token in the address is the credential, and no cookie plays a part: there is nothing to forge.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """For a contact, on a phone, without an account. A GET shows and changes nothing: scanners follow links."""
    now = datetime.now(UTC)
    opened = links.opened(token, now)
    mail = queries.mail_of_link(opened.mail) if opened else None
    if opened is None or mail is None:
        raise Http404
    asked, language = mail.asked, mail.language
    with translation.override(language):
        if opened.expired or asked.survey.state != Survey.State.SENT:
            return render(request, "surveys/closed.html", {"language": language, "survey": asked.survey}, status=410)
        speaker = Viewer(None, mail.recipient, Role.CONTACT, frozenset({asked.organization_id}))
        form = _form(request, asked, language, speaker)
        if request.method == "POST" and _take(form, asked, speaker, "link", now):
            return redirect("question-answer", token=token)
        context = {
            **_context(asked, form, speaker, language),
            "language": language,
            "organization": asked.organization.name_in(language),
        }
        return render(request, "surveys/answer.html", context, status=400 if form.errors else 200)


def _form(request: HttpRequest, asked: Asked, language: str, viewer: Viewer) -> AnswerForm:
    if request.method == "POST":
        return AnswerForm(asked.survey, language, request.POST)
    last = queries.answers(viewer).filter(asked=asked).first()
    return AnswerForm(asked.survey, language, initial=initial(asked.values, last.note if last else ""))


def _take(form: AnswerForm, asked: Asked, actor: Viewer, means: str, now: datetime) -> bool:
    try:
        actions.answer(asked=asked, given=form.given(), actor=actor, means=means, now=now, note=form.note)
    except rules.BadValue as error:
        form.refuse(error)
        return False
    return True


def _context(asked: Asked, form: AnswerForm, viewer: Viewer, language: str) -> dict[str, Any]:
    history = list(queries.answers(viewer).filter(asked=asked)[:SHOWN])
    return {
        "asked": asked,
        "survey": asked.survey,
        "title": asked.survey.title(language),
        "text": asked.survey.text(language),
        "form": form,
        "last": history[0] if history else None,
        "history": [_told(one, asked.survey, viewer, language) for one in history],
        "is_open": asked.survey.state == Survey.State.SENT,
    }


def _told(one: SurveyAnswer, survey: Survey, viewer: Viewer, language: str) -> dict[str, Any]:
    """Tell an answer: who of the team wrote it down is the team's affair."""
    said = [(q.text(language), words.say(q, one.values[q.key], language)) for q in survey.asked_questions if q.key in one.values]  # fmt: skip
    ours = one.means == SurveyAnswer.Means.TEAM and not viewer.sees_everything
    return {"answer": one, "by": "" if ours else one.by, "said": said}


@viewing
def questions(request: HttpRequest) -> HttpResponse:
    """For a contact: what our team asks them, what is still open first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    language = get_language() or "vi"
    rows = queries.asked(viewer) if not viewer.sees_everything else queries.asked(viewer).none()
    own = sorted(rows[:LISTED], key=lambda one: (one.answered_at is not None, one.survey.state != Survey.State.SENT))
    found = part(request, own)
    shown = [(one, one.survey.title(language), one.survey.state == Survey.State.SENT) for one in found.rows]
    several = len(viewer.organization_ids or ()) > 1
    return render(request, "surveys/questions.html", {"page": found, "rows": shown, "several": several})


@viewing
def question(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For a contact: answer a question, correct the answer until it is closed; the team looks only."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(queries.asked(viewer), pk=id_)
    return _answered(request, found, "portal", "question")


@viewing
def organization(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the team: what one organization was asked, by which mails, what it answered; enter what was heard by phone."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.asked(viewer), pk=id_)
    return _answered(request, found, "team", "survey-asked")


def _answered(request: HttpRequest, asked: Asked, means: str, route: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    language = get_language() or "vi"
    now = datetime.now(UTC)
    may_answer = viewer.may_write if means == "team" else not viewer.sees_everything
    form = _form(request, asked, language, viewer)
    if request.method == "POST":
        if not may_answer:
            raise Http404
        try:
            if _take(form, asked, viewer, means, now):
                messages.success(request, _("Thank you. The answer was recorded; it can be corrected until the question is closed."))  # fmt: skip
                return redirect(route, asked.pk)
        except actions.Closed:
            messages.error(request, _("Nothing was recorded: no answers are taken any more."))
            return redirect(route, asked.pk)
    context = {
        **_context(asked, form, viewer, language),
        "may_answer": may_answer and asked.survey.state == Survey.State.SENT,
        "of_team": means == "team",
        "mails": queries.mails(viewer).filter(asked=asked) if means == "team" else [],
        "contacts": constituency.contacts_of(viewer, [asked.organization_id], now.date()).get(asked.organization_id, [])
        if means == "team"
        else [],
    }
    return render(request, "surveys/asked.html", context, status=400 if form.errors else 200)
