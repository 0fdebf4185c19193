"""Policies, silences, notices, deliveries, answers, and why each group does or does not hear from us."""

from tocsin.notices.models.answers import CLAIM_STATES, Answer, Claim
from tocsin.notices.models.decisions import DecisionLog
from tocsin.notices.models.deliveries import Channel, Delivery, Message, OfficialLetter
from tocsin.notices.models.emergencies import Emergency
from tocsin.notices.models.following import (
    CalendarDay,
    DutyOfficer,
    EscalationPlan,
    EscalationStep,
    PlannedStep,
    WorkCalendar,
)
from tocsin.notices.models.notices import Deadline, Notice, NoticeFinding, Series, State
from tocsin.notices.models.policies import OwnRoute, OwnRule, Policy, Silence

__all__ = [
    "CLAIM_STATES",
    "Answer",
    "CalendarDay",
    "Channel",
    "Claim",
    "Deadline",
    "DecisionLog",
    "Delivery",
    "DutyOfficer",
    "Emergency",
    "EscalationPlan",
    "EscalationStep",
    "Message",
    "Notice",
    "NoticeFinding",
    "OfficialLetter",
    "OwnRoute",
    "OwnRule",
    "PlannedStep",
    "Policy",
    "Series",
    "Silence",
    "State",
    "WorkCalendar",
]
