"""States of notices and deliveries as badges."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.templatetags.kit import state
from tocsin.base.web.words import WORDS
from tocsin.notices.models import Emergency

register = template.Library()

TONES: Final = {
    "waiting": "wait",
    "ready": "busy",
    "sent": "ok",
    "handed-over": "ok",
    "partly-sent": "warn",
    "failed": "bad",
    "no-contact": "bad",
    "rejected": "off",
    "withdrawn": "off",
    "cancelled": "off",
    "bounced": "bad",
    "by-hand": "wait",
    "answered": "ok",
}


@register.filter
def tone(state: str) -> str:
    """Return the tone of a notice's or delivery's state."""
    return TONES.get(state, "")


@register.filter
def answer_word(answer: str | None) -> str:
    """Return an answer in words; `none` and nothing are no answer yet."""
    return str(WORDS.get(answer, answer)) if answer and answer != "none" else gettext("no answer yet")


ANSWER_TONES: Final = {
    "seen": "busy",
    "fixing": "busy",
    "fixed": "ok",
    "not-ours": "wait",
    "false-positive": "wait",
    "risk-accepted": "wait",
}


@register.filter
def answer_tone(answer: str | None) -> str:
    """Return the tone of an answer."""
    return ANSWER_TONES.get(answer or "", "off")


STEPS: Final = {
    "next-contact": _("the next contact"),
    "all-contacts": _("all contacts"),
    "same-contacts": _("the same contacts, by another way"),
    "head": _("who leads the organization"),
    "organization": _("the organization itself"),
    "duty-officer": _("the team's duty officer"),
    "email": _("by mail"),
    "chat": _("by chat"),
    "webhook": _("by webhook"),
    "letter": _("by official letter"),
}


@register.filter
def step_word(what: str) -> str:
    """Return in words whom a step of an escalation tells, or by which way."""
    return str(STEPS.get(what, what))


@register.simple_tag
def emergency_state(emergency: Emergency) -> SafeString:
    """Return the state of a warning to many in words and tone."""
    return state(emergency.get_state_display(), {"draft": "wait", "sent": "ok", "dropped": "off"}[emergency.state])


@register.simple_tag
def emergency_title(emergency: Emergency) -> str:
    """Return the title of a warning to many in the page's language."""
    return emergency.texts.get(get_language() or "vi", emergency.texts["vi"])[0]
