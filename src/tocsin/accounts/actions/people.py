"""Add, change, close and reopen the accounts of people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from tocsin.accounts.actions import mail, sessions
from tocsin.accounts.models import AccountMail, SignInLink, User
from tocsin.base import dialect
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Role, Viewer


class UserExists(Exception):
    """Somebody with this address is there already."""


class LastAdministrator(Exception):
    """Nobody would be left who may administer the installation."""


@transaction.atomic
def add_user(*, email: str, role: Role, actor: Viewer, now: datetime, name: str = "", language: str = "") -> User:
    """Add a person. Raise UserExists, NotAllowed."""
    _administers(actor)
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise UserExists(email)
    user = User.objects.create_user(email, role=role.value, name=name, language=language, created_at=now)
    audit.record(
        actor=actor, action="user-added", object_kind="user", object_id=email, now=now, detail={"role": role.value}
    )
    return user


@transaction.atomic
def change_user(
    *,
    user: User,
    actor: Viewer,
    now: datetime,
    role: Role | None = None,
    name: str | None = None,
    language: str | None = None,
    must_have_factor: bool | None = None,
) -> bool:
    """Change what is given; return whether anything changed. Raise LastAdministrator, NotAllowed."""
    _administers(actor)
    held = _held(user)
    given = {"name": name, "language": language, "must_have_factor": must_have_factor}
    wanted: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if role is not None:
        wanted["role"] = role.value
    changes = {field: value for field, value in wanted.items() if getattr(held, field) != value}
    if not changes:
        return False
    if changes.get("role", Role.ADMINISTRATOR.value) != Role.ADMINISTRATOR.value:
        _somebody_else_administers(held)
    before = {field: getattr(held, field) for field in changes}
    for field, value in changes.items():
        setattr(held, field, value)
        setattr(user, field, value)
    held.save(update_fields=list(changes))
    said = {"changed": changes, "before": before}
    audit.record(actor=actor, action="user-changed", object_kind="user", object_id=held.email, now=now, detail=said)
    return True


@transaction.atomic
def deactivate(*, user: User, actor: Viewer, now: datetime) -> bool:
    """Close an account: its sessions and unused links end now; return False if it was closed. Raise LastAdministrator."""
    _administers(actor)
    held = _held(user)
    if not held.is_active:
        return False
    _somebody_else_administers(held)
    held.is_active = user.is_active = False
    held.save(update_fields=["is_active"])
    SignInLink.objects.filter(user=held, used_at=None).delete()
    n = sessions.end_sessions(user=held)
    said = {"sessions": n}
    audit.record(actor=actor, action="user-deactivated", object_kind="user", object_id=held.email, now=now, detail=said)
    return True


@transaction.atomic
def activate(*, user: User, actor: Viewer, now: datetime) -> bool:
    """Reopen an account; return False if it was open."""
    _administers(actor)
    held = _held(user)
    if held.is_active:
        return False
    held.is_active = user.is_active = True
    held.save(update_fields=["is_active"])
    audit.record(actor=actor, action="user-activated", object_kind="user", object_id=held.email, now=now)
    return True


@transaction.atomic
def reset_factors(*, user: User, actor: Viewer, now: datetime) -> int:
    """Remove the second factors and ties to a provider of somebody who lost them; their sessions end. Return how many."""
    _administers(actor)
    held = _held(user)
    n = Authenticator.objects.filter(user=held).exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    n += SocialAccount.objects.filter(user=held).count()
    Authenticator.objects.filter(user=held).delete()
    SocialAccount.objects.filter(user=held).delete()
    sessions.end_sessions(user=held)
    mail.tell(user=held, kind=AccountMail.Kind.FACTORS_RESET, now=now)
    audit.record(
        actor=actor, action="factors-reset", object_kind="user", object_id=held.email, now=now, detail={"factors": n}
    )
    return n


@transaction.atomic
def describe_oneself(*, user: User, name: str, now: datetime) -> None:
    """Let a person say what they are called."""
    if user.name == name:
        return
    user.name = name
    user.save(update_fields=["name"])
    actor = Viewer(user.pk, user.email, Role(user.role))
    audit.record(
        actor=actor, action="user-changed", object_kind="user", object_id=user.email, now=now, detail={"changed": {"name": name}}
    )  # fmt: skip


def choose_language(*, user: User, language: str) -> None:
    """Remember the language a person chose for the screen and for mail about their account."""
    if user.language != language:
        user.language = language
        user.save(update_fields=["language"])


def _administers(actor: Viewer) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed("only administrators change who may sign in")


def _held(user: User) -> User:
    """Return the row as it is now. Changes come one after the other: two administrators cannot remove each other."""
    dialect.hold_until_commit("people")
    return User.objects.get(pk=user.pk)


def _somebody_else_administers(user: User) -> None:
    if user.role != Role.ADMINISTRATOR.value or not user.is_active:
        return
    if not User.objects.filter(role=Role.ADMINISTRATOR.value, is_active=True).exclude(pk=user.pk).exists():
        raise LastAdministrator(f"{user.email} is the last administrator")
