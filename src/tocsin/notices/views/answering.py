"""Pages for a contact, on a phone, without an account: answer a warning; read what a kind of finding is."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tocsin.base.tenancy import SYSTEM
from tocsin.notices import actions, links, queries, texts
from tocsin.notices.render import context


# The token in the address is the credential, and no cookie plays a part: there is nothing to forge, and a browser
# that keeps no cookies can answer.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """For a contact, on a phone, without an account. A GET shows and changes nothing: scanners follow links."""
    now = datetime.now(UTC)
    opened = links.opened(token, now)
    delivery = queries.delivery_of_link(opened.delivery) if opened else None
    if opened is None or delivery is None:
        raise Http404
    notice = delivery.notice
    with translation.override(delivery.language):
        if opened.expired:
            return render(
                request, "notices/answer_expired.html", {"notice": notice, "language": delivery.language}, status=410
            )
        problem = ""
        if request.method == "POST":
            try:
                actions.answer(
                    notice=notice,
                    word=request.POST.get("answer", ""),
                    by=delivery.recipient,
                    means="link",
                    now=now,
                    note=request.POST.get("note", ""),
                    until=_day(request.POST.get("until", "")),
                    delivery=delivery,
                )
                return redirect("answer", token=token)
            except actions.BadAnswer as error:
                problem = _("Please say why the risk is accepted.") if error.about == "note" else _("Please give the day by which it will be fixed, today or later.")  # fmt: skip
            except actions.NotAnswerable:
                problem = _("This warning was withdrawn: there is nothing to answer.")
        answers = list(notice.answers.order_by("-at", "-id")[:10])
        said = queries.said(SYSTEM, [notice])[notice.pk]
        found = context(said, delivery.language) | {
            "notice": notice,
            "answers": answers,
            "last": answers[0] if answers else None,
            "problem": problem,
            "today": timezone.localdate(now),
            "typed": request.POST,
        }
        return render(request, "notices/answer.html", found, status=400 if problem else 200)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def kinds(request: HttpRequest) -> HttpResponse:
    """For anyone: every kind of finding that is explained. Holds no data of anybody."""
    language = get_language() or "vi"
    found = sorted((texts.about(key, "", language) for key in texts.names()), key=lambda text: text.key)
    return render(request, "notices/kinds.html", {"kinds": found})


def kind(request: HttpRequest, kind: str) -> HttpResponse:
    """For whoever got a warning: what a kind of finding is, why it matters, what to do. Holds no data of anybody."""
    if not texts.has(kind):
        raise Http404
    return render(request, "notices/kind.html", {"text": texts.about(kind, "", get_language() or "vi"), "kind": kind})
