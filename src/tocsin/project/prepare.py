"""Make an installation ready before its processes start: tables, and the invented province where it is asked for.

A process of its own, so that the launcher stays small. It prints the path that signs the demo's analyst in.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

from tocsin.project.commands import prepare


def main() -> None:
    """Prepare; with `--demo`, fill an installation that has no findings."""
    prepare()
    if "--demo" in sys.argv[1:]:
        sys.stdout.write(load_demo() + "\n")


def load_demo() -> str:
    """Fill an installation with the invented province; return the path that signs its analyst in."""
    from tocsin.accounts import actions as accounts
    from tocsin.accounts import queries as people
    from tocsin.base.tenancy import SYSTEM, Role
    from tocsin.project.work import findings

    now = datetime.now(UTC)
    if not findings.list_all(""):
        from tocsin.project.demo import story

        # The alarms of those nine days stand on the front page; the terminal is for today's.
        logging.disable(logging.WARNING)
        story.tell(now)
        logging.disable(logging.NOTSET)
    user = people.by_email(SYSTEM, "demo@team.example")
    if user is None:
        user = accounts.add_user(
            email="demo@team.example", role=Role.ADMINISTRATOR, actor=SYSTEM, now=now, name="Demo (invented)"
        )
        # One click, every time; a real installation asks its administrators for a second step.
        accounts.require_factor_of(roles=[], actor=SYSTEM, now=now)
    return f"/sign-in/{accounts.make_link(user=user, now=now)}/"


if __name__ == "__main__":
    main()
