"""What owners answer, and what comes of what they claim."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7
from tocsin.notices.models.notices import Notice


class Answer(models.Model):
    """What an organization answered to a notice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="answers")
    answer = models.CharField(max_length=16)
    until = models.DateField(null=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    means = models.CharField(max_length=16)
    n_findings = models.PositiveIntegerField(null=True)
    """About how many of its findings it is; null: about all."""

    class Meta:
        indexes = [models.Index(fields=["notice", "at"])]

    def __str__(self) -> str:
        return self.answer


CLAIM_STATES = {
    "asked": _("waits for the team"),
    "approved": _("agreed to by the team"),
    "refused": _("refused by the team"),
    "ended": _("ended"),
}


class Claim(models.Model):
    """An owner's claim that a finding is not theirs, a false alarm, or a risk they accept: the team settles it.

    Accepted, it counts until its end, and ends by itself.
    """

    class Ruling(models.TextChoices):
        """What the team made of it."""

        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    finding = models.ForeignKey("findings.Finding", on_delete=models.CASCADE, related_name="claims")
    answer = models.ForeignKey(Answer, null=True, on_delete=models.CASCADE, related_name="claims")
    """Null: it was said of a finding that no notice had told."""
    what = models.CharField(max_length=16)
    at = models.DateTimeField()
    asked_by = models.CharField(max_length=254, blank=True)
    note = models.TextField(blank=True)
    """Why, as the owner said."""
    until = models.DateTimeField(null=True)
    """Its end: as asked for, and once accepted as agreed; null: it has none."""
    warned_at = models.DateTimeField(null=True)
    """When it was said that it soon ends."""
    ended_at = models.DateTimeField(null=True)
    """When it ceased to count: refused, its time over, or another word of the owner."""
    ruling = models.CharField(max_length=16, choices=Ruling.choices, blank=True)
    ruled_by = models.CharField(max_length=254, blank=True)
    ruled_at = models.DateTimeField(null=True)
    ruling_note = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["ruling", "-id"], name="claims_by_ruling"),
            models.Index(fields=["until"], condition=models.Q(ruling="accepted", ended_at=None), name="claims_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.finding_id}"

    @property
    def state_said(self) -> str:
        """Return where it stands in the reader's language."""
        return str(CLAIM_STATES[self.state])

    @property
    def state(self) -> str:
        """Return where it stands: `asked`, `approved`, `refused` or `ended`."""
        if not self.ruling:
            return "asked"
        if self.ruling == self.Ruling.REFUSED:
            return "refused"
        return "ended" if self.ended_at is not None else "approved"
