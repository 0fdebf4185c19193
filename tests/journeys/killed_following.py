"""Lives some weeks of one silent warning, and is killed at every write on the way: run by test_killed_following.py.

A child process does the round of each instant; it kills itself at its k-th write, for k = 1, 2, … until it is
through. Then what is in the database and the outbox is printed as JSON.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.project.commands import prepare

prepare()

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402

from tocsin.base.audit.models import AuditEntry  # noqa: E402
from tocsin.notices import actions  # noqa: E402
from tocsin.notices.models import Delivery, DutyOfficer, EscalationStep, Notice  # noqa: E402
from tocsin.notices.tests import cast  # noqa: E402
from tocsin.project.work import followup  # noqa: E402

START = datetime(2026, 11, 30, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
JUMPS = [5, 32, -24, 6, 168, 1]
"""Hours between two rounds: a day ahead, a day back, a week down."""
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|RELEASE|COMMIT)", re.IGNORECASE)


def killed_at(nth: int) -> Callable[..., Any]:
    """Return what kills this process before its n-th write."""
    left = [nth]

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        if WRITES.match(sql):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, *rest)

    return look


def survive(at: datetime) -> int:
    """Do the round of an instant, killed at each of its writes in turn; return how often it was killed."""
    for nth in range(1, 200):
        connections.close_all()
        child = os.fork()
        if child == 0:
            with connection.execute_wrapper(killed_at(nth)):
                followup.run(at=at)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return nth - 1
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    raise AssertionError("it never ended")


def main() -> None:
    """Live it, and print what came of it."""
    cast.organizations("a", now=START)
    cast.contact("a", "head@a.example", roles=["head"])
    DutyOfficer.objects.create(name="Trực", email="truc@team.example")
    cast.contact("a", "binh@a.example", roles=["technical"])
    cast.found(("a", "open-rdp", "203.0.113.7", "critical"), ("a", "mirai", "203.0.113.8", "low"), at=START)
    actions.run(now=START)
    at, kills = START, []
    for hours in JUMPS:
        at += hours * HOUR
        kills.append(survive(at))
    told = Delivery.objects.order_by("pk")
    steps = EscalationStep.objects.order_by("notice_id", "number")
    json.dump(
        {
            "kills": kills,
            "notices": list(Notice.objects.order_by("pk").values_list("reason", flat=True)),
            "steps": [(s.number, s.due_at.isoformat(), s.state, s.n_told, s.deliveries.count()) for s in steps],
            "told": [(d.notice.reference, d.recipient, d.to_team, d.state, d.message_id) for d in told],
            "recorded": AuditEntry.objects.filter(action="notice-escalated").count(),
            "outbox": sorted(path.name for path in (settings.TOCSIN_HOME / "outbox").iterdir()),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
