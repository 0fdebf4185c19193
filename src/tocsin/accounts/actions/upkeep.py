"""Forget what nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from tocsin.accounts.models import AccountMail, CachedValue, SignInLink

KEPT: Final = timedelta(days=30)
"""How long spent links and sent mails stay to be asked about; what matters of them is in the audit trail."""


def forget(*, now: datetime) -> None:
    """Delete sessions and counts that are over, and links and mails that were over long ago."""
    Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    CachedValue.objects.filter(expires__lt=now).delete()
    SignInLink.objects.filter(expires_at__lt=now - KEPT).delete()
    AccountMail.objects.filter(created_at__lt=now - KEPT).exclude(state=AccountMail.State.READY).delete()
