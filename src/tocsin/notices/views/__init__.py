"""The pages, a module a reader: who keeps watch, who approves, who sets the rules, who answers."""

from tocsin.notices.views.answering import answer, kind, kinds
from tocsin.notices.views.approving import (
    approval,
    approvals,
    claims,
    decisions,
    draft,
    own_again,
    preview,
    rejection,
    retry,
    rulings,
)
from tocsin.notices.views.finding import evidence, finding
from tocsin.notices.views.following import escalations
from tocsin.notices.views.lettering import letter, letter_carried, notice_letter
from tocsin.notices.views.ruling import policies, policy, policy_removal, silence_end, silences
from tocsin.notices.views.searching import search
from tocsin.notices.views.timing import (
    calendar,
    days_removal,
    duty,
    duty_removal,
    plan,
    plan_removal,
    plans,
    week,
    week_removal,
)
from tocsin.notices.views.urging import emergencies, emergency, emergency_act, emergency_draft
from tocsin.notices.views.watching import (
    loop,
    message,
    message_html,
    notice,
    notices,
    notices_file,
    sent,
    sent_file,
    standing,
)

__all__ = [
    "answer",
    "approval",
    "approvals",
    "calendar",
    "claims",
    "days_removal",
    "decisions",
    "draft",
    "duty",
    "duty_removal",
    "emergencies",
    "emergency",
    "emergency_act",
    "emergency_draft",
    "escalations",
    "evidence",
    "finding",
    "kind",
    "kinds",
    "letter",
    "letter_carried",
    "loop",
    "message",
    "message_html",
    "notice",
    "notice_letter",
    "notices",
    "notices_file",
    "own_again",
    "plan",
    "plan_removal",
    "plans",
    "policies",
    "policy",
    "policy_removal",
    "preview",
    "rejection",
    "retry",
    "rulings",
    "search",
    "sent",
    "sent_file",
    "silence_end",
    "silences",
    "standing",
    "week",
    "week_removal",
]
