"""Surveys, who was asked, mails to them, and what they answered."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import pgettext_lazy

from tocsin.base.identifiers import uuid7
from tocsin.surveys import rules


class Survey(models.Model):
    """One or a few questions to a selection of organizations. What it asks stays as it is once it was sent."""

    class State(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", pgettext_lazy("survey", "draft")
        TRIED = "tried", pgettext_lazy("survey", "tried on test addresses")
        SENT = "sent", pgettext_lazy("survey", "sent, open for answers")
        CLOSED = "closed", pgettext_lazy("survey", "closed")
        DROPPED = "dropped", pgettext_lazy("survey", "given up")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title_vi = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    text_vi = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    questions = models.JSONField(default=list)
    selection = models.JSONField(default=dict)
    tlp = models.CharField(max_length=16)
    due_on = models.DateField()
    due_at = models.DateTimeField()
    remind_days = models.PositiveSmallIntegerField(default=3)
    """So many working days before it is due the silent are reminded; 0: they are not."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    tests = models.JSONField(default=list)
    sent_by = models.CharField(max_length=254, blank=True)
    sent_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=254, blank=True)
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title_vi

    def title(self, language: str) -> str:
        """Return its title in a language."""
        return self.title_en if language.startswith("en") else self.title_vi

    def text(self, language: str) -> str:
        """Return what is said before the questions, in a language."""
        return self.text_en if language.startswith("en") else self.text_vi

    @property
    def asked_questions(self) -> list[rules.Question]:
        """Return its questions."""
        return rules.questions(self.questions)

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed."""
        return self.state in {self.State.DRAFT, self.State.TRIED}


class Asked(models.Model):
    """An organization that a survey asks, with its latest answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="asked")
    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    values = models.JSONField(default=dict)
    """Its latest answer: the place of the question → what was answered."""
    next_at = models.DateTimeField(null=True)
    """When it is reminded next while it is silent."""
    after_at = models.DateTimeField(null=True)
    """When its next contact is told that it is due."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "organization"], name="asked_once")]
        indexes = [
            models.Index(fields=["next_at"], name="asked_to_remind", condition=models.Q(answered_at=None)),
            models.Index(fields=["organization", "-asked_at"], name="asked_of_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id} {self.organization_id}"


class SurveyMail(models.Model):
    """A mail that asks or reminds: one a step. The address is kept as it was then."""

    class State(models.TextChoices):
        """What became of it."""

        READY = "ready", pgettext_lazy("survey mail", "to be sent")
        SENT = "sent", pgettext_lazy("survey mail", "handed over")
        BOUNCED = "bounced", pgettext_lazy("survey mail", "came back")
        FAILED = "failed", pgettext_lazy("survey mail", "could not be sent")
        UNNEEDED = "unneeded", pgettext_lazy("survey mail", "not needed any more")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asked = models.ForeignKey(Asked, on_delete=models.CASCADE, related_name="mails")
    step = models.CharField(max_length=16)
    """`first`, `before`, `after` the day it is due, or by hand: `hand-2`."""
    contact = models.ForeignKey("constituency.Contact", null=True, on_delete=models.SET_NULL, related_name="+")
    recipient = models.EmailField()
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    by = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    n_attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asked", "step"], name="one_mail_a_step")]
        indexes = [models.Index(fields=["state", "not_before"], name="survey_mails_to_send")]

    def __str__(self) -> str:
        return f"{self.step} to {self.recipient}"


class SurveyAnswer(models.Model):
    """What an organization answered: who, when, by what means. The latest one counts."""

    class Means(models.TextChoices):
        """How it reached us."""

        LINK = "link", pgettext_lazy("survey answer", "by the link")
        PORTAL = "portal", pgettext_lazy("survey answer", "in the portal")
        TEAM = "team", pgettext_lazy("survey answer", "heard by the team")
        API = "api", pgettext_lazy("survey answer", "by API")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asked = models.ForeignKey(Asked, on_delete=models.CASCADE, related_name="answers")
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    means = models.CharField(max_length=8, choices=Means.choices)
    values: Any = models.JSONField(default=dict)
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [models.Index(fields=["asked", "-at"], name="answers_of_asked")]

    def __str__(self) -> str:
        return f"{self.asked_id} {self.at}"
