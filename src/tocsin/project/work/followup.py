"""Follow every warning: what sensors do not see any more, what is due, what went silent."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from tocsin.findings import actions as findings
from tocsin.notices import actions as notices
from tocsin.project.work import now


def run(*, at: datetime | None) -> dict[str, Any]:
    """Do once all that time asks for; what was done before is not done again."""
    instant = at or now()
    verified = findings.verify(now=instant)
    reasons = Counter(notices.run(now=instant)["reasons"])
    return {
        "verified": verified.gone,
        "not_seen": verified.not_seen,
        "reminded": reasons["reminder-due"],
        "reopened": reasons["back"] + reasons["seen-again"],
    }


def verify() -> None:
    """Draw from looks that came what is not there any more."""
    findings.verify(now=now())
