"""Pages of the team: surveys, one with its figures, what goes out, who is silent, what is done with answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.base.web import export, pictures, trying
from tocsin.base.web.paging import page, part
from tocsin.base.web.templatetags.kit import figure
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.core.cells import inert
from tocsin.surveys import actions, forms, queries, rules, words
from tocsin.surveys.models import Asked, Survey

viewing = signed_in(constituency.viewer_of)
PREVIEWED = 200
AT_ONCE = 10_000


@viewing
def surveys(request: HttpRequest) -> HttpResponse:
    """For the team: all surveys, how far each has come."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    language = get_language() or "vi"
    found = page(request, queries.surveys(viewer))
    rows = [
        (one, one.title(language), _bar(one.n_answered, one.n_asked, _("%(n)s of %(all)s answered") % {"n": one.n_answered, "all": one.n_asked}))
        for one in found.rows
    ]  # fmt: skip
    return render(request, "surveys/surveys.html", {"page": found, "rows": rows})


def _bar(part_: int, whole: int, title: str) -> object:
    return pictures.share(part_, whole, title)


@viewing
def draft(request: HttpRequest, id_: UUID | None = None) -> HttpResponse:
    """For an analyst: write a survey down, or change one that has not gone out."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    found = get_object_or_404(queries.surveys(viewer), pk=id_) if id_ else None
    if found is not None and not found.is_draft:
        messages.warning(request, _("It was sent or given up: it does not change any more."))
        return redirect("survey", found.pk)
    begins = _begins(found) if found else None
    form = forms.SurveyForm(
        constituency.sectors(viewer), request.POST or None, facts=constituency.fact_labels(viewer), initial=begins
    )
    asked = forms.question_forms(request.POST or None, found.questions if found else [])
    if request.method == "POST" and form.is_valid() and not [one for one in asked if not one.is_valid()]:
        now = datetime.now(UTC)
        try:
            wanted = form.wanted(list(forms.typed(asked)))
            if found is None:
                found = actions.draft(wanted=wanted, actor=viewer, now=now)
            else:
                actions.redraft(survey=found, wanted=wanted, actor=viewer, now=now)
            return redirect("survey", found.pk)
        except actions.BadSurvey as error:
            form.add_error(None, _unclear(error))
        except actions.NotADraft:
            messages.warning(request, _("It was sent or given up: it does not change any more."))
            return redirect("survey", id_)
    context = {
        "form": form,
        "questions": asked,
        "survey": found,
        "n_open": max(1, len(found.questions) if found else 1),
    }
    return render(request, "surveys/form.html", context, status=400 if form.errors else 200)


def _begins(found: Survey) -> dict[str, Any]:
    names = ("title_vi", "title_en", "text_vi", "text_en", "due_on", "remind_days", "tlp")
    return {**{name: getattr(found, name) for name in names}, **forms.SurveyForm.begins(found.selection)}


def _unclear(error: actions.BadSurvey) -> str:
    return {
        "due_on": _("The day by which you ask for an answer is over."),
        "questions": _("Ask at least one question; say each in both languages, and give a list at least two answers."),
    }.get(error.field, str(error))


@viewing
def survey(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For the team: before it goes out who gets it and how it reads; afterwards what the answers come to, and who is silent."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.surveys(viewer), pk=id_)
    language = get_language() or "vi"
    context: dict[str, Any] = {
        "survey": found, "title": found.title(language), "text": found.text(language), "questions": found.asked_questions,
    }  # fmt: skip
    if found.is_draft or found.state == Survey.State.DROPPED:
        return render(request, "surveys/draft.html", {**context, **_preview(found)})
    return render(request, "surveys/survey.html", {**context, **_results(request, viewer, found, language)})


def _preview(found: Survey) -> dict[str, Any]:
    now = datetime.now(UTC)
    reached = actions.reached(found, now=now)
    sample = reached[0].organization if reached else None
    return {
        "reached": [(one.organization, one.contacts[0] if one.contacts else None) for one in reached[:PREVIEWED]],
        "n_reached": len(reached),
        "n_more": max(0, len(reached) - PREVIEWED),
        "n_nobody": sum(not one.contacts for one in reached),
        "mails": [(name, actions.rendered(found, name, organization=sample)) for name in ("vi", "en")],
        "asked": [(one.text(get_language() or "vi"), words.KINDS[one.kind], one) for one in found.asked_questions],
        "tests": list(reversed(found.tests))[:20],
    }


def _results(request: HttpRequest, viewer: Viewer, found: Survey, language: str) -> dict[str, Any]:
    figures = queries.figures(viewer, found)
    wanted = request.GET.get("show", "")
    key, _colon, value = wanted.partition(":")
    if wanted in {"silent", "answered"}:
        rows = queries.chosen(viewer, found, silent=wanted == "silent")
    else:
        rows = queries.chosen(viewer, found, question=key, value=value)
    shown = part(request, rows, said=ngettext("%(n)s organization", "%(n)s organizations", len(rows)) % {"n": figure(len(rows))})  # fmt: skip
    asked = found.asked_questions
    return {
        "figures": figures,
        "share": _bar(figures.n_answered, figures.n_asked, _("answered")),
        "percent": round(100 * figures.n_answered / figures.n_asked) if figures.n_asked else 0,
        "tallies": [_drawn(one, figures.n_asked, language) for one in figures.tallies],
        "sectors": [
            (name, silent, every, _bar(silent, every, pgettext("survey", "silent")))
            for name, (silent, every) in sorted(figures.silent.items(), key=lambda one: (-one[1][0], one[0]))
        ],
        "page": shown,
        "rows": [
            (one, [(q.text(language), words.say(q, one.values.get(q.key, ""), language)) for q in asked])
            for one in shown.rows
        ],
        "heads": [one.text(language) for one in asked],
        "wanted": wanted,
        "chosen_as": _chosen_as(wanted, found, language),
        "n_chosen": len(rows),
        "is_open": found.state == Survey.State.SENT,
        "facts": sorted(set(constituency.facts(viewer).filter(survey=found.pk).values_list("label", flat=True))),
    }


def _chosen_as(wanted: str, found: Survey, language: str) -> str:
    """Return in words which organizations the table shows; nothing when it shows all."""
    if wanted in {"silent", "answered"}:
        return _("Silent") if wanted == "silent" else _("Answered")
    key, _colon, value = wanted.partition(":")
    for one in found.asked_questions:
        if one.key == key:
            return f"{one.text(language)} – {words.say(one, value, language)}"
    return ""


def _drawn(tally: rules.Tally, n_asked: int, language: str) -> dict[str, Any]:
    """Return a tally as the page shows it: each answer with its number, its shares of the answered and of the asked, and a bar."""
    one = tally.question
    rows = [
        {
            "label": words.say(one, value, language), "n": n, "show": f"{one.key}:{value}",
            "of_answered": round(100 * n / tally.n_answered) if tally.n_answered else 0, "of_asked": round(100 * n / n_asked) if n_asked else 0,
            "bar": _bar(n, n_asked, f"{words.say(one, value, language)}: {n}"),
        }
        for value, n in tally.counts.items()
    ]  # fmt: skip
    return {"tally": tally, "text": one.text(language), "rows": rows}


@viewing
def calls(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst with a phone: who is silent, whom to call there, and a form for what is heard."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.surveys(viewer), pk=id_)
    rows = list(queries.call_list(viewer, found, datetime.now(UTC).date()))
    shown = part(request, rows)
    return render(request, "surveys/calls.html", {"survey": found, "title": found.title(get_language() or "vi"), "page": shown, "n": len(rows)})  # fmt: skip


@viewing
def file(request: HttpRequest, id_: UUID) -> HttpResponseBase:
    """For the team: all who were asked and their latest answers, as CSV."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    found = get_object_or_404(queries.surveys(viewer), pk=id_)
    heading, rows = queries.table(viewer, found, get_language() or "vi")
    return export.csv_response(request, "survey", [inert(one) for one in heading], rows)


