"""What the command line does with the database; imported only by commands that need Django."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.project.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from tocsin import roster  # noqa: E402
from tocsin.accounts import actions as accounts  # noqa: E402
from tocsin.base.tenancy import SYSTEM, Role  # noqa: E402
from tocsin.constituency import actions as constituency  # noqa: E402
from tocsin.constituency import queries as constituents  # noqa: E402
from tocsin.constituency import rules as constituency_rules  # noqa: E402
from tocsin.findings import actions as finding_actions  # noqa: E402
from tocsin.findings import queries as findings  # noqa: E402
from tocsin.intake import actions as intake  # noqa: E402
from tocsin.intake import queries as arrived  # noqa: E402
from tocsin.notices import actions as notices  # noqa: E402
from tocsin.notices import queries as noticed  # noqa: E402


def prepare() -> None:
    """Bring the database up to date; a new installation gets its tables."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0)


def now() -> datetime:
    """Return the time: the command line is where the clock is looked at."""
    return datetime.now(UTC)


def import_constituency(path: Path, *, dry_run: bool) -> dict[str, Any]:
    """Import a constituency file; errors are collected with their places."""
    read = roster.read(path)
    if read.errors:
        return {"errors": [{"place": e.place, "reason": e.reason} for e in read.errors], "changes": [], "overlaps": []}
    changes = constituency.import_all(
        organizations=read.organizations, ignored=read.ignored, actor=SYSTEM, now=now(), dry_run=dry_run
    )
    overlaps = constituency_rules.overlaps(read.organizations)
    return {
        "errors": [],
        "changes": [{"organization": c.organization, "what": c.what, "fields": list(c.fields)} for c in changes],
        "overlaps": [{"value": o.value, "one": o.one, "other": o.other} for o in overlaps],
    }


def export_constituency(path: Path) -> int:
    """Write the constituency to a file; return how many organizations it holds."""
    organizations, ignored = constituents.as_values(SYSTEM)
    roster.write(path, organizations, ignored)
    return len(organizations)


def add(files: list[Path], *, format_name: str | None = None, window: int = 0) -> dict[str, Any]:
    """Take report files through stops one to four."""
    at = now()
    arrivals = []
    for path in files:
        with path.open("rb") as file:
            arrivals.append(intake.keep(name=str(path), content=file, now=at))
    folded = intake.process(
        arrivals=arrivals, now=at, fold=finding_actions.fold, format_name=format_name, window=window
    )
    summary = folded.summary.as_json()
    known = {file["sha256"] for file in summary["files"]}
    summary["files"] += [
        {
            "path": a.name,
            "format": None,
            "sha256": a.sha256,
            "rows": 0,
            "events": 0,
            "duplicates": 0,
            "rejects": 0,
            "repeated": True,
        }
        for a in arrivals
        if folded.batch is None or (a.batch_id is not None and a.sha256 not in known)
    ]
    return summary


def rejects() -> list[dict[str, Any]]:
    """Return the rejected rows, newest first."""
    fields = ("id", "file_name", "file_sha256", "row", "reason", "detail", "raw")
    return [{name: getattr(r, name) for name in fields} for r in arrived.rejects(SYSTEM)]


def list_findings(organization: str) -> list[dict[str, Any]]:
    """Return findings as the command prints them."""
    return [
        {
            "id": str(f.pk), "organization": f.organization_id, "asset": f.asset, "kind": f.kind, "severity": f.severity, "sensor": f.sensor,
            "owner": f.owner, "first_seen": f.first_seen.isoformat(), "last_seen": f.last_seen.isoformat(), "count": f.count, "because": f.because,
        }
        for f in findings.findings(SYSTEM, organization=organization)
    ]  # fmt: skip


def run_notices(*, at: datetime | None, dry_run: bool) -> dict[str, Any]:
    """Decide and deliver."""
    return notices.run(now=at or now(), dry_run=dry_run)


def list_notices() -> list[dict[str, Any]]:
    """Return notices as the command prints them."""
    rows = noticed.notices(SYSTEM).prefetch_related("lines", "deliveries")
    return [
        {
            "id": str(n.pk), "reference": n.reference, "organization": n.organization_id, "state": n.state, "reason": n.reason,
            "severity": n.severity, "tlp": n.tlp, "findings": [str(line.finding_id) for line in n.lines.all()],
            "recipients": sorted(d.recipient for d in n.deliveries.all()), "created_at": n.created_at.isoformat(),
            "sent_at": n.sent_at and n.sent_at.isoformat(), "due_at": n.due_at.isoformat(),
            "answer": n.answer, "answered_at": n.answered_at and n.answered_at.isoformat(),  # type: ignore[attr-defined]
        }
        for n in rows
    ]  # fmt: skip


def explain(id_: str) -> dict[str, Any] | None:
    """Tell the six stops of a notice, by identifier or reference."""
    rows = noticed.notices(SYSTEM)
    notice = rows.filter(reference=id_).first() or (rows.filter(pk=id_).first() if _is_uuid(id_) else None)
    return noticed.explain(SYSTEM, notice) if notice else None


def approve(ids: list[str], *, everything: bool) -> tuple[int, list[str]]:
    """Approve waiting notices; return how many, and which could not be."""
    rows = noticed.notices(SYSTEM, state="waiting")
    if everything:
        ids = [str(n.pk) for n in rows]
    done, missed = 0, []
    for id_ in ids:
        notice = rows.filter(reference=id_).first() or (rows.filter(pk=id_).first() if _is_uuid(id_) else None)
        if notice is None:
            missed.append(id_)
            continue
        notices.approve(notice=notice, actor=SYSTEM, now=now())
        done += 1
    return done, missed


def add_user(email: str, role: str, organization: str | None) -> str:
    """Add a person and return the path that signs them in. Raise UserExists, LookupError."""
    place = None
    if organization:
        place = constituents.organizations(SYSTEM).filter(pk=organization).first()
        if place is None:
            raise LookupError(organization)
    user = accounts.add_user(email=email, role=Role(role), actor=SYSTEM, now=now())
    if place is not None:
        constituency.join(user=user, organization=place)
    return f"/sign-in/{accounts.make_link(user=user, now=now())}/"


def examine() -> list[dict[str, Any]]:
    """Check the installation; each check says what it saw."""
    import shutil

    from django.conf import settings

    home = Path(settings.TOCSIN_HOME)
    free = shutil.disk_usage(home).free
    organizations = constituents.organizations(SYSTEM).count()
    failed = noticed.notices(SYSTEM, state="failed").count()
    unreachable = noticed.notices(SYSTEM, state="no-contact").count()
    mail = settings.TOCSIN_EMAIL_URL.rsplit("@", 1)[-1] or "no server set: messages stay in the built-in outbox"
    return [
        {"name": "database", "ok": True, "says": f"{connection.vendor}, tables up to date"},
        {"name": "data folder", "ok": os.access(home, os.W_OK), "says": str(home)},
        {"name": "free space", "ok": free > 1 << 30, "says": f"{free / (1 << 30):.1f} GiB"},
        {"name": "constituency", "ok": organizations > 0, "says": f"{organizations} organizations"},
        {"name": "mail", "ok": True, "says": mail},
        {
            "name": "deliveries",
            "ok": not failed and not unreachable,
            "says": f"{failed} notices failed, {unreachable} have no contact",
        },
    ]


def _is_uuid(text: str) -> bool:
    from uuid import UUID

    try:
        UUID(text)
    except ValueError:
        return False
    return True
