"""What people type: the rules of warning, a warning to many, who is told next and who works when."""

from tocsin.notices.forms.ruling import PolicyForm, SilenceForm, filled
from tocsin.notices.forms.timing import DaysForm, OfficerForm, PlanForm, WeekForm, step_forms, typed, week_of
from tocsin.notices.forms.urging import EmergencyForm

__all__ = [
    "DaysForm",
    "EmergencyForm",
    "OfficerForm",
    "PlanForm",
    "PolicyForm",
    "SilenceForm",
    "WeekForm",
    "filled",
    "step_forms",
    "typed",
    "week_of",
]
