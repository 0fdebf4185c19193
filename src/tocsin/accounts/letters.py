"""What mails about accounts say: short, plain text, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

if TYPE_CHECKING:
    from tocsin.accounts.models import AccountMail, User


def factor_name(factor: str) -> str:
    """Return what a way of proving oneself is called, in the language of the moment."""
    names = {
        "totp": _("an authenticator app"),
        "webauthn": _("a passkey"),
        "recovery_codes": _("recovery codes"),
        "password": _("a password"),
    }
    return names.get(factor, factor)


def compose(row: AccountMail, *, user: User, language: str, path: str) -> EmailMessage:
    """Return the message of a row. Its addresses come from the settings, never from a request."""
    with translation.override(language):
        subject, text = _said(row, user, f"{settings.TOCSIN_BASE_URL}{path}")
    message = EmailMessage()
    message["From"] = settings.TOCSIN_EMAIL_FROM
    message["To"] = formataddr((user.name, row.email)) if user.name else row.email
    message["Subject"] = subject
    message["Date"] = format_datetime(row.created_at)
    domain = parseaddr(settings.TOCSIN_EMAIL_FROM)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<account.{row.pk}.{_stamp(row.created_at)}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = language
    message.set_content(text)
    return message


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y%m%d%H%M%S}"


def _said(row: AccountMail, user: User, address: str) -> tuple[str, str]:
    """Return subject and text: what happened, between a greeting and, but for a link, what to do if it was not them."""
    words = {"name": user.shown_name, "address": address, "factor": factor_name(str(row.detail.get("factor", "")))}
    subject, text = _LETTERS[row.kind]
    return _(subject), _(text) % words


# Whole letters, not parts: a translation may order its sentences as it likes.
_LETTERS = {
    "link": (
        gettext_noop("Your link to sign in to Tocsin"),
        gettext_noop(
            "Hello %(name)s,\n\n"
            "Open this link to sign in. It works once, within one hour:\n\n%(address)s\n\n"
            "If you did not ask for it, do nothing: without the link nobody gets in.\n"
        ),
    ),
    "password-set": (
        gettext_noop("Your Tocsin password was changed"),
        gettext_noop(
            "Hello %(name)s,\n\n"
            "A new password was set for your account.\n\n"
            "If it was not you, tell your administrator at once. Your account: %(address)s\n"
        ),
    ),
    "factors-reset": (
        gettext_noop("Your second step of signing in was reset"),
        gettext_noop(
            "Hello %(name)s,\n\n"
            "An administrator removed the second step from your account; you set up a new one when you sign in.\n\n"
            "If you did not ask for it, tell your administrator at once. Your account: %(address)s\n"
        ),
    ),
    "factor-removed": (
        gettext_noop("A way to sign in to Tocsin was removed"),
        gettext_noop(
            "Hello %(name)s,\n\n"
            "This was removed from your account: %(factor)s.\n\n"
            "If it was not you, tell your administrator at once. Your account: %(address)s\n"
        ),
    ),
    "factor-added": (
        gettext_noop("A way to sign in to Tocsin was added"),
        gettext_noop(
            "Hello %(name)s,\n\n"
            "This was added to your account: %(factor)s.\n\n"
            "If it was not you, tell your administrator at once. Your account: %(address)s\n"
        ),
    ),
}
