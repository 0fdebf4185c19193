"""Figures that were frozen."""

from __future__ import annotations

from django.db import models

from tocsin.base.identifiers import uuid7


class Snapshot(models.Model):
    """The figures of a period as they were when they were taken. A row is never changed; a correction is another row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    begins_on = models.DateField()
    ends_on = models.DateField()
    """The last day, included."""
    as_of = models.DateTimeField()
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=254)
    figures = models.JSONField()
    sha256 = models.CharField(max_length=64)
    """Of the figures in canonical JSON (RFC 8785 in its simplest form: sorted keys, no spaces)."""
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")
    reason = models.CharField(max_length=1000, blank=True)
    """Why it corrects another."""

    class Meta:
        indexes = [models.Index(fields=["begins_on", "ends_on"])]

    def __str__(self) -> str:
        return f"{self.begins_on} to {self.ends_on}"
