"""Warnings by API, a module a noun."""

from tocsin.notices.api.deliveries import decisions, deliveries
from tocsin.notices.api.notices import notices
from tocsin.notices.api.policies import claims, policies, silences

__all__ = ["claims", "decisions", "deliveries", "notices", "policies", "silences"]
