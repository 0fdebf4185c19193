"""One warning to many at once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7


class Emergency(models.Model):
    """One warning to many organizations at once, outside of every schedule: drafted, tried on test addresses, sent once."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("draft")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("dropped")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    title_vi = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    text_vi = models.TextField()
    text_en = models.TextField()
    severity = models.CharField(max_length=8, default="critical")
    tlp = models.CharField(max_length=16, default="TLP:AMBER")
    answer_hours = models.PositiveSmallIntegerField(default=24)
    selection = models.JSONField(default=dict)
    """As `constituency.queries.Selection`."""
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    tests = models.JSONField(default=list)
    """Each address it was tried on: to, at, by, and what came of it."""
    sent_by = models.CharField(max_length=254, blank=True)
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title_vi

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        """Title and text by language."""
        return {"vi": (self.title_vi, self.text_vi), "en": (self.title_en, self.text_en)}
