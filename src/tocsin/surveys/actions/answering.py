"""Take an answer: by the link, in the portal, by API, or heard by the team. Every one stays; the latest counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.surveys import rules
from tocsin.surveys.models import Asked, Survey, SurveyAnswer, SurveyMail


class Closed(Exception):
    """No answers are taken any more."""


@transaction.atomic
def answer(*, asked: Asked, given: Mapping[str, Any], actor: Viewer, means: str, now: datetime, note: str = "") -> SurveyAnswer:  # fmt: skip
    """Write down what an organization answers, again if it is corrected. Raise NotAllowed, Closed, rules.BadValue."""
    if actor.sees_everything and not actor.may_write:
        raise NotAllowed(actor.role.value)
    if not actor.sees_everything and asked.organization_id not in (actor.organization_ids or ()):
        raise NotAllowed(asked.organization_id)
    row = Asked.objects.select_for_update(of=("self",)).select_related("survey").get(pk=asked.pk)
    if row.survey.state != Survey.State.SENT:
        raise Closed(str(row.survey_id))
    values = rules.values(row.survey.asked_questions, given)
    note = note.replace("\0", "").strip()[:1000]
    last = SurveyAnswer.objects.filter(asked=row).order_by("-at", "-pk").first()
    if last is not None and (last.values, last.note, last.by, last.means) == (values, note, actor.email, means):
        return last  # a button pressed twice
    made = SurveyAnswer.objects.create(asked=row, at=now, by=actor.email, means=means, values=values, note=note)
    row.values, row.answered_at, row.next_at = values, row.answered_at or now, None
    row.save(update_fields=["values", "answered_at", "next_at"])
    SurveyMail.objects.filter(asked=row, state=SurveyMail.State.READY).update(state=SurveyMail.State.UNNEEDED)
    audit.record(
        actor=actor, action="survey-answered", object_kind="survey", object_id=str(row.survey_id), now=now,
        detail={"organization": row.organization_id, "means": means, "again": last is not None},
    )  # fmt: skip
    return made
