"""Template filters for words of the trade."""

from __future__ import annotations

from django import template

from tocsin.base.web.words import WORDS

register = template.Library()


@register.filter
def word(value: str) -> str:
    """Return a machine word in the reader's language; an unknown one as it is."""
    return str(WORDS.get(value, value))


@register.filter
def because(value: str) -> str:
    """Return the rule that decided an owner, its first word in the reader's language: `network 192.0.2.0/24`."""
    rule, space, rest = value.partition(" ")
    return f"{word(rule)}{space}{rest}"
