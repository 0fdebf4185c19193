"""Organizations by API, a module a noun."""

from tocsin.constituency.api import facts as facts
from tocsin.constituency.api import successions as successions
from tocsin.constituency.api.files import constituency
from tocsin.constituency.api.ignored import ignored
from tocsin.constituency.api.organizations import organizations

__all__ = ["constituency", "ignored", "organizations"]
