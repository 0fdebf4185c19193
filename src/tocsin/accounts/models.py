"""People, the links that sign them in, and what signing in needs to remember."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import Role
from tocsin.base.texts import folded


class People(BaseUserManager["User"]):
    """How users are made."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """Make a user; without a password they sign in by link."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    language = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)
    n_visits = models.PositiveIntegerField(default=0)
    """How often they signed in. A second factor may be asked for from the second time on."""
    must_have_factor = models.BooleanField(default=False)
    """Whether a second factor was demanded of this person, whatever the role."""
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    search_fold = models.CharField(max_length=500, editable=False, default="")

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "email"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the folded text beside name and address."""
        self.search_fold = folded(f"{self.email} {self.name}")
        if (fields := kwargs.get("update_fields")) is not None and {"name", "email"} & set(fields):
            kwargs["update_fields"] = {*fields, "search_fold"}
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.email

    @property
    def shown_name(self) -> str:
        """Return what to call them: the name, else the address."""
        return self.name or self.email


class SignInLink(models.Model):
    """A link that signs a person in once. Only the digest of its secret is kept."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link for {self.user_id}"


class SavedView(models.Model):
    """A list as somebody likes to see it: its filters and order under a name, for that person alone."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=32)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="one_view_of_a_name")]

    def __str__(self) -> str:
        return f"{self.page}: {self.name}"


class ApiToken(models.Model):
    """A program's way in. `prefix` is shown in lists; of the secret only the digest is kept.

    `organization` is the identifier of the one organization the token sees; empty, it sees all. It is no
    foreign key because organizations are upstairs: one that does not exist has no rows to show.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    organization = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=254, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def maker(self) -> str | None:
        """Return the address of the person who made it; None is the command line."""
        return self.created_by.email if self.created_by else None


class IdempotencyKey(models.Model):
    """A request that was made with a key, and its answer: asked again, it is not done again."""

    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class SignInPolicy(models.Model):
    """What is asked of people who sign in: one row, or none while nobody changed the defaults."""

    factor_roles = models.JSONField(default=list)
    """Roles that must have a second factor."""

    def __str__(self) -> str:
        return f"second factor for {', '.join(self.factor_roles) or 'nobody'}"


class AccountMail(models.Model):
    """A mail about somebody's account that is to be sent, or was: a link asked for, a factor added.

    A link asked for a stranger's address leaves the same row as one for an address that is known: who asks sees
    no difference, not even in the time it takes.
    """

    class Kind(models.TextChoices):
        """What it says."""

        LINK = "link", "link"
        FACTOR_ADDED = "factor-added", "factor added"
        FACTOR_REMOVED = "factor-removed", "factor removed"
        FACTORS_RESET = "factors-reset", "factors reset"
        PASSWORD_SET = "password-set", "password set"

    class State(models.TextChoices):
        """What became of it."""

        READY = "ready", "ready"
        SENT = "sent", "sent"
        NOBODY = "nobody", "nobody"
        FAILED = "failed", "failed"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    email = models.EmailField()
    language = models.CharField(max_length=8)
    detail = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    n_attempts = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "not_before"])]

    def __str__(self) -> str:
        return f"{self.kind} to {self.email}: {self.state}"


class CachedValue(models.Model):
    """What rate limits count and which codes were used, shared by all processes (Django's database cache)."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_cache"

    def __str__(self) -> str:
        return self.cache_key
