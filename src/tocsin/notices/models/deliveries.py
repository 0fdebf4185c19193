"""How a warning goes out: mails, messages, letters, and the channels they take."""

from __future__ import annotations

from django.db import models

from tocsin.base.identifiers import uuid7
from tocsin.notices.models.notices import Notice


class Delivery(models.Model):
    """A notice on its way to one recipient. `message_id` never changes. `rules.DELIVERY_MOVES` says how its state may."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=16, default="email")
    """By which way it goes: `actions.ways`."""
    recipient = models.EmailField()
    """An e-mail address, or what names the recipient on another channel. No secret: it is shown."""
    name = models.CharField(max_length=200, blank=True)
    contact = models.ForeignKey("constituency.Contact", null=True, on_delete=models.SET_NULL, related_name="+")
    step = models.ForeignKey("EscalationStep", null=True, on_delete=models.SET_NULL, related_name="deliveries")
    """The step that made it; null: it is of those who are told first."""
    to_team = models.BooleanField(default=False)
    """It tells the team's duty officer about the notice, and is none to the organization."""
    language = models.CharField(max_length=8, default="vi")
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=16, default="ready")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True)
    response = models.TextField(blank=True)
    failure = models.CharField(max_length=32, blank=True)
    """Why it failed, in one word."""
    bounced_at = models.DateTimeField(null=True)
    """When a server that had taken it, or one behind it, said that it could not be delivered."""
    answered_at = models.DateTimeField(null=True)
    """When its recipient first answered by its link: then somebody certainly read it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel", "recipient"],
                condition=models.Q(to_team=False),
                name="never_twice_to_a_recipient",
            ),
            models.UniqueConstraint(
                fields=["step", "recipient"], condition=models.Q(to_team=True), name="once_to_an_officer"
            ),
        ]
        indexes = [models.Index(fields=["state", "next_attempt_at"])]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.recipient}"

    @property
    def known_state(self) -> str:
        """Return what is known of it: a message that its recipient answered was certainly read."""
        return "answered" if self.state == "handed-over" and self.answered_at is not None else self.state

    @property
    def addressed(self) -> str:
        """Return to whom or what it goes, as people read it."""
        return self.recipient if self.channel == "email" else self.name or self.recipient


class Message(models.Model):
    """The bytes that go out to one recipient: kept before the first attempt, the same in each."""

    delivery = models.OneToOneField(Delivery, primary_key=True, on_delete=models.CASCADE, related_name="message")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    """Compressed (zlib)."""
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sha256[:16]} ({self.size} bytes)"


class OfficialLetter(models.Model):
    """The number under which a letter is registered: given when it is made, the same on every print."""

    delivery = models.OneToOneField(Delivery, primary_key=True, on_delete=models.CASCADE, related_name="letter")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    carried_on = models.DateField(null=True)
    carried_by = models.CharField(max_length=254, blank=True)
    """Who of the team says that it was handed over by hand, and on which day."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["year", "number"], name="one_letter_a_number")]

    def __str__(self) -> str:
        return f"{self.number:02d}/{self.year}"


class Channel(models.Model):
    """A way out that does not answer: since when, what it said, when it is tried again. No row: it answers."""

    name = models.CharField(max_length=32, primary_key=True)
    down_since = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    again_at = models.DateTimeField()
    says = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.says}"
