"""States of notices and deliveries as badges."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from tocsin.base.web.templatetags.kit import state
from tocsin.base.web.words import WORDS
from tocsin.notices import words
from tocsin.notices.escalation import Step
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


@register.filter
def step_word(what: str) -> str:
    """Return in words whom a step of an escalation tells, or by which way."""
    return words.told(what)


@register.simple_tag
def emergency_state(emergency: Emergency) -> SafeString:
    """Return the state of a warning to many in words and tone."""
    return state(emergency.get_state_display(), {"draft": "wait", "sent": "ok", "dropped": "off"}[emergency.state])


@register.simple_tag
def emergency_title(emergency: Emergency) -> str:
    """Return the title of a warning to many in the page's language."""
    return emergency.texts.get(get_language() or "vi", emergency.texts["vi"])[0]


@register.simple_tag
def step_after(step: Step) -> str:
    """Return how long after a notice went out a step of a plan is due."""
    return words.after(step.after, step.unit)
