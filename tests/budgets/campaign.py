"""A campaign over 1,000 organizations and the figures of a month, beside a million findings: `python -m tests.budgets.campaign --home DIR`.

Prints JSON: server time of the campaign's page in milliseconds (the fastest of several), seconds of the figures, and how much both speak of.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.budgets.table import ROOT, Table, environment

MOST_MILLISECONDS = 200.0
MOST_SECONDS = 1.0
ORGANIZATIONS = 1_000
EVENTS = 14_000_000
"""In a month; the installation has more, and the figures take as long as there are findings."""


def measure(table: Table, home: Path) -> None:
    """Measure both in a process of their own."""
    command = [sys.executable, "-m", "tests.budgets.campaign", "--home", str(home)]
    told = json.loads(subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, check=True).stdout)
    table.row(f"campaign page, {told['organizations']:,} organizations, {told['findings']:,} findings", told["page_ms"], unit="ms", most=MOST_MILLISECONDS)  # fmt: skip
    table.row(f"figures of a month, {told['told']:,} told, {told['events']:,} events", told["loop_s"], unit="s")
    table.row("  for 14 million events", told["loop_s"] * EVENTS / told["events"], unit="s", most=MOST_SECONDS)


def main() -> None:
    """Open the campaign, ask, print."""
    options = argparse.ArgumentParser(prog="python -m tests.budgets.campaign", description=__doc__)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    os.environ["TOCSIN_HOME"] = str(given.home.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.project.settings")
    import django

    django.setup()
    from django.db.models import Count, Sum
    from django.test import Client

    from tocsin.accounts.models import User
    from tocsin.base.tenancy import SYSTEM
    from tocsin.campaigns import actions, queries, rules
    from tocsin.constituency.models import Organization
    from tocsin.constituency.queries import Selection
    from tocsin.findings.models import Finding
    from tocsin.reports import queries as reports

    now = datetime.now(UTC)
    kinds = Finding.objects.values_list("kind").annotate(n=Count("pk")).order_by("-n")
    kind = kinds[0][0]
    some = Selection(
        organizations=tuple(Organization.objects.order_by("pk").values_list("pk", flat=True)[:ORGANIZATIONS])
    )
    row = actions.open_campaign(wanted=actions.Wanted("x", "x", [kind], selection=some), actor=SYSTEM, now=now)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email="administrator@team.example"))
    page, loop = [], []
    for _ in range(given.times):
        began = time.perf_counter()
        assert client.get(f"/campaigns/{row.pk}/").status_code == 200
        page.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        figures = reports.loop(SYSTEM, begins_on=(now - timedelta(days=30)).date(), ends_on=now.date(), now=now)
        loop.append(time.perf_counter() - began)
    tally = rules.tally(queries.standings(SYSTEM, row, now))
    events = Finding.objects.aggregate(n=Sum("count"))["n"]
    print(json.dumps({"page_ms": min(page), "loop_s": min(loop), "organizations": tally.n, "findings": tally.n_findings, "told": figures["total"]["told"], "events": events}))  # fmt: skip


if __name__ == "__main__":
    main()
