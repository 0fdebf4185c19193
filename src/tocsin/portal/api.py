"""Answering by API about chosen findings, for programs of an organization."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Router, Schema
from pydantic import Base64Bytes

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.problems import INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.api.values import Day
from tocsin.findings import queries as findings
from tocsin.notices import actions as notices
from tocsin.notices.api.notices import Word
from tocsin.portal import actions, rules, words

answers = Router(tags=["findings"])


class ProofIn(Schema):
    """A file as proof."""

    name: str = Field(max_length=255, description=_("Its name; the ending says what it is."))
    content: Base64Bytes = Field(
        max_length=2_300_000, description=_("In Base64, at most 1.6 MB; larger files are attached in the portal.")
    )


class AnswersIn(Schema):
    """An organization's answer about some of its findings."""

    findings: list[UUID] = Field(min_length=1, max_length=500, description=_("Identifiers of findings."))
    answer: Word = Field(description=_("One of the six."))
    until: Day | None = Field(
        None, description=_("The day it will be fixed by, or until which the risk is accepted; these two need it.")
    )
    note: str = Field("", max_length=4000, description=_("In free words; `risk-accepted` needs a reason."))
    proof: ProofIn | None = Field(None, description=_("A file that shows it, kept with the findings."))


class AnswersTaken(Schema):
    """What came of it."""

    answered: int = Field(description=_("About how many findings the answer is."))


@answers.post(
    "",
    response=AnswersTaken,
    **route(
        Scope.NOTICES_WRITE,
        _("Answer about some findings"),
        _("For an organization's own token; the team records what it hears with /findings/word."),
    ),
)
def answer_findings(request: Call, body: AnswersIn) -> dict[str, int]:
    """Take an answer about chosen findings."""
    viewer = request.viewer
    if viewer.sees_everything:
        raise Http404
    found = list(findings.findings(viewer).filter(pk__in=body.findings))
    if len(found) != len(set(body.findings)):
        raise Http404  # as for each of them that is somebody else's, or nobody's
    try:
        n = actions.answer(
            findings=found, word=body.answer, actor=viewer, by=request.caller.name, means="api", now=datetime.now(UTC), note=body.note, until=body.until,
            proof=actions.File(body.proof.name, body.proof.content) if body.proof else None,
        )  # fmt: skip
    except rules.BadProof as error:
        raise Problem(INVALID, errors=[{"pointer": "body/proof", "detail": words.refused(error.why)}]) from error
    except notices.BadAnswer as error:
        wrong = {"pointer": f"body/{error.about}", "detail": gettext("A day or a reason is missing.")}
        raise Problem(INVALID, errors=[wrong]) from error
    return {"answered": n}
