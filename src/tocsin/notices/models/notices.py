"""Warnings, and what each tells."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7
from tocsin.notices.models.emergencies import Emergency


class State(models.TextChoices):
    """Where a notice stands."""

    WAITING = "waiting", _("waiting for approval")
    READY = "ready", _("ready to send")
    SENT = "sent", _("sent")
    PARTLY_SENT = "partly-sent", _("sent, but not to everybody")
    FAILED = "failed", _("could not be delivered")
    NO_CONTACT = "no-contact", _("nobody to tell")
    REJECTED = "rejected", _("rejected by an approver")
    WITHDRAWN = "withdrawn", _("withdrawn before it went out")


class Deadline(models.TextChoices):
    """What had come of a notice when its day passed."""

    KEPT = "kept", _("answered, or no longer seen")
    MISSED = "missed", _("nobody had answered")


class Notice(models.Model):
    """One warning to one organization, of one or several findings. `rules.NOTICE_MOVES` says how its state may change."""

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
    deadline = models.CharField(max_length=8, choices=Deadline.choices, blank=True, default="")
    """What had come of it when its day passed; empty: the day is to come."""
    parts = models.JSONField(default=list)
    """What it tells, a part a unit: kind, network, reason, severity, how many, and by which policy."""
    n_findings = models.PositiveIntegerField(default=0)
    follows = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    """The first notice of the same matter, which this one continues."""
    emergency = models.ForeignKey(Emergency, null=True, on_delete=models.PROTECT, related_name="notices")
    """The one-shot warning that it brings; it tells no findings then."""
    trial = models.ForeignKey("trials.Trial", null=True, on_delete=models.PROTECT, related_name="+")
    """The trial in which it takes part. Nobody outside the team is told so."""
    arm = models.PositiveSmallIntegerField(null=True)
    """What the lot gave it there."""
    ended_by = models.CharField(max_length=254, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=1000, blank=True)
    findings = models.ManyToManyField("findings.Finding", through="NoticeFinding", related_name="notices")

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"]),
            models.Index(fields=["organization", "-id"]),
            models.Index(fields=["due_at", "id"], name="notices_in_order_of_deadline"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(deadline="", sent_at__isnull=False),
                name="notices_by_deadline",
            ),
            models.Index(fields=["id"], condition=models.Q(deadline="missed"), name="notices_that_nobody_answered"),
            models.Index(
                fields=["emergency", "id"], condition=models.Q(emergency__isnull=False), name="notices_of_emergencies"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class NoticeFinding(models.Model):
    """A finding as it stood when the notice was made: what is said of it never changes."""

    class What(models.TextChoices):
        """As what the notice speaks of it."""

        NEW = "new", _("new")
        WORSE = "worse", _("worse than before")
        BACK = "back", _("back")
        STILL = "still", _("still there")
        GONE = "gone", _("gone")

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="lines")
    finding = models.ForeignKey("findings.Finding", on_delete=models.PROTECT, related_name="notice_lines")
    severity = models.CharField(max_length=8)
    severity_rank = models.PositiveSmallIntegerField()
    told_severity = models.CharField(max_length=8, blank=True, default="")
    """As how grave it was told before; empty: it was not."""
    what = models.CharField(max_length=8, choices=What.choices, default=What.NEW)
    type = models.CharField(max_length=64)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    count = models.BigIntegerField()
    ports = models.JSONField(default=list)
    because = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "finding"], name="once_in_a_notice")]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.finding_id}"


class Series(models.Model):
    """The numbers of a year's notices, given out without gap or repetition."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"TC-{self.year}-{self.last:06d}"
