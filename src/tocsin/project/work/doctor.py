"""Look whether the installation is well."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum

from tocsin.accounts import queries as people
from tocsin.base.audit import queries as audit
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import queries as constituents
from tocsin.core import sizes
from tocsin.intake import queries as arrived
from tocsin.intake.actions import watching
from tocsin.intake.models import Alarm, AlarmKind
from tocsin.notices import actions as warnings
from tocsin.notices import queries as noticed
from tocsin.project.work.collecting import WORKER

WORKER_SILENT = timedelta(minutes=2)


def _intake(now: datetime) -> list[dict[str, Any]]:
    """Look whether reports come in and are taken in; every open alarm is a check that fails."""
    beaten = arrived.beaten_at(SYSTEM, WORKER)
    waiting = arrived.pending(SYSTEM).aggregate(n=Count("pk"), size=Sum("size"))
    feeds = arrived.feeds(SYSTEM).filter(enabled=True).count()
    alarms = [
        {"name": f"alarm {alarm.kind}", "ok": alarm.kind == AlarmKind.UNANSWERED, "says": _said(alarm)}
        for alarm in arrived.alarms(SYSTEM)
    ]
    # An installation whose worker never ran may be one that is worked by hand.
    silent = beaten is not None and now - beaten > WORKER_SILENT
    seen = "never ran here" if beaten is None else f"last well {beaten.isoformat(timespec='seconds')}"
    return [
        {"name": "worker", "ok": not silent, "says": seen},
        {
            "name": "intake",
            "ok": True,
            "says": f"{feeds} feeds on, {waiting['n']} arrivals ({sizes.written(waiting['size'] or 0)}) wait",
        },
        *alarms,
    ]


def _said(alarm: Alarm) -> str:
    parts = [alarm.feed.code if alarm.feed else "", alarm.reason, alarm.detail]
    return " ".join(filter(None, [*parts, f"since {alarm.since.isoformat(timespec='seconds')}" if alarm.since else ""]))


def examine() -> list[dict[str, Any]]:
    """Check the installation; each check says what it saw."""
    now = datetime.now(UTC)
    watching.look(now=now)
    warnings.look(now=now)
    home = Path(settings.TOCSIN_HOME)
    free = shutil.disk_usage(home).free
    organizations = constituents.organizations(SYSTEM).count()
    failed = noticed.notices(SYSTEM, state="failed").count()
    unreachable = noticed.notices(SYSTEM, state="no-contact").count()
    trail = audit.verify(SYSTEM)
    broken = f"entry {trail.broken} does not fit: {trail.why}"
    mail = settings.TOCSIN_EMAIL_URL.rsplit("@", 1)[-1] or "no server set: messages stay in the built-in outbox"
    return [
        {"name": "database", "ok": True, "says": f"{connection.vendor}, tables up to date"},
        {"name": "data folder", "ok": os.access(home, os.W_OK), "says": str(home)},
        {"name": "free space", "ok": free > settings.TOCSIN_DISK_RESERVE, "says": sizes.written(free)},
        *_intake(now),
        {"name": "constituency", "ok": organizations > 0, "says": f"{organizations} organizations"},
        {"name": "mail", "ok": True, "says": mail},
        _people(),
        {
            "name": "audit trail",
            "ok": trail.is_whole,
            "says": f"{trail.entries:,} entries fit" if trail.is_whole else broken,
        },
        {
            "name": "deliveries",
            "ok": not failed and not unreachable,
            "says": f"{failed} notices failed, {unreachable} have no contact",
        },
    ]


def _people() -> dict[str, Any]:
    """Look who may administer, and whether the ways in that are set can work."""
    rows = list(people.people(SYSTEM, state="open"))
    administrators = [user for user in rows if user.role == Role.ADMINISTRATOR.value]
    bare = sum(not user.has_factor for user in administrators)  # type: ignore[attr-defined]
    lost = people.mail_that_failed(SYSTEM, datetime.now(UTC) - timedelta(days=1))
    half = bool(settings.TOCSIN_OIDC_ISSUER) != bool(settings.TOCSIN_OIDC_CLIENT_ID)
    says = f"{len(rows)} people; {len(administrators)} administrators, {bare} of them without a second step"
    says += f"; {lost} mails about accounts failed in a day" if lost else ""
    says += "; TOCSIN_OIDC_ISSUER needs TOCSIN_OIDC_CLIENT_ID, and the other way round" if half else ""
    return {"name": "sign-in", "ok": not lost and not half, "says": says}
