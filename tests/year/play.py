"""Live the year: reports in, round after round through the real code, mail out to a mail server, answers back.

Nothing of the product is replaced. Its clock is an argument, so a day takes as long as its work. What happens is written
to a log as it is seen from outside: by the sensor, by the mail server, by those who answer.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from tests.year.letterbox import Letterbox, mail_server
from tests.year.world import BEGIN, KINDS, PORTS, SEVERITIES, Weakness, World, instant

HEADING = ["timestamp", "severity", "ip", "protocol", "port", "hostname", "tag", "asn", "geo", "region", "city", "naics", "sector"]  # fmt: skip
DEADLINE_DAYS = {"critical": 2, "high": 5, "medium": 14, "low": 30}
"""By when what a notice tells is to be fixed, by the gravest of it."""


def play(world: World, home: Path, log: Path) -> dict[str, Any]:
    """Live all days in an installation in `home` that is made for it; return what was counted on the way."""
    with mail_server() as (letterbox, url):
        os.environ.update(TOCSIN_HOME=str(home), TOCSIN_EMAIL_URL=url, DJANGO_SETTINGS_MODULE="tocsin.project.settings")
        django.setup()
        with log.open("w", encoding="utf-8") as file:
            return lived(world, home, letterbox, file)


def lived(world: World, home: Path, letterbox: Letterbox, log: io.TextIOBase) -> dict[str, Any]:
    """Live all days in the installation that is there."""
    from tocsin.findings import actions as findings
    from tocsin.intake import actions as intake
    from tocsin.notices import actions as notices
    from tocsin.notices.models import Notice
    from tocsin.project import work
    from tocsin.project.work import followup

    work.prepare()
    _constituency(world)
    counted: Counter[str] = Counter()
    known: set[tuple[str, str]] = set()
    numbers: dict[tuple[str, str], int] = {}

    def write(what: str, **values: Any) -> None:
        log.write(json.dumps({"what": what, **values}) + "\n")

    for day in range(world.days):
        now, arrivals = instant(day), []
        for report, seen in world.seen(day):
            for one in seen:
                if (one.asset, one.kind) not in known:
                    known.add((one.asset, one.kind))
                    numbers[one.asset, one.kind] = one.number
                    write("finding", number=one.number, organization=one.organization, kind=one.kind, severity=SEVERITIES[one.kind])  # fmt: skip
            name = f"{BEGIN + timedelta(days=day)}-{report}-mau.csv"
            content = _report(seen, now)
            arrivals.append(intake.keep(name=name, content=io.BytesIO(content), now=now, claim=True))
            write(
                "report",
                at=now.isoformat(),
                kind=KINDS[report],
                seen=sorted(numbers[one.asset, one.kind] for one in seen),
            )
            counted["rows"] += len(seen)
        intake.process(arrivals=arrivals, now=now, fold=findings.fold)
        done = followup.run(at=now)
        counted.update({name: done[name] for name in ("verified", "reopened", "reminded", "escalated")})
        for reference, status, told in letterbox.empty():
            counted["mails"] += 1
            due = min(DEADLINE_DAYS[SEVERITIES[kind]] for _, kind in told)
            write("told", at=now.isoformat(), notice=reference, status=status, due_days=due, numbers=[numbers[pair] for pair in told])  # fmt: skip
            if status != "gone":
                world.hear(_organization(told[0][0]), reference, told, now)
        # Not after midnight of the last day, wherever the team sits: what was said then does not count yet.
        for said in world.answers(now + timedelta(hours=6 if day == world.days - 1 else 24)):
            notice = Notice.objects.get(reference=said.reference)
            until = (said.at + timedelta(days=14)).date() if said.word == "fixing" else None
            notices.answer(notice=notice, word=said.word, by="security@org.example", means="link", now=said.at, until=until)  # fmt: skip
            write("answer", at=said.at.isoformat(), notice=said.reference, word=said.word)
            counted["answers"] += 1
    return dict(counted, findings=len(known))


def told(last: date, as_of: datetime) -> dict[str, Any]:
    """Return what the product says of the time from the first day to this one."""
    from tocsin.base.tenancy import SYSTEM
    from tocsin.reports import queries

    return queries.loop(SYSTEM, begins_on=BEGIN, ends_on=last, now=as_of)


def _organization(asset: str) -> str:
    _, block, third, _ = asset.split(".")
    return World.name((int(block) - 18) * 256 + int(third))


def _constituency(world: World) -> None:
    from tocsin import roster
    from tocsin.base.tenancy import SYSTEM
    from tocsin.constituency import actions as constituency

    document = {
        "version": 1,
        "organizations": [
            {
                "id": world.name(n), "name": {"vi": f"Đơn vị {n}", "en": f"Organization {n}"}, "language": "vi" if n % 2 else "en",
                "sector": ("health", "education", "government")[n % 3], "networks": [world.network(n)],
                "contacts": [{"name": "Security desk", "email": f"security@{world.name(n)}.example", "roles": ["security"]}],
            }
            for n in range(world.organizations)
        ],
    }  # fmt: skip
    path = Path(os.environ["TOCSIN_HOME"]) / "constituency.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    read = roster.read(path)
    assert not read.errors
    constituency.import_all(organizations=read.organizations, ignored=[], actor=SYSTEM, now=instant(0))


def _report(seen: list[Weakness], now: datetime) -> bytes:
    """Write the report of a night: each weakness that was there, seen at its own second."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(HEADING)
    night = now - timedelta(hours=3)
    for one in seen:
        at = night + timedelta(seconds=one.number % 3600)
        writer.writerow([at.strftime("%Y-%m-%d %H:%M:%S"), SEVERITIES[one.kind], one.asset, "tcp", PORTS[one.kind], "", "", "", "ZZ", "", "", "", ""])  # fmt: skip
    return out.getvalue().encode()
