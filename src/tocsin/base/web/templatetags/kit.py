"""The web kit in templates: badges, times, names, sortable columns, forms, navigation."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.template.context import RequestContext
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext

from tocsin.base.web import navigation as places
from tocsin.base.web import pictures
from tocsin.base.web.words import WORDS

register = template.Library()

ICONS = {
    "bell": "M10 2a1 1 0 0 1 1 1v.6c2.6.5 4 2.6 4 5.4v3l1.6 2.4c.3.5 0 1.1-.6 1.1H4c-.6 0-.9-.6-.6-1.1L5 12V9c0-2.8 1.4-4.9 4-5.4V3a1 1 0 0 1 1-1Zm-2 15h4a2 2 0 0 1-4 0Z",
    "sun": "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 1.8v1.4M10 16.8v1.4M1.8 10h1.4M16.8 10h1.4M4.2 4.2l1 1M14.8 14.8l1 1M4.2 15.8l1-1M14.8 5.2l1-1",
    "moon": "M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z",
    "menu": "M3 5.5h14M3 10h14M3 14.5h14",
    "down": "M5 8l5 5 5-5",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return a small picture that says nothing by itself: its word stands beside it."""
    return format_html('<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="{}"/></svg>', ICONS[name])


@register.inclusion_tag("web/navigation.html", takes_context=True)
def navigation(context: RequestContext) -> dict[str, Any]:
    """Show the places this viewer may open."""
    request: HttpRequest = context["request"]
    viewer = getattr(request, "viewer", None)
    groups = places.places(request, viewer) if viewer is not None else []
    return {
        "groups": groups,
        "email": viewer.email if viewer is not None else "",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("web/help_keys.html", takes_context=True)
def help_keys(context: RequestContext) -> dict[str, Any]:
    """Show the letters that lead to the places."""
    return navigation(context)


@register.simple_tag
def severity(value: str) -> SafeString:
    """Return the badge of a severity."""
    return format_html('<span class="sev {}">{}</span>', value, WORDS.get(value, value))


@register.simple_tag
def tlp(value: str) -> SafeString:
    """Return the label of TLP 2.0 in its colours."""
    return format_html('<span class="tlp {}">{}</span>', value.rpartition(":")[2].partition("+")[0].lower(), value)


@register.simple_tag
def state(label: object, tone: str = "") -> SafeString:
    """Return the badge of a state; `tone` is ok, busy, wait, warn, bad or off."""
    return format_html('<span class="state {}">{}</span>', tone, label)


@register.simple_tag(takes_context=True)
def column(context: RequestContext, key: str, label: str) -> SafeString:
    """Return what stands in the heading of a column that sorts: a link; `ordering` in the context says how it is now."""
    ordering = str(context.get("ordering", ""))
    down = ordering == f"-{key}"
    query = context["request"].GET.copy()
    query.pop("after", None)
    query["sort"] = key if down or (ordering != key and context.get("first_up")) else f"-{key}"
    return format_html('<a href="?{}">{}</a>', query.urlencode(), label)


@register.simple_tag(takes_context=True)
def falling(context: RequestContext, key: str, label: str) -> SafeString:
    """Return the heading of a column that sorts one way only: the largest first."""
    query = context["request"].GET.copy()
    query.pop("after", None)
    query["sort"] = f"-{key}"
    return format_html('<a href="?{}">{}</a>', query.urlencode(), label)


@register.simple_tag(takes_context=True)
def sorted_as(context: RequestContext, key: str) -> SafeString | str:
    """Return the aria-sort attribute of a column's heading, or nothing."""
    ordering = str(context.get("ordering", ""))
    if ordering.lstrip("-") != key:
        return ""
    return format_html(' aria-sort="{}"', "descending" if ordering.startswith("-") else "ascending")


@register.filter
def named(organization: Any) -> str:
    """Return an organization's name in the reader's language."""
    return str(organization.name_in(get_language() or "vi"))


@register.filter
def when(value: date | datetime | None, now: datetime | None = None) -> SafeString | str:
    """Return an instant as people say it, `in 3 h` or `2 days ago`, the exact one in <time>; a day likewise."""
    if value is None:
        return "–"
    now = now or timezone.now()
    return _time(value, relative(instant(value), now), now)


@register.filter
def at(value: date | datetime | None) -> SafeString | str:
    """Return the exact instant in the reader's form, in <time>; how long ago in its title."""
    if value is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', _iso(value), relative(instant(value), timezone.now()), exact(value)
    )


