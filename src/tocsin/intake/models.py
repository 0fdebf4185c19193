"""Arrivals, batches, rejects, the unattributed queue, the memory of duplicates."""

from __future__ import annotations

from django.db import models

from tocsin.base.identifiers import uuid7


class Batch(models.Model):
    """Some arrivals that went through stops two to four together."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    rows = models.BigIntegerField()
    events = models.BigIntegerField()
    duplicates = models.BigIntegerField()
    rejects = models.BigIntegerField()
    attributed = models.BigIntegerField()
    unattributed = models.BigIntegerField()
    ignored = models.BigIntegerField()
    findings = models.BigIntegerField()
    seconds = models.FloatField()
    files = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-finished_at"])]

    def __str__(self) -> str:
        return f"batch {self.id}"

    @property
    def folder(self) -> str:
        """Where its files are, below the data folder."""
        return f"batches/{self.id}"


class Arrival(models.Model):
    """Bytes that arrived, by their SHA-256."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=1000)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    received_at = models.DateTimeField()
    times_received = models.PositiveIntegerField(default=1)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="arrivals")

    def __str__(self) -> str:
        return self.name


class Reject(models.Model):
    """A row that became no event."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=1000)
    file_sha256 = models.CharField(max_length=64)
    row = models.BigIntegerField()
    reason = models.CharField(max_length=64, db_index=True)
    detail = models.TextField()
    raw = models.TextField()

    def __str__(self) -> str:
        return f"{self.file_name}:{self.row} {self.reason}"


class Unattributed(models.Model):
    """What nobody in the constituency holds, waiting for an analyst."""

    asset = models.CharField(max_length=2000)
    kind = models.CharField(max_length=200)
    address = models.CharField(max_length=45, blank=True)
    asn = models.BigIntegerField(null=True)
    n_events = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "kind"], name="one_unattributed")]

    def __str__(self) -> str:
        return f"{self.asset} {self.kind}"


class Segment(models.Model):
    """A part of the memory of duplicates: a file that counts because this row names it."""

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, related_name="segment")
    path = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.path
