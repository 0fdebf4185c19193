"""Fill an installation with a large, invented past: `python -m tests.budgets.million --home DIR`.

2,000 organizations, 1,000,000 findings, and what grows with them: changes, notices, answers, batches,
rejects, what nobody holds, a memory of ten times as many observations. The findings go through the product's own fold; the rest is loaded in bulk.
Two of everything people sign in as: an administrator, and a contact of the organization with the most findings.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from tests.budgets import generate

KINDS = [
    ("open-rdp", "vulnerable-system", "vulnerable", "high"),
    ("open-smb", "vulnerable-system", "vulnerable", "high"),
    ("open-telnet", "vulnerable-system", "vulnerable", "medium"),
    ("open-snmp", "ddos-amplifier", "vulnerable", "medium"),
    ("dns-open-resolver", "ddos-amplifier", "vulnerable", "medium"),
    ("ntp-version", "ddos-amplifier", "vulnerable", "medium"),
    ("open-mongodb", "information-disclosure", "vulnerable", "high"),
    ("ssl-poodle", "weak-crypto", "vulnerable", "low"),
    ("accessible-http", "other", "other", "info"),
    ("vulnerable-exchange-server", "vulnerable-system", "vulnerable", "critical"),
    ("mirai", "infected-system", "malicious-code", "high"),
    ("compromised-website", "system-compromise", "intrusions", "critical"),
    ("brute-force", "brute-force", "intrusion-attempts", "medium"),
    ("phish-url", "phishing", "fraud", "high"),
]
PART = 5_000


def main() -> None:
    """Make it, say how long each part took, and print the links that sign in."""
    options = argparse.ArgumentParser(prog="python -m tests.budgets.million", description=__doc__)
    options.add_argument("--home", type=Path, required=True, help="the data folder to fill; DATABASE_URL counts too")
    options.add_argument("--findings", type=int, default=1_000_000)
    given = options.parse_args()
    os.environ["TOCSIN_HOME"] = str(given.home.absolute())
    for name, link in fill(given.findings, datetime.now(UTC)).items():
        print(f"{name}: {link}")


def fill(n: int, now: datetime) -> dict[str, str]:
    """Fill the installation that the environment names. Return the links that sign in, by role."""
    from tocsin.project import work

    work.prepare()
    from django.db import transaction

    from tocsin.findings import actions as findings

    clock = _Clock()
    organizations = _constituency(now)
    clock.lap(f"{len(organizations):,} organizations")
    batches = _batches(now)
    clock.lap(f"{len(batches):,} batches, their arrivals and rejects")
    for part in _findings(n, organizations, now).iter_slices(n // 4):
        with transaction.atomic():
            findings.fold(frame=part.sort("organization", "asset", "kind"), batch_id=str(batches[0]), now=now)
    clock.lap(f"{n:,} findings")
    _states(now)
    clock.lap("the states of findings")
    clock.lap(f"{_notices(n, now):,} notices, deliveries and answers")
    clock.lap(f"{_unattributed(n // 5, now):,} unattributed")
    clock.lap(f"{_memory(10 * n, now):,} observations remembered")
    links = _people(organizations[0], now)
    clock.lap("people")
    return links


class _Clock:
    def __init__(self) -> None:
        self._before = time.perf_counter()

    def lap(self, what: str) -> None:
        print(f"{time.perf_counter() - self._before:7.1f} s  {what}", flush=True)
        self._before = time.perf_counter()


def _constituency(now: datetime) -> list[str]:
    from django.conf import settings

    from tocsin import roster
    from tocsin.base.tenancy import SYSTEM
    from tocsin.constituency import actions
    from tocsin.constituency.models import Contact

    read = roster.read(generate.constituency(Path(settings.TOCSIN_HOME) / "constituency.yaml"))
    actions.import_all(organizations=read.organizations, ignored=[], actor=SYSTEM, now=now)
    ids = [organization.id for organization in read.organizations]
    Contact.objects.bulk_create(
        [Contact(organization_id=id_, name="Security desk", email=f"security@{id_}.example", roles=["security"]) for id_ in ids]
    )  # fmt: skip
    return ids


def _batches(now: datetime) -> list[UUID]:
    from tocsin.intake.models import Arrival, Batch, Reject

    times = [now - timedelta(hours=2 * n) for n in range(1000)]
    batches = [
        Batch(
            started_at=at, finished_at=at, rows=10_000, events=2_400, duplicates=7_590, rejects=10, attributed=2_000,
            unattributed=400, ignored=0, findings=900, seconds=0.4,
            files=[{"path": f"scan-{n}.csv", "format": "shadowserver", "sha256": f"{n:064x}", "rows": 10_000, "events": 2_400,
                    "duplicates": 7_590, "rejects": 10, "repeated": False}],
        )
        for n, at in enumerate(times)
    ]  # fmt: skip
    Batch.objects.bulk_create(batches, batch_size=500)
    Arrival.objects.bulk_create(
        [Arrival(name=f"scan-{n}.csv", sha256=f"{n:064x}", size=8 << 20, received_at=at, batch=batch) for n, (batch, at) in enumerate(zip(batches, times, strict=True))]
    )  # fmt: skip
    Reject.objects.bulk_create(
        [
            Reject(batch=batch, file_name=f"scan-{n}.csv", file_sha256=f"{n:064x}", row=row, reason="ragged-row", detail="31 fields where the heading has 32", raw="2026-11-20,203.0.113.9")
            for n, batch in enumerate(batches)
            for row in range(1, 11)
        ],
        batch_size=PART,
    )  # fmt: skip
    return [batch.pk for batch in batches]


def _findings(n: int, organizations: list[str], now: datetime) -> pl.DataFrame:
    """Return findings as the pipeline gives them; the first organizations have many, the last few."""
    random = np.random.default_rng(31)
    holder = (random.random(n) ** 2 * len(organizations)).astype(np.uint32)
    kind = random.integers(0, len(KINDS), n).astype(np.uint32)
    number = np.arange(n, dtype=np.uint64)
    address = generate.dotted((np.uint64(20) << np.uint64(24)) + number * np.uint64(37) % np.uint64(1 << 29))
    name = pl.select(pl.concat_str(pl.lit("host"), pl.Series(number), pl.lit(".site.example"))).to_series()
    named = pl.Series(random.random(n) < 0.25)
    first = random.integers(1, 90 * 86_400, n)
    last = (first * random.random(n)).astype(np.int64)
    table = pl.DataFrame(
        KINDS, schema=["kind", "classification_type", "classification_taxonomy", "severity"], orient="row"
    )
    before = [pl.lit(now) - pl.duration(seconds=pl.Series(seconds)) for seconds in (first, last)]
    return pl.concat([table[kind], pl.DataFrame({"holder": holder, "n": number})], how="horizontal").select(
        pl.Series(organizations).gather(holder).alias("organization"),
        pl.when(named).then(name).otherwise(address).alias("asset"),
        "kind", "classification_taxonomy", "classification_type", "severity",
        before[0].dt.cast_time_unit("us").alias("first_seen"),
        before[1].dt.cast_time_unit("us").alias("last_seen"),
        (1 + pl.col("n") % 50).cast(pl.UInt64).alias("count"),
        pl.concat_list(pl.lit("shadowserver-scan-rdp")).alias("feeds"),
        pl.concat_list(pl.lit(3389, dtype=pl.UInt16)).alias("ports"),
        pl.concat_list(pl.concat_str(pl.lit("0123456789abcdef-"), pl.col("n").cast(pl.String))).alias("evidence"),
        pl.lit("network 20.0.0.0/8").alias("because"),
        pl.lit([], dtype=pl.List(pl.String)).alias("related"),
    )  # fmt: skip


def _states(now: datetime) -> None:
    """Spread what sensors see and owners say over the findings, and who was warned, with which deadline."""
    from django.db.models import Case, DateTimeField, F, Q, Value, When
    from django.db.models.lookups import Exact

    from tocsin.findings.models import Finding, Owner, Sensor

    def nth(share: int) -> Q:
        return Q(Exact(F("count") % share, 0))

    said = {31: Owner.FALSE_POSITIVE, 23: Owner.NOT_OURS, 11: Owner.SAYS_FIXED, 7: Owner.FIXING, 3: Owner.SEEN}
    seen = {11: Sensor.BACK, 5: Sensor.GONE}
    answered = Q()
    for share in said:
        answered |= nth(share)
    warned = ~nth(10)
    first, instant = F("first_seen"), DateTimeField()
    # One pass: a million rows stand in many indexes.
    Finding.objects.update(
        owner=Case(*(When(nth(n), then=Value(word.value)) for n, word in said.items()), default=F("owner")),
        sensor=Case(*(When(nth(n), then=Value(word.value)) for n, word in seen.items()), default=F("sensor")),
        warned_at=Case(When(warned, then=first + timedelta(hours=1)), output_field=instant),
        due_at=Case(When(warned, then=first + timedelta(days=60)), output_field=instant),
        answered_at=Case(When(warned & answered, then=first + timedelta(hours=30)), output_field=instant),
    )


def _notices(n: int, now: datetime) -> int:
    from django.db.models import F

    from tocsin.findings.models import Finding, News
    from tocsin.notices.models import Answer, DecisionLog, Delivery, Notice, NoticeFinding, Series

    made = max(n // 50, 1)
    random = np.random.default_rng(32)
    rows = Finding.objects.order_by("organization_id").values_list(
        "organization_id", "id", "severity", "kind", "type", "severity_rank", "first_seen", "last_seen", "count"
    )
    answers = ["seen", "fixing", "fixed", "not-ours", "false-positive"]
    notices: list[Notice] = []
    lines: list[NoticeFinding] = []
    decided: dict[tuple[str, str], Notice] = {}
    for place, group in enumerate(_portions(rows.iterator(chunk_size=PART), 50)):
        organization = group[0][0]
        at = now - timedelta(minutes=int(random.integers(0, 90 * 1440)))
        state = "waiting" if place % 25 == 0 else "sent"
        notice = Notice(
            reference=f"TC-{now.year}-{place + 1:06d}", organization_id=organization, state=state,
            reason="first" if place % 3 else "new-assets", severity=group[0][2], tlp="TLP:AMBER", language="vi",
            created_at=at, sent_at=at if state == "sent" else None, due_at=at + timedelta(days=7),
        )  # fmt: skip
        notices.append(notice)
        mine = [row for row in group if row[0] == organization]
        lines += [
            NoticeFinding(
                notice=notice,
                finding_id=id_,
                severity=worst,
                severity_rank=rank,
                type=rsit,
                first_seen=first,
                last_seen=last,
                count=count,
                ports=[3389],
                because="network 20.0.0.0/8",
            )
            for _, id_, worst, _, rsit, rank, first, last, count in mine[:10]
        ]
        notice.n_findings = len(mine[:10])
        notice.parts = [
            {
                "kind": kind,
                "network": "",
                "type": rsit,
                "reason": notice.reason,
                "severity": worst,
                "n": 1,
                "policy": None,
                "closeness": "built-in",
            }
            for kind, rsit, worst in sorted({(row[3], row[4], row[2]) for row in mine[:10]})
        ]
        decided.update({(organization, row[3]): notice for row in mine})
    _load(Notice, notices)
    _load(NoticeFinding, lines)
    sent = [notice for notice in notices if notice.state == "sent"]
    _load(
        Delivery,
        (
            Delivery(
                notice=notice, recipient=f"security@{notice.organization_id}.example", name="Security desk", message_id=f"<{notice.pk.hex}.1@team.example>",
                state="handed-over", attempts=1, next_attempt_at=notice.created_at, handed_over_at=notice.sent_at, response="250 accepted",
            )
            for notice in sent
        ),
    )  # fmt: skip
    _load(
        Answer,
        (
            Answer(
                notice=notice, answer=answers[place % 5], note="Invented answer.", at=notice.created_at + timedelta(hours=5),
                by=f"security@{notice.organization_id}.example", means="link",
            )
            for place, notice in enumerate(sent[::3])
        ),
    )  # fmt: skip
    _load(
        DecisionLog,
        (
            DecisionLog(
                organization_id=organization, kind=kind, reason=notice.reason, rests="nothing-new", sends=True, at=notice.created_at,
                next_at=now + timedelta(days=7), notice=notice,
            )
            for (organization, kind), notice in decided.items()
        ),
    )  # fmt: skip
    # It has all been decided about: what comes next is what is measured.
    Finding.objects.update(told_at=now, told_rank=F("severity_rank"))
    News.objects.all().delete()
    Series.objects.create(year=now.year, last=len(notices))
    assert len(notices) >= made * 0.9
    return len(notices)


def _unattributed(n: int, now: datetime) -> int:
    from tocsin.intake.models import Unattributed

    random = np.random.default_rng(33)
    texts = generate.dotted((np.uint64(130) << np.uint64(24)) + np.arange(n, dtype=np.uint64) * np.uint64(97)).to_list()
    ages = random.integers(0, 90 * 1440, n).tolist()
    _load(
        Unattributed,
        (
            Unattributed(
                asset=text, kind=KINDS[place % len(KINDS)][0], address=text, asn=64_500 + place % 10, n_events=1 + place % 40,
                first_seen=now - timedelta(minutes=age + 60), last_seen=now - timedelta(minutes=age),
            )
            for place, (text, age) in enumerate(zip(texts, ages, strict=True))
        ),
    )  # fmt: skip
    return n


def _memory(n: int, now: datetime) -> int:
    """Remember observations as one large batch would have left them."""
    from tocsin.base.identifiers import uuid7
    from tocsin.intake.actions import remembering
    from tocsin.pipeline.duplicates import Segment

    random = np.random.default_rng(7)
    keys = np.sort(random.integers(0, 2**64, n, dtype=np.uint64))
    latest = int(now.timestamp() * 1_000_000)
    times = latest - random.integers(0, 60 * 24 * 3600 * 1_000_000, n)
    remembering.count(remembering.write(uuid7(), Segment(keys, times)))
    return n


def _people(organization: str, now: datetime) -> dict[str, str]:
    from tocsin.accounts import actions as accounts
    from tocsin.base.tenancy import SYSTEM, Role
    from tocsin.constituency import actions as constituency
    from tocsin.constituency.models import Organization

    links = {}
    for role in (Role.ADMINISTRATOR, Role.CONTACT):
        user = accounts.add_user(email=f"{role.value}@team.example", role=role, actor=SYSTEM, now=now, name=role.value)
        if role is Role.CONTACT:
            constituency.join(user=user, organization=Organization.objects.get(pk=organization))
        links[role.value] = f"/sign-in/{accounts.make_link(user=user, now=now)}/"
    return links


def _load(model: Any, rows: Iterable[Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        for part in _portions(rows, PART):
            model.objects.bulk_create(part, batch_size=PART)


def _portions(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    every = iter(rows)
    while part := list(islice(every, size)):
        yield part


if __name__ == "__main__":
    main()
