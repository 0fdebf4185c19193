"""How long pages take in a large installation: `python -m tests.budgets.pages --home DIR`.

Each address is asked for several times as the administrator and as the contact of the largest organization, made by
`tests.budgets.million`. Prints the fastest and the slowest answer in milliseconds of server time, the processor's
part of it, the number of queries and the kilobytes; exit 1 when a fastest is over the budget of 100 ms (the fastest,
because what else the machine does is not the page's). `--explain` prints the plans of the slow ones.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

BUDGET_MS = 100
FILTERS = {
    "severity": ["critical", "low"],
    "kind": ["open-rdp", "accessible-http", "no-such-kind"],
    "sensor": ["seen", "gone", "back", "not-seen-since"],
    "owner": ["silent", "says-fixed", "false-positive"],
    "step": ["warned", "in_time", "says_fixed", "verified", "overdue", "unanswered", "open"],
    "name": ["0001", "org", "nobody"],
    "asset": ["20.1.", "host77", "nothing"],
    "since": ["2026-11-20", "2000-01-01"],
    "until": ["2026-09-10", "2000-01-01"],
}
NOTICES = {
    "state": ["sent", "waiting", "failed"],
    "severity": ["critical", "info"],
    "reason": ["first", "all-resolved"],
    "answer": ["fixed", "none"],
    "name": ["0001", "nobody"],
    "reference": ["TC-2026-0001", "TC-1999"],
    "since": ["2026-11-20", "2000-01-01"],
}
NOTICE_SORTS = ["-made", "made", "due", "-due"]
SORTS = ["-severity", "-last_seen", "last_seen", "-found", "found"]


def main() -> int:
    """Ask, print, judge."""
    options = argparse.ArgumentParser(prog="python -m tests.budgets.pages", description=__doc__)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--only", default="", help="a part of the addresses to ask for")
    options.add_argument("--explain", action="store_true")
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    os.environ["TOCSIN_HOME"] = str(given.home.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.project.settings")
    import django

    django.setup()
    from django.test import Client

    from tocsin.accounts.models import User
    from tocsin.project.work import findings

    findings.take_stock()  # as the worker does, from time to time
    slow = 0
    for role in ("administrator", "contact"):
        client = Client(SERVER_NAME="127.0.0.1")  # a name that the installation answers to
        client.force_login(User.objects.get(email=f"{role}@team.example"))
        for address in addresses(client, role):
            if given.only in address:
                slow += ask(client, role, address, given.times, explain=given.explain)
    print(f"{slow} over {BUDGET_MS} ms")
    return 1 if slow else 0


def addresses(client: Any, role: str) -> list[str]:
    """Return the addresses: each filter with each order, pairs of filters, deep pages, details."""
    found = ["/" if role == "administrator" else "/portal/", "/findings/", "/notices/", "/organizations/"]
    singles = [(name, value) for name, values in FILTERS.items() for value in values]
    found += [f"/findings/?{urlencode([pair, ('sort', sort)])}" for sort, pair in product(SORTS, singles)]
    told = [(name, value) for name, values in NOTICES.items() for value in values]
    found += [f"/notices/?{urlencode([pair, ('sort', sort)])}" for sort, pair in product(NOTICE_SORTS, told)]
    if role == "contact":
        return found
    found += [
        "/intake/",
        "/intake/unattributed/",
        "/sent/",
        "/preview/",
        "/decisions/",
        "/claims/",
        "/standing/",
        "/search/?q=org-0001",
        "/campaigns/",
        "/surveys/",
        "/trials/",
    ]
    found += [f"/sent/?{urlencode([pair])}" for pair in told if pair[0] in {"name", "reference"}]
    pairs = [(a, b) for a, b in product(singles, singles) if a[0] < b[0]]
    found += [f"/findings/?{urlencode(pair)}" for pair in pairs[::7]]
    for sort in SORTS:
        found += deep(client, f"/findings/?sort={sort}")
        found += deep(client, f"/findings/?sort={sort}&kind=open-rdp")
        found += deep(client, f"/findings/?sort={sort}&step=overdue&severity=high")
    return found


def deep(client: Any, address: str) -> list[str]:
    """Return the address of a page in the middle of a list: its key is that of the row at half its length."""
    from tocsin.base.web.paging import token
    from tocsin.findings.listing import ORDERS
    from tocsin.findings.models import Finding

    order = ORDERS[re.search(r"sort=([^&]*)", address)[1]]  # type: ignore[index]
    key = Finding.objects.order_by(*order.columns).values_list(*order.names)[Finding.objects.count() // 2]
    return [f"{address}&after={token(key)}"]


def ask(client: Any, role: str, address: str, times: int, *, explain: bool) -> int:
    """Ask for one address; return 1 when it is slow."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took, busy, size = [], [], 0
    for _ in range(times):
        begun, worked = time.perf_counter(), time.process_time()
        response = client.get(address)
        size = len(response.content)
        took.append((time.perf_counter() - begun) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        assert response.status_code == 200, (address, response.status_code)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    best = min(took)
    mark = "SLOW" if best > BUDGET_MS else "    "
    print(
        f"{mark} {best:7.1f} ms  {max(took):7.1f} max {min(busy):7.1f} cpu  {len(captured):3} queries  {size / 1024:6.0f} kB  {role:13} {address}"
    )
    if explain and best > BUDGET_MS:
        word = "EXPLAIN (ANALYZE)" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        for query in sorted(captured.captured_queries, key=lambda q: -float(q["time"]))[:3]:
            print(f"      {query['time']} s  {query['sql'][:1500]}")
            if query["sql"].startswith(("SELECT", "WITH")):
                with connection.cursor() as cursor:
                    cursor.execute(f"{word} {query['sql']}".replace("%", "%%"))
                    print(*("        " + " ".join(map(str, row)) for row in cursor.fetchall()), sep="\n")
    return int(best > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(main())
