"""Keys, endpoints, calls, drills and proposals."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy

from tocsin.base.identifiers import uuid7


class ContactKey(models.Model):
    """A key or certificate that mail to a contact is encrypted to. The one added last that is valid is used."""

    class Kind(models.TextChoices):
        """Which standard it is for."""

        OPENPGP = "openpgp", "OpenPGP"
        SMIME = "smime", "S/MIME"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact = models.ForeignKey("constituency.Contact", on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    content = models.TextField()
    fingerprint = models.CharField(max_length=64)
    names = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=254)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "fingerprint"], name="a_key_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint[:16]}"


class Endpoint(models.Model):
    """A way to an organization beside mail: a chat room, or a webhook of its own program.

    `address` and `secret` are sealed; `shown` is what people see of the address.
    """

    class Channel(models.TextChoices):
        """By what it goes."""

        CHAT = "chat", pgettext_lazy("channel", "chat")
        WEBHOOK = "webhook", pgettext_lazy("channel", "webhook")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="endpoints")
    contact = models.ForeignKey("constituency.Contact", null=True, on_delete=models.CASCADE, related_name="endpoints")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    service = models.CharField(max_length=40)
    shown = models.CharField(max_length=253)
    address = models.TextField()
    secret = models.TextField(blank=True)
    secret_before = models.TextField(blank=True, default="")
    """The one before, sealed, which signs too until `secret_before_until`."""
    secret_before_until = models.DateTimeField(null=True)
    always = models.BooleanField(default=True)
    """Whether every notice goes here too; else only what an escalation sends."""
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=254)
    worked_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=500, blank=True)
    """What the other side said last."""
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "removed_at"], name="endpoints_in_use")]

    def __str__(self) -> str:
        return f"{self.service} {self.shown}"


class Drill(models.Model):
    """An unannounced call to many contacts that only asks who answers: an exercise, of no real finding."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=254)
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-begun_at"], name="drills_by_time")]

    def __str__(self) -> str:
        return self.title


class Call(models.Model):
    """A short mail that asks a contact to confirm something by its link. The address is kept as it was then."""

    class Kind(models.TextChoices):
        """What it asks."""

        CONFIRM = "confirm", pgettext_lazy("call", "is everything still right?")
        VERIFY = "verify", pgettext_lazy("call", "is this your address?")
        KEY = "key", pgettext_lazy("call", "your key expires")
        DRILL = "drill", pgettext_lazy("call", "exercise")
        ENDING = "ending", pgettext_lazy("call", "what we agreed to ends soon")

    class State(models.TextChoices):
        """What became of it."""

        READY = "ready", pgettext_lazy("call", "to be sent")
        SENT = "sent", pgettext_lazy("call", "sent")
        BOUNCED = "bounced", pgettext_lazy("call", "bounced")
        FAILED = "failed", pgettext_lazy("call", "could not be sent")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    contact = models.ForeignKey("constituency.Contact", on_delete=models.CASCADE, related_name="calls")
    drill = models.ForeignKey(Drill, null=True, on_delete=models.CASCADE, related_name="calls")
    replaces = models.ForeignKey("constituency.Contact", null=True, on_delete=models.SET_NULL, related_name="+")
    """The contact that ends once this address is confirmed: until then the one before is told."""
    email = models.EmailField()
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    n_attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=500, blank=True)
    bounced_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "not_before"], name="calls_to_send"),
            models.Index(fields=["contact", "kind", "created_at"], name="calls_of_contact"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["drill", "contact"], condition=models.Q(drill__isnull=False), name="called_once_a_drill"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.email}"


class Proposal(models.Model):
    """A change of contacts that an organization asks for: what is now, what would be, and what the team made of it."""

    class What(models.TextChoices):
        """What would happen."""

        ADD = "add", pgettext_lazy("proposal", "add a contact")
        CHANGE = "change", pgettext_lazy("proposal", "change a contact")
        END = "end", pgettext_lazy("proposal", "end a contact")

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", pgettext_lazy("proposal", "waits for the team")
        APPROVED = "approved", pgettext_lazy("proposal", "approved")
        REFUSED = "refused", pgettext_lazy("proposal", "refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey("constituency.Contact", null=True, on_delete=models.SET_NULL, related_name="+")
    what = models.CharField(max_length=8, choices=What.choices)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.CharField(max_length=1000, blank=True)
    by = models.CharField(max_length=254)
    means = models.CharField(max_length=16)
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_because = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-at"], name="proposals_by_state")]

    def __str__(self) -> str:
        return f"{self.what} {self.organization_id}"

    @property
    def differences(self) -> list[tuple[str, object, object]]:
        """Return the fields that differ: name, before, after."""
        names = dict.fromkeys((*self.before, *self.after))
        return [
            (name, self.before.get(name), self.after.get(name))
            for name in names
            if self.before.get(name) != self.after.get(name)
        ]


class HoldingClaim(models.Model):
    """A domain or network that an organization says is its own: proven by a record or a file, and approved by the team."""

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", pgettext_lazy("claim of a holding", "not proven yet")
        PROVEN = "proven", pgettext_lazy("claim of a holding", "proven, waits for the team")
        APPROVED = "approved", pgettext_lazy("claim of a holding", "approved")
        REFUSED = "refused", pgettext_lazy("claim of a holding", "refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=253)
    token = models.CharField(max_length=64)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    proven_by = models.CharField(max_length=8, blank=True)
    """`dns` or `file`; empty: not proven, or approved by hand."""
    checked_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=500, blank=True)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_because = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-at"], name="holding_claims_by_state")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.value}"


class Registration(models.Model):
    """An organization that asks by itself to be looked after: nobody's before its address is confirmed and the team approves."""

    class State(models.TextChoices):
        """Where it stands."""

        NEW = "new", pgettext_lazy("registration", "address not confirmed yet")
        ASKED = "asked", pgettext_lazy("registration", "waits for the team")
        APPROVED = "approved", pgettext_lazy("registration", "approved")
        REFUSED = "refused", pgettext_lazy("registration", "refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    language = models.CharField(max_length=8)
    name_vi = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300, blank=True)
    sector = models.CharField(max_length=64, blank=True)
    person = models.CharField(max_length=200)
    email = models.EmailField()
    phone = models.CharField(max_length=64)
    """Where the team calls back."""
    holdings = models.JSONField(default=list)
    """Pairs of kind and value that it says are its own: claims to be proven, nothing more."""
    note = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    confirmed_at = models.DateTimeField(null=True)
    organization = models.ForeignKey(
        "constituency.Organization", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_because = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-at"], name="registrations_by_state"),
            models.Index(fields=["at"], name="registrations_by_time"),
        ]

    def __str__(self) -> str:
        return self.name_vi


class RegistrationMail(models.Model):
    """A mail to whoever registers an organization: to confirm the address, that it arrived, what the team decided."""

    class Kind(models.TextChoices):
        """What it says."""

        CONFIRM = "confirm", pgettext_lazy("mail of a registration", "is this your address?")
        RECEIVED = "received", pgettext_lazy("mail of a registration", "we have it")
        APPROVED = "approved", pgettext_lazy("mail of a registration", "approved")
        REFUSED = "refused", pgettext_lazy("mail of a registration", "refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=Call.State.choices, default=Call.State.READY)
    not_before = models.DateTimeField()
    n_attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "not_before"], name="registration_mails_to_send")]
        constraints = [models.UniqueConstraint(fields=["registration", "kind"], name="said_once")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.registration_id}"
