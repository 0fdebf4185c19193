"""How people are reached, by API, a module a noun."""

from tocsin.reach.api.drills import drills
from tocsin.reach.api.endpoints import endpoints
from tocsin.reach.api.holdings import holding_claims
from tocsin.reach.api.proposals import proposals
from tocsin.reach.api.reachability import reachability
from tocsin.reach.api.registrations import registrations

__all__ = ["drills", "endpoints", "holding_claims", "proposals", "reachability", "registrations"]
