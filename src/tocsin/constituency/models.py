"""Organizations and what they hold, with dates."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import pgettext_lazy

from tocsin.base.identifiers import uuid7
from tocsin.base.texts import folded
from tocsin.core import constituency as plain


class Dated(models.Model):
    """Something that holds from a day to a day; null is open."""

    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        abstract = True


class Criticality(models.TextChoices):
    """How much depends on an organization, as the team judges it."""

    LOW = "low", pgettext_lazy("criticality", "low")
    MEDIUM = "medium", pgettext_lazy("criticality", "medium")
    HIGH = "high", pgettext_lazy("criticality", "high")
    CRITICAL = "critical", pgettext_lazy("criticality", "critical")


class Organization(Dated):
    """An organization of the constituency, by its public slug."""

    id = models.CharField(primary_key=True, max_length=100)
    name_vi = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    sector = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, blank=True)
    criticality = models.CharField(max_length=8, blank=True, choices=Criticality.choices)
    essential = models.BooleanField(default=False)
    search_fold = models.CharField(max_length=800, editable=False)

    class Meta:
        ordering = ["id"]

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the folded text beside the names."""
        self.search_fold = self.text_to_search()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.name_vi

    def text_to_search(self) -> str:
        """Return what a search without accents looks into."""
        return folded(f"{self.id} {self.name_vi} {self.name_en}")

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

    def plain(self) -> plain.Network:
        """Return the row as a value."""
        return plain.Network(self.cidr, self.valid_from, self.valid_to)


class Domain(Held):
    """A domain with all names below it."""

    name = models.CharField(max_length=253, db_index=True)

    def __str__(self) -> str:
        return self.name

    def plain(self) -> plain.Domain:
        """Return the row as a value."""
        return plain.Domain(self.name, self.valid_from, self.valid_to)


class AutonomousSystem(Held):
    """An autonomous system."""

    number = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"AS{self.number}"

    def plain(self) -> plain.AutonomousSystem:
        """Return the row as a value."""
        return plain.AutonomousSystem(self.number, self.valid_from, self.valid_to)


class ContactState(models.TextChoices):
    """Whether a contact is told."""

    ACTIVE = "active", pgettext_lazy("contact", "reached")
    UNVERIFIED = "unverified", pgettext_lazy("contact", "not confirmed yet")
    DEAD = "dead", pgettext_lazy("contact", "address dead")


class Contact(Held):
    """A person or desk that is told, as long as `state` is active.

    What files and forms say of a contact are the fields of the plain value; the others are learnt: from bounces, from
    the contact's own word. An import or a change leaves them alone, unless the address becomes another.
    """

    LEARNT = ("state", "state_at", "state_because", "verified_at", "known_at")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField()
    phone = models.CharField(max_length=64, blank=True)
    roles = models.JSONField(default=list)
    language = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=12, choices=ContactState.choices, default=ContactState.ACTIVE)
    state_at = models.DateTimeField(null=True)
    state_because = models.CharField(max_length=300, blank=True)
    verified_at = models.DateTimeField(null=True)
    """When somebody at this address last said that all of it is right."""
    known_at = models.DateTimeField(null=True)
    """Since when we know this address."""
    must_encrypt = models.BooleanField(default=False)
    """Nothing goes to this contact in the clear: without a key to encrypt to, nothing goes at all."""

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def plain(self) -> plain.Contact:
        """Return the row as a value."""
        return plain.Contact(
            self.name, self.email, tuple(self.roles), self.phone, self.language, self.valid_from, self.valid_to
        )


class Membership(models.Model):
    """A user who belongs to an organization and sees what is that organization's, perhaps of those below it too."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    sees_children = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}"


class Fact(models.Model):
    """Something registered of an organization because it answered so, such as "runs product X"."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=200)
    survey = models.UUIDField(null=True, db_index=True)
    """The survey whose answers said so. It is no foreign key because surveys are upstairs."""
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "organization"], name="one_fact")]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.label}"


class IgnoreRule(Dated):
    """A range, domain or AS whose events are kept but never warned of: own scanners, sinkholes."""

    value = models.CharField(max_length=253, db_index=True)
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.value} ({self.reason})"

    def plain(self) -> plain.Ignored:
        """Return the row as a value."""
        return plain.Ignored(self.value, self.reason, self.valid_from, self.valid_to)


class HoldingsChange(models.Model):
    """A value that somebody began or ceased to hold on these days; intake attributes again and removes the row.

    Null days reach back, or on, for ever. Without an organization it is the ignore list that changed;
    without a value, look at everything.
    """

    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    what = models.CharField(max_length=300)
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, blank=True)
    value = models.CharField(max_length=253, blank=True)
    from_day = models.DateField(null=True)
    to_day = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.what} {self.value}"


class Succession(models.Model):
    """Organizations that gave way to others on a day: merged, split or reorganized. What they held moved as `moved` says."""

    on = models.DateField()
    reason = models.CharField(max_length=300)
    before = models.JSONField(default=list)
    """Identifiers of those that ended the day before."""
    after = models.JSONField(default=list)
    moved = models.JSONField(default=list)
    """Kind, value, from whom, to whom."""
    by = models.CharField(max_length=254)
    at = models.DateTimeField()
    carried_at = models.DateTimeField(null=True)
    """When what was open passed on; null: its day is to come."""

    def __str__(self) -> str:
        return f"{', '.join(self.before)} → {', '.join(self.after)}"
