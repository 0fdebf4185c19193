"""Read surveys for a viewer: the team sees all, a contact only what their organizations are asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext

from tocsin.base.tenancy import Viewer, scoped
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact, Organization
from tocsin.surveys import rules, words
from tocsin.surveys.models import Asked, Survey, SurveyAnswer, SurveyMail

EVERYBODY = ("sent", "closed")


def surveys(viewer: Viewer) -> QuerySet[Survey]:
    """Return the surveys, newest first, with how many were asked and answered; they are the team's."""
    rows = Survey.objects.annotate(
        n_asked=Count("asked"), n_answered=Count("asked", filter=Q(asked__answered_at__isnull=False))
    ).order_by("-id")
    return rows if viewer.sees_everything else rows.none()


def asked(viewer: Viewer) -> QuerySet[Asked]:
    """Return what organizations are asked, newest first, as far as the viewer may see."""
    rows = Asked.objects.filter(survey__state__in=EVERYBODY).select_related("survey", "organization")
    return scoped(rows, viewer).order_by("-asked_at", "organization_id")


# scope: everyone because a signed token names one mail
def mail_of_link(mail: UUID) -> SurveyMail | None:
    """Return the mail a link came with."""
    return SurveyMail.objects.select_related("asked__survey", "asked__organization").filter(pk=mail).first()


def answers(viewer: Viewer) -> QuerySet[SurveyAnswer]:
    """Return answers, newest first, as far as the viewer may see."""
    return scoped(SurveyAnswer.objects.order_by("-at", "-pk"), viewer, "asked__organization_id")


def mails(viewer: Viewer) -> QuerySet[SurveyMail]:
    """Return mails, the first one first; they are the team's."""
    rows = SurveyMail.objects.select_related("asked").order_by("pk")
    return rows if viewer.sees_everything else rows.none()


@dataclass(slots=True)
class Figures:
    """How far a survey has come, and what the answers come to. `silent` by sector: silent, asked."""

    n_asked: int = 0
    n_answered: int = 0
    tallies: list[rules.Tally] = field(default_factory=list)
    silent: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def n_silent(self) -> int:
        """Return how many have not answered."""
        return self.n_asked - self.n_answered


def figures(viewer: Viewer, survey: Survey) -> Figures:
    """Count a survey."""
    rows = scoped(Asked.objects.filter(survey=survey), viewer).order_by("organization__sector")
    read = list(rows.values_list("organization__sector", "answered_at", "values"))
    found = Figures(len(read), sum(at is not None for _, at, _ in read))
    found.tallies = rules.tally(survey.asked_questions, (values for _, at, values in read if at is not None))
    for sector, at, _ in read:
        silent, every = found.silent.get(sector, (0, 0))
        found.silent[sector] = silent + (at is None), every + 1
    return found


def chosen(viewer: Viewer, survey: Survey, *, question: str = "", value: str = "", silent: bool | None = None) -> list[Asked]:  # fmt: skip
    """Return who was asked: all, those silent or not, those whose latest answer to a question is this."""
    rows = asked(viewer).filter(survey=survey).order_by("organization_id")
    if silent is not None:
        rows = rows.filter(answered_at__isnull=silent)
    found = list(rows)
    return [one for one in found if one.values.get(question) == value] if question else found


@dataclass(frozen=True, slots=True)
class Called:
    """A silent organization, who is to be called there, and what became of the mails."""

    asked: Asked
    contacts: list[Contact]
    mails: list[SurveyMail]


def call_list(viewer: Viewer, survey: Survey, on: date) -> Iterator[Called]:
    """Yield the silent organizations with everybody who may be called there, by sector."""
    rows = sorted(chosen(viewer, survey, silent=True), key=lambda one: (one.organization.sector, one.organization_id))
    people = constituency.contacts_of(viewer, [one.organization_id for one in rows], on)
    sent: dict[UUID, list[SurveyMail]] = {}
    for mail in mails(viewer).filter(asked__survey=survey, asked__answered_at=None):
        sent.setdefault(mail.asked_id, []).append(mail)
    for one in rows:
        yield Called(one, people.get(one.organization_id, []), sent.get(one.pk, []))


def organizations(viewer: Viewer, survey: Survey, ids: list[str]) -> list[Organization]:
    """Return those of these organizations that were asked."""
    rows = constituency.organizations(viewer).filter(pk__in=ids)
    return list(rows.filter(pk__in=Asked.objects.filter(survey=survey).values("organization_id")))


def table(viewer: Viewer, survey: Survey, language: str) -> tuple[list[str], list[list[object]]]:
    """Return who was asked and the latest answer of each: heading and rows, the answers in words."""
    asked_for = survey.asked_questions
    latest: dict[UUID, SurveyAnswer] = {}
    for answer in answers(viewer).filter(asked__survey=survey).order_by("at", "pk"):
        latest[answer.asked_id] = answer
    with translation.override(language):
        heading = [
            gettext("Organization"), gettext("Name"), gettext("Sector"), gettext("Answered"), gettext("By whom"), gettext("By what means"),
            *(one.text(language) for one in asked_for), gettext("A word with it"),
        ]  # fmt: skip
        rows: list[list[object]] = []
        for one in chosen(viewer, survey):
            last = latest.get(one.pk)
            rows.append([
                one.organization_id, one.organization.name_in(language), one.organization.sector, last.at.isoformat() if last else "",
                last.by if last else "", str(last.get_means_display()) if last else "",
                *(words.say(question, one.values.get(question.key, ""), language) for question in asked_for), last.note if last else "",
            ])  # fmt: skip
    return [str(cell) for cell in heading], rows
