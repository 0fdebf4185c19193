"""The words of campaigns, in the language that is active."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATES: Final[dict[str, Promise]] = {
    "silent": _("told, and silent"),
    "not-told": _("not told yet"),
    "acknowledged": _("acknowledged"),
    "fixing": _("fixing"),
    "says-fixed": _("says fixed"),
    "set-aside": _("set aside"),
    "verified": _("verified as gone"),
}
TONES: Final[dict[str, str]] = {
    "silent": "bad", "not-told": "warn", "acknowledged": "wait", "fixing": "busy", "says-fixed": "busy", "set-aside": "off", "verified": "ok",
}  # fmt: skip
"""Which colour a state has."""
WAYS: Final[dict[str, Promise]] = {
    "next-contact": _("tell the next contact"),
    "all-contacts": _("tell all contacts"),
    "head": _("tell who leads it"),
    "chat": _("tell by chat"),
    "letter": _("send an official letter"),
}
BECAUSE: Final[dict[str, Promise]] = {
    "not-told": _("no notice about it has gone out"),
    "answered": _("it was answered"),
    "resolved": _("sensors no longer see it"),
    "silenced": _("it is silenced"),
    "withdrawn": _("the notice was withdrawn"),
    "pressed-today": _("this was done within the last day"),
    "too-many-steps": _("it was pressed often enough: call them"),
}
