"""Shares and days as people read them."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """Return a share between 0 and 1 as per cent; a dash when there is none."""
    return "–" if share is None else gettext("%(n)s %%") % {"n": number_format(round(100 * share, 1), 1)}


@register.filter
def days(value: float | None) -> str:
    """Return a number of days in words."""
    if value is None:
        return gettext("not reached so far")
    return ngettext("%(n)s day", "%(n)s days", round(value)) % {"n": number_format(value, 1)}
