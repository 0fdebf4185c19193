"""The two axes of a finding as badges: each its own, never one status."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tocsin.findings.models import Finding, Owner, Sensor

register = template.Library()

SENSOR_TONES: Final = {Sensor.GONE: "ok", Sensor.BACK: "bad", Sensor.NOT_SEEN_SINCE: "wait"}
OWNER_TONES: Final = {
    Owner.SILENT: "off",
    Owner.SEEN: "busy",
    Owner.FIXING: "busy",
    Owner.SAYS_FIXED: "ok",
    Owner.NOT_OURS: "wait",
    Owner.FALSE_POSITIVE: "wait",
    Owner.RISK_ACCEPTED: "wait",
}


@register.simple_tag
def sensor(finding: Finding) -> SafeString:
    """Return what the sensors see."""
    tone = SENSOR_TONES.get(Sensor(finding.sensor), "")
    return format_html('<span class="state {}">{}</span>', tone, finding.get_sensor_display())


@register.simple_tag
def owner(finding: Finding) -> SafeString:
    """Return what the owner says."""
    return format_html(
        '<span class="state {}">{}</span>', OWNER_TONES[Owner(finding.owner)], finding.get_owner_display()
    )


@register.filter
def is_overdue(finding: Finding) -> bool:
    """Return whether its deadline has passed and nothing stands against it."""
    return finding.is_overdue(timezone.now())
