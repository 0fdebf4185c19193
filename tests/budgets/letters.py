"""Measure warnings: 1,000 notices decided and handed to a mail server; one new event to mail beside a million findings.

`python -m tests.budgets.letters` makes its own installation (SQLite, or the DATABASE_URL that is given, which must be
empty); `--beside HOME` measures one event in an installation that `tests.budgets.million` has filled.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS, MOST_SECONDS_ONE = 10.0, 0.3
_FINDINGS_EACH = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """What it took, in seconds; how many messages the server got."""

    decide: float
    deliver: float
    messages: int

    @property
    def total(self) -> float:
        """Deciding and handing over."""
        return self.decide + self.deliver


@contextmanager
def mail_server(*, pipelining: bool = False) -> Iterator[tuple[int, list[dict[str, int]]]]:
    """Run a mail server; yield its port and a list that holds, afterwards, what it counted."""
    counted: list[dict[str, int]] = []
    command = [sys.executable, "-m", "tests.budgets.mailserver", *(["--pipelining"] if pipelining else [])]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        yield int(server.stdout.readline()), counted
        server.stdin.close()
        counted.append(json.loads(server.stdout.read()))
    finally:
        server.stdin.close()
        server.wait(10)


def measure(
    home: Path, *, notices: int = 1000, database_url: str = "", pipelining: bool = False, beside: bool = False
) -> Measured:
    """Run a process that decides and delivers; return what it measured. `beside`: one new event in a full installation."""
    with mail_server(pipelining=pipelining) as (port, counted):
        environment = dict(
            os.environ, TOCSIN_HOME=str(home), DATABASE_URL=database_url, TOCSIN_EMAIL_URL=f"smtp://127.0.0.1:{port}",
            PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        )  # fmt: skip
        command = [sys.executable, "-m", "tests.budgets.letters", "--inside", "1" if beside else str(notices)]
        output = subprocess.run(
            [*command, *(["--one"] if beside else [])], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout  # fmt: skip
    took = json.loads(output)
    assert counted[0]["messages"] == counted[0]["different"]
    return Measured(took["decide"], took["deliver"], counted[0]["messages"])


def _inside(n: int, *, one: bool) -> None:
    from tocsin.project import work

    work.prepare()
    from tocsin.notices import actions

    now = datetime.now(UTC)
    if one:
        _one_event(now)
    else:
        _installation(n, now)
    began = time.perf_counter()
    decided = actions.decide(now=now)
    between = time.perf_counter()
    delivered = actions.deliver(now=now)
    ended = time.perf_counter()
    assert decided.made == len(delivered.notices) == n, (decided.reasons, delivered)
    print(json.dumps({"decide": between - began, "deliver": ended - between}))


def _installation(n: int, now: datetime) -> None:
    """Make `n` organizations, each with one contact and findings of two kinds."""
    import polars as pl
    from django.db import transaction

    from tocsin.constituency.models import Contact, Organization
    from tocsin.findings import actions as findings
    from tocsin.pipeline import fold

    ids = [f"org-{place:05d}" for place in range(n)]
    Organization.objects.bulk_create(
        Organization(id=id_, name_vi=f"Đơn vị {id_}", name_en=f"Organization {id_}", language="vi") for id_ in ids
    )
    Contact.objects.bulk_create(
        Contact(
            organization_id=id_, name="Phòng an toàn thông tin", email=f"security@{id_}.example", roles=["security"]
        )
        for id_ in ids
    )
    kinds = [("open-rdp", "vulnerable-system", "high"), ("mirai", "infected-system", "critical")]
    rows = [
        _row(id_, f"203.0.{place % 250}.{asset}", *kinds[asset % 2], now=now)
        for place, id_ in enumerate(ids)
        for asset in range(_FINDINGS_EACH)
    ]
    frame = pl.DataFrame(rows, schema=fold.SCHEMA).sort(fold.NAME)
    with transaction.atomic():
        findings.fold(frame=frame, batch_id="letters", now=now)


def _row(organization: str, asset: str, kind: str, rsit: str, severity: str, *, now: datetime) -> dict[str, object]:
    return {
        "organization": organization, "asset": asset, "kind": kind, "severity": severity, "classification_taxonomy": "vulnerable",
        "classification_type": rsit, "first_seen": now, "last_seen": now, "count": 1, "feeds": ["letters"], "ports": [3389],
        "evidence": ["0123456789abcdef-1"], "because": "network 203.0.0.0/16", "related": [],
    }  # fmt: skip


def _one_event(now: datetime) -> None:
    """Fold one new finding of an organization that has many, while no notice of it waits."""
    import polars as pl
    from django.db import transaction

    from tocsin.findings import actions as findings
    from tocsin.findings.models import Finding
    from tocsin.notices import actions
    from tocsin.notices.models import Notice
    from tocsin.pipeline import fold

    actions.work(now=now)  # what was open before is not what is measured
    busy = Notice.objects.filter(state__in=["waiting", "no-contact"]).values("organization_id")
    organization = (
        Finding.objects.exclude(organization__in=busy).order_by("organization_id").values_list("organization_id", flat=True)[0]
    )  # fmt: skip
    row = _row(organization, f"host-{time.time_ns()}.example", "open-rdp", "vulnerable-system", "high", now=now)
    with transaction.atomic():
        findings.fold(frame=pl.DataFrame([row], schema=fold.SCHEMA), batch_id="letters", now=now)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.budgets.letters", description=__doc__)
    options.add_argument("--notices", type=int, default=1000)
    options.add_argument("--beside", type=Path, metavar="HOME", help="an installation with a million findings")
    options.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    options.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.inside:
        _inside(given.inside, one=given.one)
        return
    url = os.environ.get("DATABASE_URL", "")
    if given.beside:
        took = measure(given.beside.absolute(), database_url=url, beside=True)
        print(f"one event beside many findings: {took.decide:.3f} s + {took.deliver:.3f} s = {took.total:.3f} s")
        return
    with tempfile.TemporaryDirectory() as folder:
        took = measure(Path(folder), notices=given.notices, database_url=url)
    print(
        f"{took.messages} notices: decided in {took.decide:.2f} s, handed over in {took.deliver:.2f} s, {took.total:.2f} s"
    )


if __name__ == "__main__":
    main()
