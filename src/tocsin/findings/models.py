"""Findings and their changes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7
from tocsin.core.severity import RANK


class Sensor(models.TextChoices):
    """What sensors see."""

    SEEN = "seen", _("seen")
    NOT_SEEN_SINCE = "not-seen-since", _("not seen since")
    GONE = "gone", _("gone")
    BACK = "back", _("back")


class Owner(models.TextChoices):
    """What the owner says."""

    SILENT = "silent", _("silent")
    SEEN = "seen", _("acknowledged")
    FIXING = "fixing", _("fixing")
    SAYS_FIXED = "says-fixed", _("says fixed")
    NOT_OURS = "not-ours", _("says not ours")
    FALSE_POSITIVE = "false-positive", _("says false positive")


class Finding(models.Model):
    """Something found on an asset of an organization."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, related_name="+")
    asset = models.CharField(max_length=2000)
    kind = models.CharField(max_length=200)
    taxonomy = models.CharField(max_length=64)
    type = models.CharField(max_length=64)
    severity = models.CharField(max_length=8)
    severity_rank = models.PositiveSmallIntegerField()
    sensor = models.CharField(max_length=16, choices=Sensor.choices, default=Sensor.SEEN)
    owner = models.CharField(max_length=16, choices=Owner.choices, default=Owner.SILENT)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    count = models.BigIntegerField()
    because = models.CharField(max_length=300)
    feeds = models.JSONField(default=list)
    ports = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    related = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "asset", "kind"], name="one_finding")]
        indexes = [
            models.Index(fields=["-severity_rank", "-id"]),
            models.Index(fields=["organization", "-severity_rank", "-id"]),
            models.Index(fields=["asset"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.asset}"

    @staticmethod
    def rank(severity: str) -> int:
        """Return the order of a severity: 5 critical … 1 info."""
        return RANK[severity]


class FindingChange(models.Model):
    """A change of a finding: new, worse, or another word of its owner."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    what = models.CharField(max_length=16)
    before = models.CharField(max_length=32, blank=True)
    after = models.CharField(max_length=32, blank=True)
    by = models.CharField(max_length=254)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["finding", "at"])]

    def __str__(self) -> str:
        return f"{self.what} {self.before} {self.after}"
