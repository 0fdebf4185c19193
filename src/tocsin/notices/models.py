"""Policies, silences, notices, deliveries, answers, and why each group does or does not hear from us."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tocsin.base.identifiers import uuid7


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


class State(models.TextChoices):
    """Where a notice stands."""

    WAITING = "waiting", _("waiting for approval")
    READY = "ready", _("ready to send")
    SENT = "sent", _("sent")
    PARTLY_SENT = "partly-sent", _("sent, but not to everybody")
    FAILED = "failed", _("could not be delivered")
    NO_CONTACT = "no-contact", _("nobody to tell")
    REJECTED = "rejected", _("rejected by an approver")
    WITHDRAWN = "withdrawn", _("withdrawn before it went out")


class Emergency(models.Model):
    """One warning to many organizations at once, outside of every schedule: drafted, tried on test addresses, sent once."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("draft")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("dropped")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    title_vi = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    text_vi = models.TextField()
    text_en = models.TextField()
    severity = models.CharField(max_length=8, default="critical")
    tlp = models.CharField(max_length=16, default="TLP:AMBER")
    answer_hours = models.PositiveSmallIntegerField(default=24)
    selection = models.JSONField(default=dict)
    """As `constituency.queries.Selection`."""
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    tests = models.JSONField(default=list)
    """Each address it was tried on: to, at, by, and what came of it."""
    sent_by = models.CharField(max_length=254, blank=True)
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title_vi

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        """Title and text by language."""
        return {"vi": (self.title_vi, self.text_vi), "en": (self.title_en, self.text_en)}


class Deadline(models.TextChoices):
    """What had come of a notice when its day passed."""

    KEPT = "kept", _("answered, or no longer seen")
    MISSED = "missed", _("nobody had answered")


