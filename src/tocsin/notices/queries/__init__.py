"""Read notices for a viewer."""

from tocsin.notices.queries.answers import CLAIM_STATES, answers, claims, lines_of
from tocsin.notices.queries.decisions import decisions, resting, type_of
from tocsin.notices.queries.deliveries import (
    channels,
    deliveries,
    deliveries_by_state,
    delivery_of_link,
    listed_deliveries,
    shown_deliveries,
)
from tocsin.notices.queries.emergencies import emergencies
from tocsin.notices.queries.explaining import explain
from tocsin.notices.queries.following import (
    Applied,
    Following,
    calendar_days,
    calendar_rows,
    coming_steps,
    duty_officers,
    following,
    missed_steps,
    next_step,
    overdue_steps,
    plan_rows,
    steps,
)
from tocsin.notices.queries.notices import TRIED, by_state, listed, notices
from tocsin.notices.queries.policies import Policies, Silences, own_routes, own_rules, policies, policy_rows, silences
from tocsin.notices.queries.said import next_reminder, said

__all__ = [
    "CLAIM_STATES",
    "TRIED",
    "Applied",
    "Following",
    "Policies",
    "Silences",
    "answers",
    "by_state",
    "calendar_days",
    "calendar_rows",
    "channels",
    "claims",
    "coming_steps",
    "decisions",
    "deliveries",
    "deliveries_by_state",
    "delivery_of_link",
    "duty_officers",
    "emergencies",
    "explain",
    "following",
    "lines_of",
    "listed",
    "listed_deliveries",
    "missed_steps",
    "next_reminder",
    "next_step",
    "notices",
    "overdue_steps",
    "own_routes",
    "own_rules",
    "plan_rows",
    "policies",
    "policy_rows",
    "resting",
    "said",
    "shown_deliveries",
    "silences",
    "steps",
    "type_of",
]
