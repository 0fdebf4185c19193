"""Warnings by API, a module a noun."""

from tocsin.notices.api.deliveries import decisions, deliveries
from tocsin.notices.api.emergencies import emergencies
from tocsin.notices.api.following import calendars, duty, escalations
from tocsin.notices.api.notices import notices
from tocsin.notices.api.policies import claims, own_routes, own_rules, policies, silences

__all__ = [
    "calendars",
    "claims",
    "decisions",
    "deliveries",
    "duty",
    "emergencies",
    "escalations",
    "notices",
    "own_routes",
    "own_rules",
    "policies",
    "silences",
]
