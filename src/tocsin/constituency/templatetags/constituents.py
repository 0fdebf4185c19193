"""Template filters: sectors, roles and days of the constituency in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.utils.translation import gettext as _

from tocsin.base.web.templatetags.kit import exact
from tocsin.constituency import words

register = template.Library()


@register.filter
def sector(value: str) -> str:
    """Return a sector in the reader's language; one nobody named, as it is."""
    return str(words.SECTORS.get(value, value))


@register.filter
def criticality(level: str) -> str:
    """Return what the badge of a criticality says."""
    return _("criticality: %(level)s") % {"level": level}


@register.filter
def roles(value: list[str]) -> str:
    """Return roles in the reader's language."""
    return ", ".join(str(words.ROLES.get(role, role)) for role in value)


@register.filter
def days(row: Any) -> str:
    """Return from when to when a row holds, or nothing when it always does."""
    return stretch(row.valid_from, row.valid_to)


def stretch(since: date | None, until: date | None) -> str:
    """Return a stretch of days as people say it; nothing when it has no ends."""
    if since is None and until is None:
        return ""
    if until is None:
        return _("from %(since)s") % {"since": exact(since)}  # type: ignore[arg-type]
    if since is None:
        return _("until %(until)s") % {"until": exact(until)}
    return _("%(since)s – %(until)s") % {"since": exact(since), "until": exact(until)}
