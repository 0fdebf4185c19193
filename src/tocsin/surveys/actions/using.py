"""From answers to action: register what organizations said of themselves, and prepare a warning to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from tocsin.base.tenancy import Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency.queries import Selection
from tocsin.notices.actions import emergencies
from tocsin.notices.models import Emergency
from tocsin.surveys import queries
from tocsin.surveys.actions.drafting import BadSurvey, may_write, record
from tocsin.surveys.models import Survey


class NobodyChosen(Exception):
    """None of these organizations was asked."""


@transaction.atomic
def note_fact(*, survey: Survey, organizations: Collection[str], label: str, actor: Viewer, now: datetime) -> int:
    """Register something of these organizations, such as "runs product X"; return of how many it is new.

    Raise NotAllowed, BadSurvey, NobodyChosen.
    """
    may_write(actor)
    said = " ".join(label.replace("\0", "").split())
    if not 0 < len(said) <= 200:
        raise BadSurvey("label", "from 1 to 200 characters")
    chosen = queries.organizations(actor, survey, list(organizations))
    if not chosen:
        raise NobodyChosen(str(survey.pk))
    made = constituency.note_fact(organizations=chosen, label=said, survey=survey.pk, actor=actor, now=now)
    record("survey-fact-noted", survey, actor, now, label=said, organizations=made)
    return len(made)


@transaction.atomic
def warn(*, survey: Survey, organizations: Collection[str], actor: Viewer, now: datetime) -> Emergency:
    """Draft an emergency warning to these organizations, with the texts of the survey to begin with; nothing is sent.

    Raise NotAllowed, NobodyChosen.
    """
    may_write(actor)
    chosen = queries.organizations(actor, survey, list(organizations))
    if not chosen:
        raise NobodyChosen(str(survey.pk))
    wanted = emergencies.Wanted(
        title_vi=survey.title_vi, title_en=survey.title_en, text_vi=survey.text_vi or survey.title_vi, text_en=survey.text_en or survey.title_en,
        selection=Selection(organizations=tuple(one.pk for one in chosen)), tlp=survey.tlp,
    )  # fmt: skip
    made = emergencies.draft(wanted=wanted, actor=actor, now=now)
    record("survey-warning-drafted", survey, actor, now, emergency=str(made.pk), organizations=len(chosen))
    return made
