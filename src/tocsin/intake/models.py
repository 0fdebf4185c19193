"""Arrivals, batches, rejects, the unattributed queue, the memory of duplicates."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7


class Batch(models.Model):
    """Some arrivals that went through stops two to four together, or a second look at what came before.

    rows == events + duplicates + rejects, in each batch and so over all of them.
    """

    class Kind(models.TextChoices):
        """What made it."""

        INTAKE = "intake", _("reports came in")
        REPLAY = "replay", _("rejects parsed again")
        REATTRIBUTION = "reattribution", _("events attributed again")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.INTAKE)
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
    replayed = models.BigIntegerField(default=0)
    """Rejects that a later batch took over; they are no longer among its rows."""
    changed = models.BigIntegerField(default=0)
    """Events that a re-attribution gave another owner or reason; they stay rows of the batch they came in with."""
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


class HoldingsSnapshot(models.Model):
    """Who held what when some events were attributed: what differs from today says which of them to look at again."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    content = models.BinaryField()
    """Lines of tocsin.intake.rules.holdings, compressed with zlib."""

    def __str__(self) -> str:
        return self.sha256


class EventFile(models.Model):
    """A file of events that counts because this row names it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="event_files")
    path = models.CharField(max_length=300, unique=True)
    rows = models.BigIntegerField()
    size = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    holdings = models.ForeignKey(HoldingsSnapshot, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["last_seen"])]

    def __str__(self) -> str:
        return self.path


class RejectCount(models.Model):
    """How many rows of a file were rejected for a reason. The rows themselves are in the batch's rejects.ndjson."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="reject_counts")
    arrival = models.ForeignKey(Arrival, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=1000)
    file_sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=64, db_index=True)
    n = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["batch", "reason"])]

    def __str__(self) -> str:
        return f"{self.file_name} {self.reason} {self.n}"


class Reject(models.Model):
    """A row that became no event: the first ones of each file and reason. `RejectCount` says how many there are."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=1000)
    file_sha256 = models.CharField(max_length=64)
    row = models.BigIntegerField()
    reason = models.CharField(max_length=64, db_index=True)
    detail = models.TextField()
    raw = models.TextField()

    def __str__(self) -> str:
        return f"{self.file_name}:{self.row} {self.reason}"


class Dismissal(models.Model):
    """A range, name or AS that is none of our business: what nobody holds in it is left out of the queue."""

    value = models.CharField(max_length=253, unique=True)
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.value} ({self.reason})"


class UnattributedGroup(models.Model):
    """What nobody holds, by the place it stands in: a /24 or /48, a registered domain, an AS."""

    value = models.CharField(primary_key=True, max_length=253)
    how = models.CharField(max_length=8)
    """network, domain, asn or other"""
    asn = models.BigIntegerField(null=True)
    n_events = models.BigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    dismissal = models.ForeignKey(Dismissal, null=True, on_delete=models.SET_NULL, related_name="groups")

    class Meta:
        indexes = [
            models.Index(fields=["dismissal", "-n_events", "value"]),
            models.Index(fields=["dismissal", "-last_seen", "value"]),
            models.Index(fields=["asn"]),
        ]

    def __str__(self) -> str:
        return self.value


class Unattributed(models.Model):
    """What nobody in the constituency holds, waiting for an analyst."""

    asset = models.CharField(max_length=2000)
    kind = models.CharField(max_length=200)
    place = models.CharField(max_length=253, default="other", db_index=True)
    """The `value` of its UnattributedGroup."""
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
