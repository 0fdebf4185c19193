"""Policies, silences, notices, deliveries, answers, and why each group does or does not hear from us."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7


class Policy(models.Model):
    """How an organization (or all) is warned of a kind (or all). The most specific one applies."""

    organization = models.ForeignKey("constituency.Organization", null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200, blank=True)
    needs_approval = models.BooleanField(default=False)
    repeat_days = models.PositiveSmallIntegerField(default=7)
    deadline_days = models.JSONField(default=dict)
    tlp = models.CharField(max_length=16, default="TLP:AMBER")
    minimum_severity = models.CharField(max_length=8, default="low")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind"], name="one_policy"),
            models.UniqueConstraint(fields=["kind"], condition=models.Q(organization=None), name="one_policy_for_all"),
        ]

    def __str__(self) -> str:
        return f"policy {self.organization_id or 'all'} {self.kind or 'all'}"


class Silence(models.Model):
    """A time in which an organization (or all) is not warned of a kind (or all)."""

    organization = models.ForeignKey("constituency.Organization", null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    until = models.DateTimeField()
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reason


class State(models.TextChoices):
    """Where a notice stands."""

    WAITING = "waiting", _("waiting for approval")
    READY = "ready", _("ready to send")
    SENT = "sent", _("sent")
    FAILED = "failed", _("could not be delivered")
    NO_CONTACT = "no-contact", _("nobody to tell")


class Notice(models.Model):
    """One warning to one organization, of one or several findings."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices)
    reason = models.CharField(max_length=32)
    severity = models.CharField(max_length=8)
    tlp = models.CharField(max_length=16)
    language = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    approved_by = models.CharField(max_length=254, blank=True)
    approved_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    findings = models.ManyToManyField("findings.Finding", through="NoticeFinding", related_name="notices")

    class Meta:
        indexes = [models.Index(fields=["state", "id"]), models.Index(fields=["organization", "-id"])]

    def __str__(self) -> str:
        return self.reference


class NoticeFinding(models.Model):
    """A finding as it stood when the notice was made."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="lines")
    finding = models.ForeignKey("findings.Finding", on_delete=models.PROTECT, related_name="notice_lines")
    severity = models.CharField(max_length=8)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "finding"], name="once_in_a_notice")]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.finding_id}"


class Delivery(models.Model):
    """A notice on its way to one recipient. `message_id` never changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    recipient = models.EmailField()
    name = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=16, default="ready")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    response = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "recipient"], name="once_to_a_recipient")]
        indexes = [models.Index(fields=["state", "next_attempt_at"])]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.recipient}"


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

    class Meta:
        indexes = [models.Index(fields=["notice", "at"])]

    def __str__(self) -> str:
        return self.answer


class DecisionLog(models.Model):
    """The latest decision about an organization and a kind, with its reason."""

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200)
    reason = models.CharField(max_length=32)
    sends = models.BooleanField()
    at = models.DateTimeField()
    notice = models.ForeignKey(Notice, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "kind"], name="one_decision")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.kind}: {self.reason}"
