"""Findings and their changes."""

from __future__ import annotations

from datetime import datetime

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
    RISK_ACCEPTED = "risk-accepted", _("risk accepted")


class Live(models.Manager["Finding"]):
    """Findings that have events. Those whose last event moved to somebody else are history, and only `every` has them."""

    def get_queryset(self) -> models.QuerySet[Finding]:
        """Leave out what moved."""
        return super().get_queryset().filter(moved_at=None)


class Finding(models.Model):
    """Something found on an asset of an organization."""

    objects = Live()
    every = models.Manager()

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
    warned_at = models.DateTimeField(null=True)
    """When its owner was first told of it: the notice had been handed over."""
    due_at = models.DateTimeField(null=True)
    """By when it is to be fixed, as the first notice that went out said."""
    answered_at = models.DateTimeField(null=True)
    """When its owner first said a word about it."""
    told_at = models.DateTimeField(null=True)
    """When a notice that carries it was last let go; null: never."""
    told_rank = models.PositiveSmallIntegerField(null=True)
    """How grave it was then; null beside `told_at`: the notice said that it is gone."""
    declined_rank = models.PositiveSmallIntegerField(null=True)
    """How grave it was when an approver said that it need not be told."""
    heard_at = models.DateTimeField(null=True)
    """When its owner last said a word about it."""
    fixing_until = models.DateTimeField(null=True)
    """The end of the day by which its owner promised to fix it."""
    sensor_at = models.DateTimeField(null=True)
    """When what sensors see last changed."""
    verified_at = models.DateTimeField(null=True)
    """When sensors had looked often enough without seeing it: the fix is verified."""
    verified_by = models.CharField(max_length=64, blank=True, default="")
    """By which rule."""
    reopened_at = models.DateTimeField(null=True)
    """When it was last seen again after it had been verified."""
    n_reopened = models.PositiveSmallIntegerField(default=0)
    exploited_at = models.DateTimeField(null=True)
    """When its weakness was known to be exploited."""
    because = models.CharField(max_length=300)
    feeds = models.JSONField(default=list)
    ports = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    related = models.JSONField(default=list)
    moved_at = models.DateTimeField(null=True)
    """When its last event was found to be somebody else's. It is kept because something refers to it, and is no finding any more."""

    class Meta:
        constraints = [
            # In this order the index also answers what a decision asks: the findings of an organization and kind.
            models.UniqueConstraint(fields=["organization", "kind", "asset"], name="one_finding"),
        ]
        indexes = [
            models.Index(fields=["-severity_rank", "-id"]),
            models.Index(fields=["organization", "-severity_rank", "-id"]),
            # text_pattern_ops: PostgreSQL finds what begins with a text from it; SQLite needs no such word.
            models.Index(fields=["asset"], name="findings_by_asset", opclasses=["text_pattern_ops"]),
            # Each filter and each order of the list has one of these; see listing.py for which is used when.
            models.Index(fields=["last_seen", "id"], name="findings_by_time"),
            models.Index(fields=["kind", "severity_rank", "id"], name="findings_by_kind"),
            # Almost all new findings are silent and seen: these two cost nothing when reports come in.
            models.Index(
                fields=["owner", "severity_rank", "id"], name="findings_by_owner", condition=~models.Q(owner="silent")
            ),
            models.Index(
                fields=["sensor", "severity_rank", "id"], name="findings_by_sensor", condition=~models.Q(sensor="seen")
            ),
            models.Index(
                fields=["due_at", "severity_rank", "id"],
                name="findings_by_deadline",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["moved_at"], condition=models.Q(moved_at__isnull=False), name="findings_moved"),
            models.Index(
                fields=["kind", "sensor"], condition=models.Q(exploited_at__isnull=False), name="findings_exploited"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.asset}"

    def is_overdue(self, now: datetime) -> bool:
        """Return whether its deadline has passed, sensors still see it, and the owner neither disowned nor fixed it."""
        settled = {Owner.NOT_OURS, Owner.FALSE_POSITIVE, Owner.SAYS_FIXED}
        return (
            self.due_at is not None and self.due_at < now and self.sensor != Sensor.GONE and self.owner not in settled
        )

    @staticmethod
    def rank(severity: str) -> int:
        """Return the order of a severity: 5 critical … 1 info."""
        return RANK[severity]


class News(models.Model):
    """Something about an organization's findings of a kind changed: whoever decides about warnings takes the row.

    Rows are only added and removed, never changed, so that nobody who writes one waits for another.
    """

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.organization_id} {self.kind}"


class Means(models.TextChoices):
    """By what means a change came."""

    SENSOR = "sensor", _("by what sensors saw")
    LINK = "link", _("by the link in the mail")
    PORTAL = "portal", _("in the portal")
    API = "api", _("by API")
    COMMAND = "command", _("by command")
    TEAM = "team", _("recorded by the team")
    TIME = "time", _("because its time was over")
    RECHECK = "recheck", _("by a re-check")


class FindingChange(models.Model):
    """A change of a finding: new, worse, another word of its owner, or what the team made of that word.

    As events change owners it is recounted, moved, or returned.
    """

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    what = models.CharField(max_length=16)
    before = models.CharField(max_length=32, blank=True)
    after = models.CharField(max_length=32, blank=True)
    by = models.CharField(max_length=254)
    means = models.CharField(max_length=16, choices=Means.choices, blank=True, default="", db_default="")
    """By what means it came; empty: written before means were."""
    reason = models.CharField(max_length=64, blank=True, default="", db_default="")
    """Why, in a word: the rule that verified, `claim-refused`, `known-exploited` and others."""
    evidence = models.JSONField(null=True)
    """What it rests on: identifiers of events, looks as `feed first-day/last-day (how many)`, hashes of files."""
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["finding", "at"])]

    def __str__(self) -> str:
        return f"{self.what} {self.before} {self.after}"

    @property
    def axis(self) -> str:
        """Return which of the axes it moved: `owner`, `severity` or `sensor`."""
        return AXES.get(self.what, "sensor")


