"""Words of collecting in templates: why nothing came, how a feed does, and the open alarms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from tocsin.base.web.templatetags.kit import state
from tocsin.intake import queries
from tocsin.intake.models import Feed
from tocsin.intake.words import ALARMS, STATES, WAYS, WHY

register = template.Library()
WORKER_SILENT = timedelta(minutes=2)
TONES = {"running": "busy", "done": "ok", "failed": "bad", "stopped": "wait", "lost": "warn"}


@register.filter
def why(reason: str) -> str:
    """Return what a reason means, as a sentence."""
    return str(WHY.get(reason, reason))


@register.filter
def way(name: str) -> str:
    """Return what a way in is called."""
    return str(WAYS.get(name, name))


@register.filter
def alarm_title(kind: str) -> str:
    """Return what an alarm says."""
    return str(ALARMS.get(kind, kind))


@register.simple_tag
def visit_state(name: str) -> SafeString:
    """Return the badge of how a visit ended."""
    return state(STATES.get(name, name), TONES.get(name, ""))


@register.simple_tag
def feed_state(feed: Feed) -> SafeString:
    """Return the badge of how a feed does now."""
    if not feed.enabled:
        return state(gettext("off"), "off")
    if feed.claimed_until and feed.claimed_until > datetime.now(UTC):
        return state(gettext("being collected"), "busy")
    if feed.reason:
        return state(gettext("failing"), "bad" if feed.n_failures > 1 else "warn")
    if feed.way != "push" and feed.checked_at is None:
        return state(gettext("not collected yet"), "wait")
    return state(gettext("well"), "ok")


@register.filter
def lasts(duration: timedelta | None) -> str:
    """Return a duration in the largest unit that divides it: 90 seconds, 15 minutes, 2 days."""
    if duration is None:
        return "–"
    seconds = int(duration.total_seconds())
    if seconds and seconds % 86_400 == 0:
        return ngettext("%(n)s day", "%(n)s days", seconds // 86_400) % {"n": seconds // 86_400}
    if seconds and seconds % 3600 == 0:
        return ngettext("%(n)s hour", "%(n)s hours", seconds // 3600) % {"n": seconds // 3600}
    if seconds and seconds % 60 == 0:
        return ngettext("%(n)s minute", "%(n)s minutes", seconds // 60) % {"n": seconds // 60}
    return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}


@register.inclusion_tag("intake/alarms.html", takes_context=True)
def alarms(context: RequestContext) -> dict[str, Any]:
    """Show the open alarms, and whether the worker has fallen silent; nothing when all is well, and nothing to contacts."""
    viewer = context["request"].viewer
    beaten = queries.beaten_at(viewer, "worker")
    silent = beaten is not None and datetime.now(UTC) - beaten > WORKER_SILENT
    return {"alarms": list(queries.alarms(viewer)[:20]), "worker_silent_since": beaten if silent else None}
