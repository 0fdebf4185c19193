"""By which rules an organization is warned, and when it is not."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Policy(models.Model):
    """How an organization (or all) is warned of a kind (or all). The most specific one applies, whole.

    `kind` may also be the name of an RSIT type: then it is about all kinds of that type.
    """

    class Grouping(models.TextChoices):
        """What shares a notice."""

        ORGANIZATION = "organization", _("one notice for the organization")
        KIND = "kind", _("one notice for each kind")
        NETWORK = "network", _("one notice for each kind and network")

    organization = models.ForeignKey("constituency.Organization", null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200, blank=True)
    needs_approval = models.BooleanField(default=False)
    grouping = models.CharField(max_length=16, choices=Grouping.choices, default=Grouping.ORGANIZATION)
    repeat_days = models.PositiveSmallIntegerField(default=7)
    repeat_days_by = models.JSONField(default=dict)
    deadline_days = models.JSONField(default=dict)
    language = models.CharField(max_length=8, blank=True)
    tlp = models.CharField(max_length=16, default="TLP:AMBER")
    minimum_severity = models.CharField(max_length=8, default="low")
    contact_roles = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)
    changed_by = models.CharField(max_length=254, blank=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind"], name="one_policy"),
            models.UniqueConstraint(fields=["kind"], condition=models.Q(organization=None), name="one_policy_for_all"),
        ]

    def __str__(self) -> str:
        return f"policy {self.organization_id or 'all'} {self.kind or 'all'}"


class OwnRule(models.Model):
    """What an organization itself says of mail to it: how grave a thing has to be, and how often. The portal shows all."""

    class Floor(models.TextChoices):
        """From which severity on it is written to; the gravest two cannot be silenced."""

        LOW = "low", _("everything")
        MEDIUM = "medium", _("medium and above")
        HIGH = "high", _("high and critical only")

    class Rhythm(models.TextChoices):
        """How often it is written to; the gravest comes at once, what is high within a day."""

        AT_ONCE = "at-once", _("at once")
        DAILY = "daily", _("one mail a day")
        WEEKLY = "weekly", _("one mail a week")

    organization = models.OneToOneField("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    floor = models.CharField(max_length=8, choices=Floor.choices, default=Floor.LOW)
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices, default=Rhythm.AT_ONCE)
    hour = models.PositiveSmallIntegerField(default=8)
    """Of its clocks, from 0 to 23: when mail is gathered until."""
    weekday = models.PositiveSmallIntegerField(default=0)
    """0 is Monday: the day of a weekly mail."""
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.floor}"


class OwnRoute(models.Model):
    """Whom an organization itself wants told of a kind, or of an RSIT type: its contacts with these roles."""

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200)
    roles = models.JSONField(default=list)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "kind"], name="one_route_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.kind}: {', '.join(self.roles)}"


class Silence(models.Model):
    """A time in which an organization (or all) is not warned of a kind (or an RSIT type, or all)."""

    organization = models.ForeignKey("constituency.Organization", null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    until = models.DateTimeField()
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=254, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["until"], name="silences_by_end")]

    def __str__(self) -> str:
        return self.reason