class Notice(models.Model):
    """One warning to one organization, of one or several findings. `rules.NOTICE_MOVES` says how its state may change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices)
    reason = models.CharField(max_length=32)
    severity = models.CharField(max_length=8)
    tlp = models.CharField(max_length=16)
    language = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    approved_by = models.CharField(max_length=254, blank=True)
    approved_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    deadline = models.CharField(max_length=8, choices=Deadline.choices, blank=True, default="")
    """What had come of it when its day passed; empty: the day is to come."""
    parts = models.JSONField(default=list)
    """What it tells, a part a unit: kind, network, reason, severity, how many, and by which policy."""
    n_findings = models.PositiveIntegerField(default=0)
    follows = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    """The first notice of the same matter, which this one continues."""
    emergency = models.ForeignKey(Emergency, null=True, on_delete=models.PROTECT, related_name="notices")
    """The one-shot warning that it brings; it tells no findings then."""
    trial = models.ForeignKey("trials.Trial", null=True, on_delete=models.PROTECT, related_name="+")
    """The trial in which it takes part. Nobody outside the team is told so."""
    arm = models.PositiveSmallIntegerField(null=True)
    """What the lot gave it there."""
    ended_by = models.CharField(max_length=254, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=1000, blank=True)
    findings = models.ManyToManyField("findings.Finding", through="NoticeFinding", related_name="notices")

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"]),
            models.Index(fields=["organization", "-id"]),
            models.Index(fields=["due_at", "id"], name="notices_in_order_of_deadline"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(deadline="", sent_at__isnull=False),
                name="notices_by_deadline",
            ),
            models.Index(fields=["id"], condition=models.Q(deadline="missed"), name="notices_that_nobody_answered"),
            models.Index(
                fields=["emergency", "id"], condition=models.Q(emergency__isnull=False), name="notices_of_emergencies"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class NoticeFinding(models.Model):
    """A finding as it stood when the notice was made: what is said of it never changes."""

    class What(models.TextChoices):
        """As what the notice speaks of it."""

        NEW = "new", _("new")
        WORSE = "worse", _("worse than before")
        BACK = "back", _("back")
        STILL = "still", _("still there")
        GONE = "gone", _("gone")

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="lines")
    finding = models.ForeignKey("findings.Finding", on_delete=models.PROTECT, related_name="notice_lines")
    severity = models.CharField(max_length=8)
    severity_rank = models.PositiveSmallIntegerField()
    told_severity = models.CharField(max_length=8, blank=True, default="")
    """As how grave it was told before; empty: it was not."""
    what = models.CharField(max_length=8, choices=What.choices, default=What.NEW)
    type = models.CharField(max_length=64)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    count = models.BigIntegerField()
    ports = models.JSONField(default=list)
    because = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "finding"], name="once_in_a_notice")]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.finding_id}"


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


class Answer(models.Model):
    """What an organization answered to a notice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="answers")
    answer = models.CharField(max_length=16)
    until = models.DateField(null=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    means = models.CharField(max_length=16)
    n_findings = models.PositiveIntegerField(null=True)
    """About how many of its findings it is; null: about all."""

    class Meta:
        indexes = [models.Index(fields=["notice", "at"])]

    def __str__(self) -> str:
        return self.answer


CLAIM_STATES = {
    "asked": _("waits for the team"),
    "approved": _("agreed to by the team"),
    "refused": _("refused by the team"),
    "ended": _("ended"),
}


class Claim(models.Model):
    """An owner's claim that a finding is not theirs, a false alarm, or a risk they accept: the team settles it.

    Accepted, it counts until its end, and ends by itself.
    """

    class Ruling(models.TextChoices):
        """What the team made of it."""

        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    finding = models.ForeignKey("findings.Finding", on_delete=models.CASCADE, related_name="claims")
    answer = models.ForeignKey(Answer, null=True, on_delete=models.CASCADE, related_name="claims")
    """Null: it was said of a finding that no notice had told."""
    what = models.CharField(max_length=16)
    at = models.DateTimeField()
    asked_by = models.CharField(max_length=254, blank=True)
    note = models.TextField(blank=True)
    """Why, as the owner said."""
    until = models.DateTimeField(null=True)
    """Its end: as asked for, and once accepted as agreed; null: it has none."""
    warned_at = models.DateTimeField(null=True)
    """When it was said that it soon ends."""
    ended_at = models.DateTimeField(null=True)
    """When it ceased to count: refused, its time over, or another word of the owner."""
    ruling = models.CharField(max_length=16, choices=Ruling.choices, blank=True)
    ruled_by = models.CharField(max_length=254, blank=True)
    ruled_at = models.DateTimeField(null=True)
    ruling_note = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["ruling", "-id"], name="claims_by_ruling"),
            models.Index(fields=["until"], condition=models.Q(ruling="accepted", ended_at=None), name="claims_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.finding_id}"

    @property
    def state_said(self) -> str:
        """Return where it stands in the reader's language."""
        return str(CLAIM_STATES[self.state])

    @property
    def state(self) -> str:
        """Return where it stands: `asked`, `approved`, `refused` or `ended`."""
        if not self.ruling:
            return "asked"
        if self.ruling == self.Ruling.REFUSED:
            return "refused"
        return "ended" if self.ended_at is not None else "approved"


class DecisionLog(models.Model):
    """The latest decision about a unit, with its reason; and when it is decided again though nothing happens.

    `reason` is what was decided at `at`. `rests` is what holds since: after a notice went out there is nothing new.
    """

    organization = models.ForeignKey("constituency.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200)
    network = models.CharField(max_length=300, blank=True)
    """The holding that makes it theirs, where the policy groups by network; else empty."""
    type = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=32)
    rests = models.CharField(max_length=32, blank=True)
    sends = models.BooleanField()
    at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    notice = models.ForeignKey(Notice, null=True, on_delete=models.SET_NULL, related_name="+")
    thread = models.ForeignKey(Notice, null=True, on_delete=models.SET_NULL, related_name="+")
    """The first notice of this matter that went out; later ones continue it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "kind", "network"], name="one_decision")]
        indexes = [models.Index(fields=["next_at"], name="decisions_by_next")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.kind}: {self.reason}"


class Channel(models.Model):
    """A way out that does not answer: since when, what it said, when it is tried again. No row: it answers."""

    name = models.CharField(max_length=32, primary_key=True)
    down_since = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    again_at = models.DateTimeField()
    says = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.says}"


class Series(models.Model):
    """The numbers of a year's notices, given out without gap or repetition."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"TC-{self.year}-{self.last:06d}"
