"""What is remembered of signing in and out, and sessions that end."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import F

from tocsin.accounts.actions import mail
from tocsin.accounts.models import AccountMail, User
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import Role, Viewer


@transaction.atomic
def record_sign_in(*, user: User, means: list[str], address: str, now: datetime) -> None:
    """Count a visit and write down by which means it began."""
    User.objects.filter(pk=user.pk).update(n_visits=F("n_visits") + 1)
    user.refresh_from_db(fields=["n_visits"])
    said = {"means": means, "from": address}
    audit.record(actor=_self(user), action="signed-in", object_kind="user", object_id=user.email, now=now, detail=said)


@transaction.atomic
def record_failure(*, email: str, means: str, address: str, now: datetime, why: str = "") -> None:
    """Write down that somebody did not get in.

    An address nobody here has is not kept: people type passwords into the wrong box.
    """
    known = User.objects.filter(email=email.lower()).exists()
    who = email.lower() if known else "nobody"
    said = {"means": means, "from": address, **({"why": why} if why else {})}
    actor = Viewer(None, "anonymous", Role.CONTACT, frozenset())
    audit.record(actor=actor, action="sign-in-failed", object_kind="user", object_id=who, now=now, detail=said)


@transaction.atomic
def record_sign_out(*, user: User, now: datetime) -> None:
    """Write down that a person signed out."""
    audit.record(actor=_self(user), action="signed-out", object_kind="user", object_id=user.email, now=now)


@transaction.atomic
def record_factor(*, user: User, action: str, factor: str, now: datetime) -> None:
    """Write down that a person changed how they sign in, and tell them by mail."""
    kinds = {
        "factor-added": AccountMail.Kind.FACTOR_ADDED,
        "factor-removed": AccountMail.Kind.FACTOR_REMOVED,
        "password-set": AccountMail.Kind.PASSWORD_SET,
    }
    if action in kinds:
        mail.tell(user=user, kind=kinds[action], now=now, detail={"factor": factor})
    said = {"factor": factor}
    audit.record(actor=_self(user), action=action, object_kind="user", object_id=user.email, now=now, detail=said)


def end_sessions(*, user: User, but: str = "") -> int:
    """End every session of a person, perhaps but the one with this key; return how many ended."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    n = 0
    for session in UserSession.objects.filter(user=user).exclude(session_key=but):
        store().delete(session.session_key)
        session.delete()
        n += 1
    return n


@transaction.atomic
def end_other_sessions(*, user: User, but: str, now: datetime) -> int:
    """Sign a person out everywhere else; return of how many places."""
    n = end_sessions(user=user, but=but)
    said = {"sessions": n}
    audit.record(
        actor=_self(user), action="sessions-ended", object_kind="user", object_id=user.email, now=now, detail=said
    )
    return n


def touch_session(*, key: str, address: str, now: datetime) -> None:
    """Remember when and from where a session was last used."""
    UserSession.objects.filter(session_key=key).update(last_seen_at=now, ip=address)


def _self(user: User) -> Viewer:
    return Viewer(user.pk, user.email, Role(user.role))
