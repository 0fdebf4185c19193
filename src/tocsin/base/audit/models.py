"""The audit trail."""

from __future__ import annotations

from django.db import models


class AuditEntry(models.Model):
    """One act. `entry_hash` covers the entry and `previous_hash`, so that a removed or changed entry shows."""

    at = models.DateTimeField()
    actor_email = models.CharField(max_length=254)
    action = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=64)
    object_id = models.CharField(max_length=128)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    entry_hash = models.CharField(max_length=64, unique=True)

    class Meta:
        app_label = "audit"
        indexes = [
            models.Index(fields=["object_kind", "object_id"]),
            models.Index(fields=["object_id"]),
            models.Index(fields=["actor_email"]),
            models.Index(fields=["action"]),
            models.Index(fields=["at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_email} {self.action} {self.object_kind} {self.object_id}"