@viewing
@require_POST
def act(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For an analyst: try, remind, close, use the answers; an approver sends."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not viewer.may_write:
        raise Http404
    found = get_object_or_404(queries.surveys(viewer), pk=id_)
    try:
        return _act(request, found, viewer, datetime.now(UTC))
    except NotAllowed:
        messages.error(request, _("Only an approver may send it."))
    except actions.NotADraft:
        messages.warning(request, _("It was sent or given up: it does not change any more."))
    except actions.NotTried:
        messages.warning(request, _("Try it on a test address first, as it is now."))
    except actions.NobodySelected:
        messages.warning(request, _("No organization is in its selection."))
    except actions.NotSent:
        messages.warning(request, _("It is not open for answers."))
    except actions.NobodyChosen:
        messages.warning(request, _("Choose organizations first."))
    except actions.BadSurvey:
        messages.error(request, _("Please look at what you typed."))
    return redirect("survey", found.pk)


def _act(request: HttpRequest, found: Survey, viewer: Viewer, now: datetime) -> HttpResponse:
    what = request.POST.get("act", "")
    if what == "test":
        trying.on_addresses(request, lambda to: actions.test(survey=found, to=to, actor=viewer, now=now))
    elif what == "send":
        n = len(actions.send(survey=found, actor=viewer, now=now, untested=request.POST.get("untested") == "on"))
        said = ngettext("%(n)s organization is asked. Mails go out within a minute.", "%(n)s organizations are asked. Mails go out within a minute.", n)  # fmt: skip
        messages.success(request, said % {"n": figure(n)})
    elif what == "close":
        actions.close(survey=found, actor=viewer, now=now)
        messages.success(request, _("Closed: no answers are taken any more."))
    elif what == "drop":
        actions.drop(survey=found, actor=viewer, now=now)
    elif what in {"remind", "remind-all"}:
        n = len(actions.remind(survey=found, organizations=None if what == "remind-all" else _chosen(request), actor=viewer, now=now))  # fmt: skip
        said = ngettext("%(n)s organization is reminded. Whoever got a mail within the last four hours is left in peace.", "%(n)s organizations are reminded. Whoever got a mail within the last four hours is left in peace.", n)  # fmt: skip
        messages.success(request, said % {"n": figure(n)})
    elif what == "fact":
        n = actions.note_fact(survey=found, organizations=_picked(request, found, viewer), label=request.POST.get("label", ""), actor=viewer, now=now)  # fmt: skip
        said = ngettext("Registered of %(n)s organization of which it was not known.", "Registered of %(n)s organizations of which it was not known.", n)  # fmt: skip
        messages.success(request, said % {"n": figure(n)})
    elif what == "warn":
        made = actions.warn(survey=found, organizations=_picked(request, found, viewer), actor=viewer, now=now)
        messages.success(request, _("An emergency warning to them was drafted; nothing is sent yet."))
        return redirect("emergency", made.pk)
    return redirect("survey", found.pk)


def _chosen(request: HttpRequest) -> list[str]:
    return request.POST.getlist("id")[:AT_ONCE]


def _picked(request: HttpRequest, found: Survey, viewer: Viewer) -> list[str]:
    """Return the organizations that were chosen by hand, else all that the table showed."""
    by_hand = _chosen(request)
    key, _colon, value = request.POST.get("show", "").partition(":")
    if by_hand or not value:
        return by_hand
    rows: list[Asked] = queries.chosen(viewer, found, question=key, value=value)
    return [one.organization_id for one in rows]
