"""Template filters: fields of a contact, and times, in the reader's language."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

from tocsin.constituency.words import FIELDS, ROLES

register = template.Library()


@register.filter
def field_name(name: str) -> str:
    """Return what a field of a contact is called."""
    return str(FIELDS.get(name, name))


@register.filter
def shown(value: object) -> str:
    """Return the value of a field as people read it."""
    if isinstance(value, list | tuple):
        return ", ".join(str(ROLES.get(str(role), role)) for role in value) or "–"
    return str(value) if value else "–"


@register.filter
def took(value: timedelta | None) -> str:
    """Return how long something took, in the largest fitting unit."""
    if value is None:
        return "–"
    minutes = int(value.total_seconds() // 60)
    if minutes < 120:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)s h") % {"n": minutes // 60}
    return _("%(n)s days") % {"n": minutes // (24 * 60)}
