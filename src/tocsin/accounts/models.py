"""People and the links that sign them in."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import Role


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
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email


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
