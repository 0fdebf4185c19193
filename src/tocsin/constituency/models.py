"""Organizations and what they hold, with dates."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tocsin.base.identifiers import uuid7
from tocsin.base.texts import folded


class Dated(models.Model):
    """Something that holds from a day to a day; null is open."""

    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        abstract = True


class Organization(Dated):
    """An organization of the constituency, by its public slug."""

    id = models.CharField(primary_key=True, max_length=100)
    name_vi = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    sector = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, blank=True)
    search_fold = models.CharField(max_length=800, editable=False)

    class Meta:
        ordering = ["id"]

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the folded text beside the names."""
        self.search_fold = folded(f"{self.id} {self.name_vi} {self.name_en}")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.name_vi

    def name_in(self, language: str) -> str:
        """Return the name in a language, Vietnamese unless it is English."""
        return self.name_en if language.startswith("en") else self.name_vi


class Held(Dated):
    """Something an organization holds."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True


class Network(Held):
    """A prefix, canonical."""

    cidr = models.CharField(max_length=49, db_index=True)

    def __str__(self) -> str:
        return self.cidr


class Domain(Held):
    """A domain with all names below it."""

    name = models.CharField(max_length=253, db_index=True)

    def __str__(self) -> str:
        return self.name


class AutonomousSystem(Held):
    """An autonomous system."""

    number = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"AS{self.number}"


class Contact(Held):
    """A person or desk that is told."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField()
    phone = models.CharField(max_length=64, blank=True)
    roles = models.JSONField(default=list)
    language = models.CharField(max_length=8, blank=True)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Membership(models.Model):
    """A user who belongs to an organization and sees what is that organization's."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}"


class IgnoreRule(Dated):
    """A range, domain or AS whose events are kept but never warned of: own scanners, sinkholes."""

    value = models.CharField(max_length=253, unique=True)
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.value} ({self.reason})"


class HoldingsChange(models.Model):
    """Something about who holds what changed: intake attributes again what came in before, and removes the row."""

    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    what = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.what
