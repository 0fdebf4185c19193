"""Trials, and what the lot assigned to which arm."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7
from tocsin.trials.rules import design as rules


class Trial(models.Model):
    """A comparison of two ways of telling. What it is stands in `design`; from the registration on that never changes."""

    class State(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", _("draft")
        REGISTERED = "registered", _("registered")
        RUNNING = "running", _("running")
        ENDED = "ended", _("ended")
        REPORTED = "reported", _("reported")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    design = models.JSONField()
    seed = models.CharField(max_length=64, blank=True)
    """The secret of the lot, drawn at the registration."""
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the design and the seed's fingerprint, as registered; the audit chain has it too."""
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    registered_by = models.CharField(max_length=254, blank=True)
    registered_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=254, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=254, blank=True)
    """Who ended it before its last day; empty: nobody did."""
    stopped_because = models.CharField(max_length=1000, blank=True)
    n_looks = models.PositiveIntegerField(default=0)
    """How often somebody looked before the planned analysis."""
    interim = models.JSONField(null=True)
    """What the last of these looks saw."""
    report = models.JSONField(null=True)
    report_sha256 = models.CharField(max_length=64, blank=True)
    reported_by = models.CharField(max_length=254, blank=True)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-id"], name="trials_by_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def plan(self) -> rules.Design:
        """Return the design, read."""
        return rules.read(self.design)

    @property
    def closes_at(self) -> datetime:
        """Return when nothing enters any more: the end of its last day, where the team sits."""
        day = self.plan.ends_on + timedelta(days=1)
        return datetime.combine(day, time(), timezone.get_default_timezone())

    @property
    def analysis_at(self) -> datetime:
        """Return when the registered analysis is due: everything that entered has been followed to the horizon."""
        return (self.ended_at or self.closes_at) + timedelta(days=self.plan.horizon_days)

    @property
    def holds(self) -> bool:
        """Return whether the design is still what was registered."""
        return bool(self.sha256) and rules.digest(self.design, self.seed) == self.sha256


class Assignment(models.Model):
    """What the lot gave one unit. A unit takes part in one trial, once; the row is what holds after the lot."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="assignments")
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=200)
    network = models.CharField(max_length=300, blank=True)
    """As of the unit that was decided about: empty unless the policy groups by network."""
    arm = models.PositiveSmallIntegerField()
    lowest_rank = models.PositiveSmallIntegerField()
    """The mildest severity that was to be told."""
    at = models.DateTimeField()
    waits_until = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    """When one of its findings had become critical while it waited: it was told at once."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "kind", "network"], name="one_trial_of_a_unit")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.kind}: {self.arm}"


class Enrolled(models.Model):
    """A finding that takes part: it was there, and nobody had been told, when the lot was drawn."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="findings")
    finding = models.OneToOneField("findings.Finding", on_delete=models.PROTECT, related_name="trial")
    severity_rank = models.PositiveSmallIntegerField()
    """As it was then."""

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.finding_id}"
