"""Campaigns, what a person put in or left out of them, and the calls that were made for them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7


class Campaign(models.Model):
    """One weakness that is followed over all organizations it concerns. It looks at findings, and changes none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title_vi = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    purpose_vi = models.TextField(blank=True)
    purpose_en = models.TextField(blank=True)
    weaknesses = models.JSONField(default=list)
    """Kinds of findings and CVE numbers, as they were given."""
    severity_rank = models.PositiveSmallIntegerField(default=1)
    """Findings below it are left out."""
    selection = models.JSONField(default=dict)
    """Whose findings: see constituency.queries.Selection."""
    due_on = models.DateField(null=True)
    """By when all is to be done."""
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=254)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=254, blank=True)
    closed_because = models.CharField(max_length=1000, blank=True)

    def __str__(self) -> str:
        return self.title_en

    def title_in(self, language: str) -> str:
        """Return its title in a language."""
        return str(self.title_vi if language.startswith("vi") else self.title_en)

    def purpose_in(self, language: str) -> str:
        """Return its purpose in a language."""
        return str(self.purpose_vi if language.startswith("vi") else self.purpose_en)


class Choice(models.Model):
    """A person put an organization or a finding into a campaign, or left it out, whatever its rule says."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="choices")
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, null=True, related_name="+")
    finding = models.ForeignKey("findings.Finding", on_delete=models.CASCADE, null=True, related_name="+")
    included = models.BooleanField()
    because = models.CharField(max_length=1000)
    chosen_at = models.DateTimeField()
    chosen_by = models.CharField(max_length=254)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organization=None) ^ models.Q(finding=None), name="a_choice_is_of_one_thing"
            ),
            models.UniqueConstraint(fields=["campaign", "organization"], name="one_choice_an_organization"),
            models.UniqueConstraint(fields=["campaign", "finding"], name="one_choice_a_finding"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id or self.finding_id}: {'in' if self.included else 'out'}"


class TelephoneCall(models.Model):
    """Somebody of the team telephoned an organization about a campaign."""

    class Result(models.TextChoices):
        """What came of it."""

        REACHED = "reached", _("reached")
        PROMISED = "promised", _("reached, promises to fix it")
        NO_ANSWER = "no-answer", _("nobody answered")
        WRONG_NUMBER = "wrong-number", _("wrong number")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="calls")
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, related_name="+")
    to = models.CharField(max_length=300)
    """Who was called, at which number, as it was then."""
    result = models.CharField(max_length=16, choices=Result.choices)
    promised_on = models.DateField(null=True)
    note = models.CharField(max_length=1000, blank=True)
    called_at = models.DateTimeField()
    called_by = models.CharField(max_length=254)

    class Meta:
        indexes = [models.Index(fields=["campaign", "organization", "-id"], name="calls_of_a_campaign")]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.result}"
