"""All that was done about one notice and is still to be done, in the order of time: for the page that answers "and then?"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin.base.tenancy import Viewer
from tocsin.base.web.words import WORDS
from tocsin.notices import queries, words
from tocsin.notices.models import Answer, Delivery, EscalationStep, Notice

Tone = Literal["", "ok", "bad", "next"]
Step = EscalationStep.State
SHOWN = 200
"""Messages, steps and answers of each notice that are told of."""
_TONES: dict[Step, Tone] = {
    Step.PENDING: "next",
    Step.DONE: "ok",
    Step.MISSED: "bad",
    Step.NOBODY: "bad",
    Step.CANCELLED: "",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, or is due."""

    at: datetime
    says: str
    tone: Tone = ""
    """`ok`, `bad`, `next` for what is to come, or nothing."""
    more: str = ""
    delivery: Delivery | None = None
    """The message that it is about, if one was made."""


def of(viewer: Viewer, notice: Notice, *, now: datetime) -> list[Entry]:
    """Return what was done about a notice and what is due, as far as the viewer sees it."""
    return entries(
        notice,
        deliveries=queries.shown_deliveries(viewer, notice)[:SHOWN],
        steps=queries.steps(viewer).filter(notice=notice)[:SHOWN],
        answers=notice.answers.order_by("at")[:SHOWN],
        now=now,
    )


def entries(
    notice: Notice,
    *,
    deliveries: Iterable[Delivery],
    steps: Iterable[EscalationStep],
    answers: Iterable[Answer],
    now: datetime,
) -> list[Entry]:
    """Return what was done about a notice, the first first, and after it what is due."""
    found = [
        *_own(notice, now),
        *(entry for one in deliveries for entry in _of_delivery(one)),
        *(_of_answer(one) for one in answers),
        *(_of_step(one) for one in steps),
    ]
    return sorted(found, key=lambda one: (one.at, one.tone == "next"))


def _own(notice: Notice, now: datetime) -> Iterator[Entry]:
    yield Entry(notice.created_at, _("Decided: %(reason)s") % {"reason": WORDS.get(notice.reason, notice.reason)})
    if notice.approved_at is not None:
        yield Entry(notice.approved_at, _("Approved by %(who)s") % {"who": notice.approved_by})
    if notice.ended_at is not None:
        yield Entry(notice.ended_at, _("Ended by %(who)s") % {"who": notice.ended_by or "–"}, more=notice.ended_because)
    if notice.due_at is not None:
        if notice.deadline == "missed":
            yield Entry(notice.due_at, _("Its day passed, and nobody had answered"), "bad")
        elif notice.due_at > now:
            yield Entry(notice.due_at, _("To be fixed by now"), "next")


def _of_delivery(one: Delivery) -> Iterator[Entry]:
    to = {"to": one.addressed, "way": words.told(one.channel)}
    if one.handed_over_at is not None:
        says = _("Told the duty officer %(to)s %(way)s") if one.to_team else _("Handed over %(way)s to %(to)s")
        yield Entry(one.handed_over_at, says % to, "ok", one.response, one)
    if one.bounced_at is not None:
        yield Entry(one.bounced_at, _("Came back from %(to)s") % to, "bad", delivery=one)
    if one.answered_at is not None:
        yield Entry(one.answered_at, _("%(to)s has certainly read it") % to, "ok", delivery=one)
    if one.state == "failed" and one.bounced_at is None:
        yield Entry(one.next_attempt_at, _("Could not be handed over %(way)s to %(to)s") % to, "bad", one.response, one)
    elif one.state == "by-hand":
        yield Entry(one.next_attempt_at, _("Waits to be printed, signed and carried to %(to)s") % to, "next", "", one)
    elif one.state == "ready":
        yield Entry(one.next_attempt_at, _("Goes %(way)s to %(to)s") % to, "next", one.response, one)


def _of_step(one: EscalationStep) -> Entry:
    told = {"whom": words.told(one.whom), "way": words.told(one.channel), "n": one.number}
    says = {
        Step.PENDING: _("Step %(n)s: %(whom)s is told %(way)s, unless somebody answers"),
        Step.DONE: _("Step %(n)s: %(whom)s was told %(way)s"),
        Step.MISSED: _("Step %(n)s, missed and done late: %(whom)s was told %(way)s"),
        Step.NOBODY: _("Step %(n)s told nobody: %(whom)s, %(way)s"),
        Step.CANCELLED: _("Step %(n)s is not needed any more: %(whom)s, %(way)s"),
    }[Step(one.state)] % told
    more = [str(words.BECAUSE.get(one.because, one.because))] if one.because else []
    if one.n_told:
        more.append(ngettext("%(n)s recipient", "%(n)s recipients", one.n_told) % {"n": one.n_told})
    if one.pressed_at is not None:
        more.append(_("pressed by %(who)s") % {"who": one.pressed_by})
    if one.noted_at is not None:
        more.append(_("%(who)s knows of it") % {"who": one.noted_by})
    return Entry(one.done_at or one.due_at, says, _TONES[Step(one.state)], " · ".join(more))


def _of_answer(one: Answer) -> Entry:
    says = _("%(who)s answered: %(answer)s") % {"who": one.by, "answer": WORDS.get(one.answer, one.answer)}
    return Entry(one.at, says, "ok", one.note)
