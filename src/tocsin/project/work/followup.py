"""Follow every warning: what sensors do not see any more, what is due, what went silent."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as findings
from tocsin.intake import queries as arrived
from tocsin.intake.actions import watching
from tocsin.notices import actions as notices
from tocsin.project.work import now
from tocsin.surveys import actions as surveys
from tocsin.trials import actions as trials


def run(*, at: datetime | None) -> dict[str, Any]:
    """Do once all that time asks for; what was done before is not done again."""
    instant = at or now()
    notices.pass_on(now=instant)
    verified = findings.verify(now=instant)
    claims = notices.end_claims(now=instant)
    trials.close(now=instant)
    reasons = Counter(notices.run(now=instant)["reasons"])
    escalated, expired = _press_on(instant)
    watching.look(now=instant)
    chased = _ask_and_chase(instant)
    return {
        "escalated": escalated.done,
        "reminded": reasons["reminder-due"],
        "reopened": reasons["back"] + reasons["seen-again"],
        "verified": verified.gone,
        "expired": expired,
        "alarms": arrived.alarms(SYSTEM).count(),
        "missed": escalated.missed,
        "claims_ended": len(claims.ended),
        "claims_ending": len(claims.warned),
        "not_seen": verified.not_seen,
        "chased": chased,
    }


def _press_on(instant: datetime) -> tuple[notices.Escalated, int]:
    notices.reach_later(now=instant)
    expired = notices.expire(now=instant)
    escalated = notices.escalate(now=instant)
    notices.deliver(now=instant)
    notices.look(now=instant)
    return escalated, expired


def _ask_and_chase(instant: datetime) -> int:
    """Remind whoever is silent of a survey, hand its mails over; return how many were reminded."""
    chased = len(surveys.chase(now=instant))
    surveys.send_mails(now=instant)
    return chased


def work() -> None:
    """Do what the rounds of the worker do not: days that passed, steps that are due, alarms about both."""
    notices.pass_on(now=now())
    notices.end_claims(now=now())
    trials.close(now=now())
    _press_on(now())
    _ask_and_chase(now())


def verify() -> None:
    """Draw from looks that came what is not there any more."""
    findings.verify(now=now())
