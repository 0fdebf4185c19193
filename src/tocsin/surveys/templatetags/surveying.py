"""How far a survey has come, as a badge."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from tocsin.base.web.templatetags.kit import state
from tocsin.surveys.models import Survey

register = template.Library()
_TONES = {"draft": "off", "tried": "wait", "sent": "busy", "closed": "ok", "dropped": "off"}


@register.simple_tag
def survey_state(survey: Survey) -> SafeString:
    """Return the state of a survey in words and tone."""
    return state(survey.get_state_display(), _TONES[survey.state])
