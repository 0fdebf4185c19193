"""What calls say: short, plain text, in the contact's language. An exercise says so in its first word and its last."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from tocsin.constituency.models import Contact
from tocsin.reach import links
from tocsin.reach.models import Call, RegistrationMail

EXERCISE = "[DIỄN TẬP – EXERCISE]"
"""In both languages at once: whoever sees it over a shoulder knows too."""


def message_id(call: Call) -> str:
    """Return the Message-ID of a call, which never changes."""
    domain = parseaddr(settings.TOCSIN_EMAIL_FROM)[1].rpartition("@")[2] or "localhost"
    return f"<call.{call.pk.hex}@{domain}>"


def compose(call: Call, *, contact: Contact, now: datetime) -> EmailMessage:
    """Return the message of a call."""
    with translation.override(call.language):
        subject, text = _said(call, contact)
    message = EmailMessage()
    message["From"] = settings.TOCSIN_EMAIL_FROM
    message["To"] = formataddr((contact.name, call.email)) if contact.name else call.email
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(call)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = call.language
    message.set_content(text)
    return message


def _said(call: Call, contact: Contact) -> tuple[str, str]:
    words = {
        "organization": contact.organization.name_in(call.language),
        "name": contact.name or "–",
        "email": call.email,
        "phone": contact.phone or "–",
        "link": links.link(call.pk, call.created_at),
        "until": _day(call.created_at + links.LIVES),
    }
    if call.kind == Call.Kind.DRILL:
        ends = call.drill.ends_at if call.drill else call.created_at
        said = _(
            "THIS IS AN EXERCISE. Nothing happened to your systems.\n\n"
            "We test whether a warning to %(organization)s is read by somebody responsible, and how soon. Please open this"
            " link and press the one button there. There is nothing else to do:\n\n%(link)s\n\n"
            "The exercise ends on %(ends)s.\n\nTHIS IS AN EXERCISE.\n"
        )  # fmt: skip
        return f"{EXERCISE} " + _("Please confirm that you read this"), said % {**words, "ends": _moment(ends)}
    if call.kind == Call.Kind.VERIFY:
        said = _(
            "Hello,\n\n"
            "this address was named to us as a contact of %(organization)s: security warnings would come here.\n\n"
            "If that is right, open this link and confirm it. Before that nothing else is sent here:\n\n%(link)s\n\n"
            "If it is not, do nothing. The link works until %(until)s.\n"
        )
        return _("Is this the address for security warnings to %(organization)s?") % words, said % words
    if call.kind == Call.Kind.ENDING:
        said = _(
            "Hello,\n\n"
            "you told us that something we had warned %(organization)s of is a false alarm, or a risk you accept, and we"
            " agreed until a day. That day is less than a month away. After it we warn of it again.\n\n"
            "What it is and until when stands here:\n\n%(portal)s\n\n"
            "If it still holds, say so there once more; then a person of our team looks at it.\n"
        )  # fmt: skip
        subject = _("What we agreed to about %(organization)s ends soon") % words
        return subject, said % {**words, "portal": f"{settings.TOCSIN_BASE_URL}/portal/?show=said"}
    if call.kind == Call.Kind.KEY:
        said = _(
            "Hello,\n\n"
            "the key with which we encrypt mail to you (%(email)s) expires soon. Please give us the next one: open this"
            " link, and paste the public key or the certificate there.\n\n%(link)s\n\n"
            "The link works until %(until)s.\n"
        )  # fmt: skip
        return _("Your key expires soon: please send us the next one"), said % words
    said = _(
        "Hello,\n\n"
        "you are the contact of %(organization)s to whom we send security warnings. Twice a year we ask whether"
        " everything is still right:\n\n"
        "    name   %(name)s\n    e-mail %(email)s\n    phone  %(phone)s\n\n"
        "Open this link to confirm it, to correct it, or to say that somebody else does it now:\n\n%(link)s\n\n"
        "The link works until %(until)s. Nothing changes by opening it.\n"
    )  # fmt: skip
    return _("Are you still the contact for security warnings to %(organization)s?") % words, said % words


def _day(at: datetime) -> str:
    return str(formats.date_format(timezone.localtime(at), "SHORT_DATE_FORMAT"))


def _moment(at: datetime) -> str:
    return str(formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))


def compose_registration(row: RegistrationMail, *, now: datetime) -> EmailMessage:
    """Return the message of a step of a registration, in the applicant's language."""
    registration = row.registration
    domain = parseaddr(settings.TOCSIN_EMAIL_FROM)[1].rpartition("@")[2] or "localhost"
    with translation.override(registration.language):
        subject, text = _step_said(row)
    message = EmailMessage()
    message["From"] = settings.TOCSIN_EMAIL_FROM
    message["To"] = registration.email
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<registration.{row.pk.hex}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = registration.language
    message.set_content(text)
    return message


def _step_said(row: RegistrationMail) -> tuple[str, str]:
    registration = row.registration
    name = registration.name_vi if registration.language == "vi" else registration.name_en or registration.name_vi
    words = {
        "organization": name,
        "because": registration.decided_because or "–",
        "phone": registration.phone,
        "link": links.registration_link(registration.pk, registration.at),
        "until": _day(registration.at + links.REGISTRATION_LIVES),
    }
    if row.kind == RegistrationMail.Kind.CONFIRM:
        said = _(
            "Hello,\n\n"
            "somebody, perhaps you, asked us to send security warnings for %(organization)s to this address.\n\n"
            "If it was you, open this link and press the button there. Before that nobody looks at it:\n\n%(link)s\n\n"
            "If it was not, do nothing: it is forgotten. The link works until %(until)s.\n"
        )
        return _("Please confirm your address"), said % words
    if row.kind == RegistrationMail.Kind.RECEIVED:
        said = _(
            "Hello,\n\n"
            "your address is confirmed, and our team has the request for %(organization)s. They call you back at"
            " %(phone)s, and you get a mail with the decision.\n"
        )  # fmt: skip
        return _("We have your request for %(organization)s") % words, said % words
    if row.kind == RegistrationMail.Kind.APPROVED:
        said = _(
            "Hello,\n\n"
            "%(organization)s is looked after from now on: security warnings come to this address.\n\n"
            "The networks and domains you named are watched once it is proven that they are yours; the team tells you how.\n"
        )
        return _("%(organization)s is looked after from now on") % words, said % words
    said = _(
        "Hello,\n\nyour request for %(organization)s was refused. The reason:\n\n    %(because)s\n\n"
        "If that is a mistake, answer this mail.\n"
    )  # fmt: skip
    return _("Your request for %(organization)s was refused") % words, said % words
