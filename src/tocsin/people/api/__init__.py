"""People and tokens by API, a module a noun."""

from tocsin.people.api.people import people
from tocsin.people.api.tokens import tokens

__all__ = ["people", "tokens"]