@register.filter
def due(value: datetime | None) -> SafeString | str:
    """Return a deadline as `in 3 h`, marked when it has passed."""
    if value is None:
        return "–"
    now = timezone.now()
    text = _time(value, relative(instant(value), now), now)
    return format_html('<span class="late">{}</span>', text) if instant(value) < now else text


def _time(value: date | datetime, said: str, now: datetime) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', _iso(value), exact(value), said)


def _iso(value: date | datetime) -> str:
    return timezone.localtime(value).isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()


def exact(value: date | datetime) -> str:
    """Return the exact instant or day in the reader's form."""
    if isinstance(value, datetime):
        return str(formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT"))
    return str(formats.date_format(value, "SHORT_DATE_FORMAT"))


def instant(value: date | datetime) -> datetime:
    """Return the instant of a day's end, or the instant itself."""
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time.max, tzinfo=timezone.get_current_timezone()).astimezone(UTC)


def relative(value: datetime, now: datetime) -> str:
    """Return the distance in the largest unit that says enough: `in 3 h`, `12 min ago`, `2 days ago`."""
    distance = value - now
    ahead, seconds = distance > timedelta(0), abs(distance.total_seconds())
    if seconds < 60:
        return gettext("in less than a minute") if ahead else gettext("just now")
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes < 90:
        return (gettext("in %(n)s min") if ahead else gettext("%(n)s min ago")) % {"n": minutes}
    if hours < 36:
        return (gettext("in %(n)s h") if ahead else gettext("%(n)s h ago")) % {"n": hours}
    if days < 60:
        text = (
            ngettext("in %(n)s day", "in %(n)s days", days)
            if ahead
            else ngettext("%(n)s day ago", "%(n)s days ago", days)
        )
        return text % {"n": days}  # fmt: skip
    months = days // 30
    if months < 24:
        text = (
            ngettext("in %(n)s month", "in %(n)s months", months)
            if ahead
            else ngettext("%(n)s month ago", "%(n)s months ago", months)
        )
        return text % {"n": months}  # fmt: skip
    years = days // 365
    text = (
        ngettext("in %(n)s year", "in %(n)s years", years)
        if ahead
        else ngettext("%(n)s year ago", "%(n)s years ago", years)
    )
    return text % {"n": years}  # fmt: skip


@register.filter
def figure(value: float | None) -> str:
    """Return a number with the reader's separators: 1.284 or 1,284."""
    if value is None:
        return "–"
    return str(formats.number_format(value, force_grouping=True))


@register.filter
def is_check(field: BoundField) -> bool:
    """Return whether a field is one box to tick, whose label stands after it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def span(first: datetime, last: datetime) -> SafeString:
    """Return when something was seen, as a line on the last 90 days."""
    title = gettext("seen from %(first)s to %(last)s") % {"first": exact(first), "last": exact(last)}
    return pictures.span(first, last, timezone.now(), title)


@register.simple_tag(takes_context=True)
def hidden_filters(context: RequestContext, *names: str) -> SafeString:
    """Return hidden fields that keep the filters of the address, except those named: the form shows these itself."""
    query = context["request"].GET
    return format_html_join(
        "",
        '<input type="hidden" name="{}" value="{}">',
        ((name, value) for name in query if name not in {*names, "after"} for value in query.getlist(name)),
    )


@register.simple_tag
def flow(values: list[int], title: str) -> SafeString:
    """Return the stream of the loop."""
    return pictures.flow(values, title)


@register.filter
def tile_word(tone: str) -> str:
    """Return what a tile of this tone says."""
    return str(WORDS[f"tile-{tone}"])


@register.filter
def step_word(step: str) -> str:
    """Return the name of a figure of the loop."""
    return capfirst(str(WORDS.get(f"step-{step}", WORDS.get(step, step))))


@register.simple_tag
def dot(severity: str) -> SafeString:
    """Return a mark of a severity with its word for those who do not see colours."""
    return format_html(
        '<span class="dot {0}" title="{1}"><span class="hidden">{1}</span></span>',
        severity,
        WORDS.get(severity, severity),
    )


@register.filter
def plainly(value: object) -> object:
    """Return a value of an event for reading: instants in the reader's form, lists with commas, the rest as it is."""
    if isinstance(value, datetime | date):
        return at(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
