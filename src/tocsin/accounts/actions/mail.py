"""Mail about accounts: an action leaves a row, the worker sends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.policy import SMTP
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.translation import get_supported_language_variant

from tocsin.accounts import letters
from tocsin.accounts.actions import links
from tocsin.accounts.models import AccountMail, User
from tocsin.channels.email import addresses, send

LEASE: Final = timedelta(minutes=5)
"""How long a process may take to send one before another tries."""

ATTEMPTS: Final = 5


def ask_for_link(*, email: str, language: str, now: datetime, next_path: str = "") -> None:
    """Ask for a sign-in link by mail. The row is the same whether somebody has this address or not."""
    _leave(AccountMail.Kind.LINK, email.strip().lower(), language, {"next": next_path}, now)


def tell(*, user: User, kind: AccountMail.Kind, now: datetime, detail: dict[str, Any] | None = None) -> None:
    """Tell a person by mail what was done with their account."""
    _leave(kind, user.email, user.language, detail or {}, now)


def _leave(kind: AccountMail.Kind, email: str, language: str, detail: dict[str, Any], now: datetime) -> None:
    AccountMail.objects.create(kind=kind, email=email, language=language, detail=detail, created_at=now, not_before=now)


def send_mail(*, now: datetime) -> dict[str, int]:
    """Send what waits; return how many were sent, had nobody to go to, failed for good, and will be tried again."""
    figures = {"sent": 0, "nobody": 0, "failed": 0, "later": 0}
    waiting = AccountMail.objects.filter(state=AccountMail.State.READY, not_before__lte=now)
    ids = list(waiting.order_by("id").values_list("pk", flat=True)[:200])
    if not ids:
        return figures
    try:
        way = send.opened(settings.TOCSIN_EMAIL_URL, Path(settings.TOCSIN_HOME) / "outbox")
    except send.BadUrl:
        return figures | {"later": len(ids)}
    with way:
        for id_ in ids:
            taken = waiting.filter(pk=id_).update(not_before=now + LEASE, n_attempts=F("n_attempts") + 1)
            if taken:
                row = AccountMail.objects.get(pk=id_)
                figures[_send(row, way, now)] += 1
    return figures


def _send(row: AccountMail, way: send.Server | send.Outbox, now: datetime) -> str:
    user = User.objects.filter(email=row.email, is_active=True).first()
    if user is None:
        row.state = AccountMail.State.NOBODY
        row.save(update_fields=["state"])
        return "nobody"
    language = user.language or row.language
    try:
        language = get_supported_language_variant(language)
    except LookupError:
        language = settings.LANGUAGE_CODE
    path = _link(user, row, now) if row.kind == AccountMail.Kind.LINK else reverse("account")
    message = letters.compose(row, user=user, language=language, path=path)
    try:
        sender = addresses.sender(settings.TOCSIN_EMAIL_FROM)[1]
        row.said = way.send(message.as_bytes(policy=SMTP), sender=sender, recipient=row.email)[:300]
    except (send.NotHandedOver, send.Unavailable, addresses.BadAddress) as error:
        row.said = str(error)[:300]
        # Nobody waits for a link that comes tomorrow: it is given up, whatever kept it.
        final = getattr(error, "permanent", False) or row.n_attempts >= ATTEMPTS
        row.state = AccountMail.State.FAILED if final else AccountMail.State.READY
        row.not_before = now + timedelta(minutes=2**row.n_attempts)
        row.save(update_fields=["state", "said", "not_before"])
        return "failed" if final else "later"
    row.state = AccountMail.State.SENT
    row.save(update_fields=["state", "said"])
    return "sent"


def _link(user: User, row: AccountMail, now: datetime) -> str:
    """Return the path of a new link. Its secret is in no row, only in the mail."""
    path = reverse("sign-in-by-link", args=[links.make_link(user=user, now=now, lives=links.MAILED_LINK_LIVES)])
    next_path = row.detail.get("next", "")
    return f"{path}?{urlencode({'next': next_path})}" if next_path else path