AXES = {"owner": "owner", "overruled": "owner", "worse": "severity"}
"""The axis of a change by what it is; all others come from sensors."""


class Disowned(models.Model):
    """An asset that the team agreed is not this organization's, though what it holds says so. Its events belong to nobody.

    It holds until somebody lifts it; whoever else is to have the asset is said by what they hold.
    """

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    asset = models.CharField(max_length=2000)
    reason = models.CharField(max_length=1000)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "asset"], name="once_disowned")]

    def __str__(self) -> str:
        return f"{self.asset} is not of {self.organization_id}"


class KnownExploited(models.Model):
    """A weakness that is known to be exploited, as a list of such says."""

    cve = models.CharField(primary_key=True, max_length=20)
    name = models.CharField(max_length=300, blank=True)
    added_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    ransomware = models.BooleanField(default=False)
    source = models.CharField(max_length=64, blank=True)
    """The list that names it: the code of its feed, or nothing where a person brought it."""
    withdrawn_at = models.DateTimeField(null=True)
    """When its list named it no more: what it made graver stays so, nothing more becomes graver."""
    taken_by = models.CharField(max_length=254)
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.cve


class ExploitedList(models.Model):
    """A list of weaknesses known to be exploited, as it was read last."""

    source = models.CharField(primary_key=True, max_length=64)
    """The code of its feed; empty: people brought it."""
    name = models.CharField(max_length=1000)
    sha256 = models.CharField(max_length=64)
    released_at = models.DateTimeField(null=True)
    """As it says of itself."""
    read_at = models.DateTimeField()
    read_by = models.CharField(max_length=254)
    n_entries = models.PositiveIntegerField()
    n_new = models.PositiveIntegerField()
    n_withdrawn = models.PositiveIntegerField()
    n_raised = models.PositiveIntegerField()
    n_rejects = models.PositiveIntegerField()
    problem = models.CharField(max_length=300, blank=True)
    """Why the newest file could not be read as the list; the figures are those of the last that could."""

    def __str__(self) -> str:
        return self.source or self.name


class Permission(models.Model):
    """An organization permits that services in a range it holds are looked at again, from a day to a day."""

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    value = models.CharField(max_length=49, blank=True)
    """A range of addresses; empty: all that it holds."""
    given_by = models.CharField(max_length=200)
    """Who of the organization gave it, as the team recorded it."""
    given_on = models.DateField()
    valid_until = models.DateField()
    note = models.CharField(max_length=1000, blank=True)
    recorded_by = models.CharField(max_length=254)
    recorded_at = models.DateTimeField()
    revoked_by = models.CharField(max_length=254, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "valid_until"], name="permissions_by_end")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.value or 'all'} until {self.valid_until}"


class ReCheck(models.Model):
    """A look at one finding that somebody asked for, or the result of somebody's scanner."""

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", _("asked for")
        RUNNING = "running", _("being looked at")
        DONE = "done", _("done")

    class Result(models.TextChoices):
        """What came of it."""

        CLEAN = "clean", _("not found any more")
        STILL_THERE = "still-there", _("still there")
        COULD_NOT_TELL = "could-not-tell", _("could not be told")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="rechecks")
    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    permission = models.ForeignKey(Permission, null=True, on_delete=models.SET_NULL, related_name="+")
    """Null: somebody else's scanner looked."""
    sensor = models.CharField(max_length=64, default="built-in")
    address = models.CharField(max_length=45)
    port = models.PositiveIntegerField(null=True)
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    means = models.CharField(max_length=16)
    not_before = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    began_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=16, choices=Result.choices, blank=True)
    said = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["not_before", "id"], condition=~models.Q(state="done"), name="rechecks_to_come"),
            models.Index(fields=["organization", "asked_at"], name="rechecks_asked"),
            models.Index(fields=["began_at"], name="rechecks_begun"),
            models.Index(fields=["done_at"], name="rechecks_done"),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.state} {self.result}"


class Episode(models.Model):
    """A time in which a finding was open, from first sight to the verified fix, that ended because it came back.

    The time that has not ended so is in the finding itself. Rows are never changed: figures of a period stay.
    """

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="episodes")
    number = models.PositiveSmallIntegerField()
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=200)
    severity_rank = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=16)
    verified_at = models.DateTimeField()
    verified_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "number"], name="one_episode")]
        indexes = [models.Index(fields=["warned_at"], name="episodes_by_warning")]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.number}"


class Standing(models.Model):
    """How the findings of one organization and severity stand in the loop, as counted at `taken_at`.

    Counted by the worker, because the front page may not count a million rows; see `queries.standing`.
    """

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    severity_rank = models.PositiveSmallIntegerField()
    n_seen = models.BigIntegerField()
    n_warned = models.BigIntegerField()
    n_in_time = models.BigIntegerField()
    n_says_fixed = models.BigIntegerField()
    n_verified = models.BigIntegerField()
    n_overdue = models.BigIntegerField()
    n_open = models.BigIntegerField()
    n_unanswered = models.BigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "severity_rank"], name="one_standing")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.severity_rank}: {self.n_seen}"


class Tally(models.Model):
    """How many findings of an organization are at a word of an axis (`owner` or `sensor`), counted with `Standing`.

    The indexes on those columns cannot count: whether a finding has moved stands in the row only.
    """

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    axis = models.CharField(max_length=8)
    word = models.CharField(max_length=16)
    n = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "axis", "word"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.axis} {self.word}: {self.n}"
