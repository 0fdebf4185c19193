"""What is done about warnings, a module a verb: decide, approve, deliver, answer, and how to warn."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count

from tocsin.base.tenancy import SYSTEM, Viewer
from tocsin.notices import queries
from tocsin.notices.actions.answering import (
    WORDS,
    BadAnswer,
    NotAnswerable,
    answer,
    answer_findings,
)
from tocsin.notices.actions.approving import (
    NoReason,
    NotFailed,
    NotWaiting,
    approve,
    approve_all,
    reject,
    reject_all,
    retry,
)
from tocsin.notices.actions.bouncing import Learnt, learn_bounces, read_bounces
from tocsin.notices.actions.claiming import WARNED_BEFORE, AlreadyRuled, BadRuling, Ended, end_claims, rule, rule_all
from tocsin.notices.actions.deciding import decide
from tocsin.notices.actions.delivering import deliver
from tocsin.notices.actions.emergencies import (
    BadEmergency,
    NobodySelected,
    NotADraft,
    NotTested,
    reach_later,
)
from tocsin.notices.actions.escalating import Escalated, NothingMissed, escalate, note
from tocsin.notices.actions.lettering import LetterExists, NoLetter, NotYet, document, note_carried, order_letter
from tocsin.notices.actions.minding import at_the_end, expire, look
from tocsin.notices.actions.planning import Plan
from tocsin.notices.actions.policies import (
    AlreadyLifted,
    BadPolicy,
    BadSilence,
    NoSuchOrganization,
    Wanted,
    lift,
    remove_policy,
    set_own_route,
    set_own_rule,
    set_policy,
    silence,
)
from tocsin.notices.actions.pressing import BadWay, Pressed, press
from tocsin.notices.actions.succeeding import pass_on
from tocsin.notices.actions.ways import compose
from tocsin.notices.actions.weighing import Decided
from tocsin.notices.models import DecisionLog, State

__all__ = [
    "WARNED_BEFORE",
    "WORDS",
    "AlreadyLifted",
    "AlreadyRuled",
    "BadAnswer",
    "BadEmergency",
    "BadPolicy",
    "BadRuling",
    "BadSilence",
    "BadWay",
    "Decided",
    "Ended",
    "Escalated",
    "Learnt",
    "LetterExists",
    "NoLetter",
    "NoReason",
    "NoSuchOrganization",
    "NobodySelected",
    "NotADraft",
    "NotAnswerable",
    "NotFailed",
    "NotTested",
    "NotWaiting",
    "NotYet",
    "NothingMissed",
    "Plan",
    "Pressed",
    "Wanted",
    "answer",
    "answer_findings",
    "approve",
    "approve_all",
    "at_the_end",
    "compose",
    "decide",
    "deliver",
    "document",
    "end_claims",
    "escalate",
    "expire",
    "learn_bounces",
    "lift",
    "look",
    "note",
    "note_carried",
    "order_letter",
    "pass_on",
    "press",
    "reach_later",
    "read_bounces",
    "reject",
    "reject_all",
    "remove_policy",
    "retry",
    "rule",
    "rule_all",
    "run",
    "set_own_route",
    "set_own_rule",
    "set_policy",
    "silence",
    "work",
]


def work(*, now: datetime) -> bool:
    """Do what is due, and no more; return whether there was anything. Costs next to nothing when there was not."""
    decided = decide(now=now)
    delivered = deliver(now=now)
    return bool(decided.reasons or delivered.notices or delivered.failed)


def run(*, now: datetime, actor: Viewer = SYSTEM, dry_run: bool = False, everything: bool = False) -> dict[str, Any]:
    """Decide what changed or is due (or everything), then deliver what is ready. Return the figures the command prints.

    The figures speak of every organization and kind: what nothing happened to counts with the decision it rests on.
    """
    resting = Counter(dict(DecisionLog.objects.order_by().values_list("rests").annotate(n=Count("pk"))))
    decided = decide(now=now, dry_run=dry_run, everything=everything)
    reasons = resting - decided.rested + decided.reasons
    delivered = None if dry_run else deliver(now=now)
    return {
        "decided": reasons.total(),
        "sent": len(delivered.notices) if delivered else 0,
        "waiting": queries.notices(actor, state=State.WAITING.value).count(),
        "failed": delivered.failed if delivered else 0,
        "reasons": dict(sorted(reasons.items())),
    }
