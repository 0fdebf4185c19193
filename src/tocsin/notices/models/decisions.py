"""Why each group does or does not hear from us."""

from __future__ import annotations

from django.db import models

from tocsin.notices.models.notices import Notice


class DecisionLog(models.Model):
    """The latest decision about a unit, with its reason; and when it is decided again though nothing happens.

    `reason` is what was decided at `at`. `rests` is what holds since: after a notice went out there is nothing new.
    """

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200)
    network = models.CharField(max_length=300, blank=True)
    """The holding that makes it theirs, where the policy groups by network; else empty."""
    type = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=32)
    rests = models.CharField(max_length=32, blank=True)
    sends = models.BooleanField()
    at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    notice = models.ForeignKey(Notice, null=True, on_delete=models.SET_NULL, related_name="+")
    thread = models.ForeignKey(Notice, null=True, on_delete=models.SET_NULL, related_name="+")
    """The first notice of this matter that went out; later ones continue it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "kind", "network"], name="one_decision")]
        indexes = [models.Index(fields=["next_at"], name="decisions_by_next")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.kind}: {self.reason}"
