"""States of notices and deliveries as badges."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.words import WORDS

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
