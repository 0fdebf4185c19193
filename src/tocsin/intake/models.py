"""Feeds and their collections, arrivals, batches, rejects, the unattributed queue, the memory of duplicates, alarms."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7


class Way(StrEnum):
    """How a feed comes in."""

    FOLDER = "folder"
    HTTP = "http"
    IMAP = "imap"
    PUSH = "push"


class Feed(models.Model):
    """A source of reports: where it is fetched, how it is read, what is expected of it, and how it does."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    provider = models.CharField(max_length=200, blank=True)
    enabled = models.BooleanField(default=True)

    way = models.CharField(max_length=16, choices=[(way.value, way.value) for way in Way])
    address = models.CharField(max_length=1000, blank=True)
    user = models.CharField(max_length=254, blank=True)
    secret = models.TextField(blank=True)
    """Sealed (`base.sealed`); shown nowhere."""
    link_hosts = models.JSONField(default=list)
    """Hosts whose download links in mails are followed."""
    move_to = models.CharField(max_length=200, blank=True)
    """Mail folder that a message goes to once its bytes are kept."""
    interval = models.DurationField(default=timedelta(hours=1))

    format = models.CharField(max_length=64, blank=True)
    mapping = models.JSONField(null=True)
    schema = models.CharField(max_length=1000, blank=True)
    """Path or URL of Shadowserver's published schema; blank: the installation's."""
    window = models.DurationField(default=timedelta(0))
    classification_type = models.CharField(max_length=64, blank=True)
    classification_identifier = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=16, blank=True)
    accuracy = models.FloatField(null=True, validators=[MinValueValidator(0), MaxValueValidator(100)])
    tlp = models.CharField(max_length=20, blank=True)

    silent_after = models.DurationField(null=True)
    stale_after = models.DurationField(null=True)

    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=254)

    due_at = models.DateTimeField(null=True, db_index=True)
    """When it is collected next; null: it is not collected (disabled, or reports are pushed)."""
    claimed_until = models.DateTimeField(null=True)
    """Somebody collects it, unless this has passed: then that process died."""
    claimed_by = models.CharField(max_length=300, blank=True)
    """Host and number of the process that does."""
    memory = models.JSONField(default=dict)
    """What the way in remembers between two collections: validators, last UID, files seen."""
    n_failures = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=64, blank=True)
    """Why the last collection failed; empty when it did not."""
    detail = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    """When a collection last succeeded, whether or not anything had come."""
    expected_since = models.DateTimeField()
    """Since when something should come: made, or enabled again."""
    last_arrival_at = models.DateTimeField(null=True)
    newest_event_at = models.DateTimeField(null=True)
    """Latest source time among the events it gave."""
    source_changed_at = models.DateTimeField(null=True)
    """Latest Last-Modified, file time or date of mail: how old the content is where events have no time of their own."""

    def __str__(self) -> str:
        return self.code


class CollectionState(StrEnum):
    """How a collection ended."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """Told to stop, or paused because the pipeline is behind; what is left comes next time."""
    LOST = "lost"
    """Its process died; the feed is collected again."""


class Collection(models.Model):
    """One visit to a feed's source. A visit that found nothing new and did not fail leaves only `Feed.checked_at`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="collections")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=16, default=CollectionState.RUNNING.value)
    reason = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)
    n_arrivals = models.PositiveIntegerField(default=0)
    n_new = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["feed", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.started_at:%Y-%m-%d %H:%M} {self.state}"


class ReportSchema(models.Model):
    """Shadowserver's published schema as last fetched from a path or URL."""

    address = models.CharField(max_length=1000, unique=True)
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the document in use, kept with the arrivals; empty: none could be had yet."""
    n_reports = models.PositiveIntegerField(default=0)
    memory = models.JSONField(default=dict)
    changed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField()
    reason = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.address


class AlarmKind(StrEnum):
    """What an alarm is about."""

    FAILING = "feed-failing"
    SILENT = "feed-silent"
    STALE = "feed-stale"
    BEHIND = "collecting-paused-behind"
    DISK = "collecting-paused-disk"
    SET_ASIDE = "arrivals-set-aside"
    SCHEMA = "schema-not-fetched"
    ESCALATION = "escalations-missed"
    UNANSWERED = "warnings-unanswered"


class Alarm(models.Model):
    """Something that needs a person, since when, and until when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=32)
    feed = models.ForeignKey(Feed, null=True, on_delete=models.CASCADE, related_name="alarms")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    """The last arrival of a silent feed, the age of stale content."""
    reason = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["-opened_at"])]
        constraints = [
            models.UniqueConstraint(fields=["kind", "feed"], condition=Q(closed_at=None), name="one_open_alarm_a_feed"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(closed_at=None, feed=None), name="one_open_alarm_of_the_installation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.feed_id or ''}"


class Heartbeat(models.Model):
    """When a process of the installation was last well."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


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
    feed = models.ForeignKey(Feed, null=True, on_delete=models.SET_NULL, related_name="+")

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
    feed = models.ForeignKey(Feed, null=True, on_delete=models.SET_NULL, related_name="+")
    """The feed it came by first."""
    told = models.JSONField(default=dict)
    """What the person who brought it said of it, before what its feed says: the fields of `actions.reading.Told`."""
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="arrivals")
    claimed_until = models.DateTimeField(null=True)
    """The command that brought it processes it itself, unless this has passed."""
    n_attempts = models.PositiveIntegerField(default=0)
    set_aside = models.CharField(max_length=64, blank=True)
    """Why it is not processed by itself; empty: it was, or waits for it."""
    detail = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["received_at"], condition=Q(batch=None, set_aside=""), name="arrivals_pending"),
            models.Index(fields=["feed", "-received_at"]),
            # Every look asks for the few that somebody else reads: mail that came back, lists.
            models.Index(fields=["set_aside", "received_at"], name="arrivals_aside"),
        ]

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


class Look(models.Model):
    """A look of a feed at the constituency, one a day: what was there would have been reported.

    A report that arrived and names nothing is a look; a feed that was silent has none.
    """

    feed_code = models.CharField(max_length=200)
    day = models.DateField()
    began_at = models.DateTimeField()
    proves_before = models.DateTimeField()
    """What was last kept before this instant and is not reported was not there: earlier than `began_at` by the
    feed's window, within which a repeat is dropped though it was seen."""
    n_rows = models.BigIntegerField()
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+")
    arrival = models.ForeignKey(Arrival, on_delete=models.CASCADE, related_name="looks")
    names = models.CharField(max_length=300, blank=True)
    """Where the names (asset, kind) on a complete list are kept, below the data folder."""
    is_weighed = models.BooleanField(default=False)
    """Whether it was drawn from what this look does not show."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed_code", "day"], name="one_look_a_day")]
        indexes = [models.Index(fields=["is_weighed"], condition=models.Q(is_weighed=False), name="looks_to_weigh")]

    def __str__(self) -> str:
        return f"{self.feed_code} {self.day}"


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
    """A part of the memory of duplicates, of one batch or of many: a file that counts because this row names it."""

    path = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.path
