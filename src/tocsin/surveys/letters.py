"""What a question looks like as a mail: plain text, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from tocsin.surveys import links
from tocsin.surveys.models import Survey, SurveyMail

TEST = "[THỬ – TEST]"


def domain() -> str:
    """Return the part of our Message-IDs after the @."""
    return parseaddr(settings.TOCSIN_EMAIL_FROM)[1].rpartition("@")[2] or "localhost"


def message_id(mail: SurveyMail) -> str:
    """Return the Message-ID of a mail, which never changes."""
    return f"<survey.{mail.pk.hex}@{domain()}>"


def compose(mail: SurveyMail, first: SurveyMail | None, *, now: datetime) -> EmailMessage:
    """Return a mail; a reminder stands in the thread of what came `first`."""
    asked = mail.asked
    subject, text = said(
        asked.survey,
        mail.language,
        step=mail.step,
        organization=asked.organization.name_in(mail.language),
        link=links.link(mail.pk, mail.created_at),
    )
    found = message(mail.recipient, mail.name, subject, text, mail.language, asked.survey.tlp, now=now)
    found["Message-ID"] = message_id(mail)
    if first is not None and first.pk != mail.pk:
        found["In-Reply-To"] = found["References"] = message_id(first)
    return found


def message(
    recipient: str, name: str, subject: str, text: str, language: str, tlp: str, *, now: datetime
) -> EmailMessage:
    """Return a mail without its Message-ID."""
    found = EmailMessage()
    found["From"] = settings.TOCSIN_EMAIL_FROM
    found["To"] = formataddr((name, recipient)) if name else recipient
    found["Subject"] = subject
    found["Date"] = format_datetime(now)
    found["Auto-Submitted"] = "auto-generated"
    found["X-Auto-Response-Suppress"] = "All"
    found["X-TLP"] = tlp
    found["Content-Language"] = language
    found.set_content(text)
    return found


def said(
    survey: Survey, language: str, *, step: str, organization: str, link: str, test: bool = False
) -> tuple[str, str]:
    """Return subject and text in a language."""
    with translation.override(language):
        words = {
            "organization": organization,
            "title": survey.title(language),
            "due": formats.date_format(timezone.localtime(survey.due_at), "SHORT_DATE_FORMAT"),
            "link": link,
        }
        if step == "after":
            opening = _(
                "we asked %(organization)s a question and have no answer yet. It was due on %(due)s; please answer now."
            )
            subject = _("Still open: %(title)s") % words
        elif step == "first":
            opening = _("we have a question to %(organization)s. Please answer by %(due)s; it takes a minute.")
            subject = _("A question to %(organization)s: %(title)s") % words
        else:
            opening = _(
                "a reminder: we asked %(organization)s a question and have no answer yet. Please answer by %(due)s."
            )
            subject = _("Reminder: %(title)s") % words
        asked = "\n".join(f"  {one.key}. {one.text(language)}" for one in survey.asked_questions)
        parts = [
            survey.tlp,
            _("Hello,"),
            opening % words,
            survey.title(language),
            survey.text(language),
            asked,
            _("Answer here, without an account:\n\n%(link)s") % words,
            _(
                "Opening the link answers nothing; you can correct your answer until the question is closed. Whoever has this link can answer for your organization: please pass it on only to who knows."
            ),
        ]
        mark = f"{TEST} " if test else ""
        # One line whatever a title holds.
        return " ".join(f"{mark}[{survey.tlp}] {subject}".split()), "\n\n".join(part for part in parts if part) + "\n"
