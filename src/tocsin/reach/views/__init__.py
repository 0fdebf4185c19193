"""The pages, a module a reader: who has the link, who looks at one organization, who watches over all."""

from tocsin.reach.views.answering import answer
from tocsin.reach.views.organization import act, organization, propose
from tocsin.reach.views.registering import (
    confirm_registration,
    decide_registration,
    register,
    registered,
    registrations,
)
from tocsin.reach.views.watching import decide, drill, drills, proposals, reachability

__all__ = [
    "act",
    "answer",
    "confirm_registration",
    "decide",
    "decide_registration",
    "drill",
    "drills",
    "organization",
    "proposals",
    "propose",
    "reachability",
    "register",
    "registered",
    "registrations",
]
