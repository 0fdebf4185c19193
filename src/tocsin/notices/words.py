"""Escalation in words: who is told, by which way, after how long."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

WHOM: Final[dict[str, Promise]] = {
    "next-contact": _("the next contact"),
    "same-contacts": _("the same contacts, by another way"),
    "all-contacts": _("all contacts"),
    "head": _("who leads the organization"),
    "duty-officer": _("the team's duty officer"),
    "organization": _("the organization itself"),
}
CHANNELS: Final[dict[str, Promise]] = {
    "email": _("by mail"),
    "chat": _("by chat"),
    "webhook": _("by webhook"),
    "portal": _("in the portal"),
    "letter": _("by official letter"),
}
UNITS: Final[dict[str, Promise]] = {
    "minutes": _("minutes"),
    "hours": _("hours"),
    "days": _("days by the clock"),
    "working-hours": _("working hours"),
    "working-days": _("working days"),
}
_AFTER: Final = {
    "minutes": ngettext_lazy("after %(n)s minute", "after %(n)s minutes", "n"),
    "hours": ngettext_lazy("after %(n)s hour", "after %(n)s hours", "n"),
    "days": ngettext_lazy("after %(n)s day", "after %(n)s days", "n"),
    "working-hours": ngettext_lazy("after %(n)s working hour", "after %(n)s working hours", "n"),
    "working-days": ngettext_lazy("after %(n)s working day", "after %(n)s working days", "n"),
}
BECAUSE: Final[dict[str, Promise]] = {
    "answered": _("it was answered"),
    "resolved": _("nothing of it is there any more"),
    "silenced": _("a silence holds"),
    "withdrawn": _("the notice was withdrawn"),
    "nobody": _("there is nobody"),
    "nobody-new": _("whoever there is was told already"),
    "nobody-on-duty": _("nobody is on duty"),
    "channel-not-set-up": _("this way is not set up; the team was told instead"),
}
"""Why a step was not needed, or whom it could not tell."""


def after(amount: int, unit: str) -> str:
    """Return how long after a notice went out."""
    return str(_AFTER[unit] % {"n": amount})


def told(what: str) -> str:
    """Return whom a step tells, or by which way."""
    return str(WHOM.get(what) or CHANNELS.get(what) or what)
