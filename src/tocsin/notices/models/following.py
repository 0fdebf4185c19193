"""Pressing on: plans, steps, calendars and who is on duty."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7
from tocsin.notices.models.notices import Notice


class EscalationPlan(models.Model):
    """Who is told next while nobody answers, by severity: of one organization, or of all. No row: what is shipped holds.

    The plan for an organization replaces the general one for that severity, whole.
    """

    organization = models.ForeignKey("constituency.Organization", null=True, on_delete=models.CASCADE, related_name="+")
    severity = models.CharField(max_length=8)
    in_working_time = models.BooleanField(default=True)
    """Whether steps wait for working time; the gravest usually do not."""
    grace_minutes = models.PositiveIntegerField(default=60)
    """How much later than its instant a step may be done before it counts as missed."""
    note = models.CharField(max_length=300, blank=True)
    changed_by = models.CharField(max_length=254)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "severity"], name="one_plan"),
            models.UniqueConstraint(
                fields=["severity"], condition=models.Q(organization=None), name="one_plan_for_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id or 'all'} {self.severity}"


class PlannedStep(models.Model):
    """A step of a plan: how long after the notice went out, who is told, by which channel."""

    plan = models.ForeignKey(EscalationPlan, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    after = models.PositiveIntegerField()
    unit = models.CharField(max_length=16)
    whom = models.CharField(max_length=16)
    channel = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="one_step_of_a_plan")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.after} {self.unit}: {self.whom} by {self.channel}"


class EscalationStep(models.Model):
    """A step of the plan of one notice. Its instant is computed once, when the notice goes out; only a person may say: now."""

    class State(models.TextChoices):
        """What became of it."""

        PENDING = "pending", _("to come")
        DONE = "done", _("done")
        MISSED = "missed", _("missed, and done late")
        NOBODY = "nobody", _("there was nobody to tell")
        CANCELLED = "cancelled", _("not needed any more")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    whom = models.CharField(max_length=16)
    channel = models.CharField(max_length=16)
    due_at = models.DateTimeField()
    late_after = models.DateTimeField()
    """Done later than this it was missed: the system was down, or the clock jumped."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    done_at = models.DateTimeField(null=True)
    because = models.CharField(max_length=32, blank=True)
    """Why it was not needed, or whom it could not tell, in one word."""
    n_told = models.PositiveIntegerField(default=0)
    noted_by = models.CharField(max_length=254, blank=True)
    noted_at = models.DateTimeField(null=True)
    """When somebody of the team said that they know it was missed."""
    pressed_by = models.CharField(max_length=254, blank=True)
    pressed_at = models.DateTimeField(null=True)
    """When somebody of the team said that it is to be done now."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "number"], name="one_step_of_a_notice")]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="pending"), name="steps_to_come"),
            models.Index(fields=["-done_at"], condition=models.Q(state="missed"), name="steps_missed"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.number}: {self.whom}"


class WorkCalendar(models.Model):
    """When the installation works, or one organization: reminders and steps wait for it. No row: Vietnam's usual week."""

    organization = models.OneToOneField(
        "constituency.Organization", null=True, on_delete=models.CASCADE, related_name="+"
    )
    country = models.CharField(max_length=2, blank=True)
    """ISO 3166-1: whose public holidays are not worked; empty: none are."""
    subdivision = models.CharField(max_length=8, blank=True)
    zone = models.CharField(max_length=64)
    workdays = models.JSONField(default=list)
    """0 is Monday."""
    opens = models.TimeField()
    closes = models.TimeField()
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    quiet_for = models.JSONField(default=list)
    """Severities whose first warning too waits for the end of quiet hours."""
    changed_by = models.CharField(max_length=254)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Coalesce("organization", models.Value("")), name="one_calendar_of_the_installation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id or 'all'} {self.country} {self.zone}"


class CalendarDay(models.Model):
    """Days that are worked or not whatever the law says, of one organization or of all: a storm, a make-up Saturday."""

    organization = models.ForeignKey("constituency.Organization", null=True, on_delete=models.CASCADE, related_name="+")
    first_on = models.DateField()
    last_on = models.DateField()
    works = models.BooleanField(default=False)
    name = models.CharField(max_length=200)
    added_by = models.CharField(max_length=254)
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["last_on"], name="calendar_days_by_end")]

    def __str__(self) -> str:
        return f"{self.first_on} {self.name}"


class DutyOfficer(models.Model):
    """Somebody of the team who is told of warnings that nobody answers, from an instant to an instant; null is open."""

    name = models.CharField(max_length=200)
    email = models.EmailField()
    language = models.CharField(max_length=8, default="vi")
    begins_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"
