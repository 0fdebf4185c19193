"""The constituency, from files and to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tocsin import roster
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.rules.overlaps import overlaps
from tocsin.project.work import now


def import_file(path: Path, *, dry_run: bool) -> dict[str, Any]:
    """Import a constituency file; errors are collected with their places."""
    read = roster.read(path)
    if read.errors:
        return {"errors": [{"place": e.place, "reason": e.reason} for e in read.errors], "changes": [], "overlaps": []}
    found = constituency.import_all(
        organizations=read.organizations, ignored=read.ignored, actor=SYSTEM, now=now(), dry_run=dry_run
    )
    return {
        "errors": [],
        "changes": [
            {"organization": c.organization, "what": c.what, "fields": list(c.fields)} for c in found.organizations
        ],
        "overlaps": [{"value": o.value, "one": o.one, "other": o.other} for o in overlaps(read.organizations)],
    }


def export_file(path: Path) -> int:
    """Write the constituency to a file; return how many organizations it holds."""
    organizations, ignored = constituents.as_values(SYSTEM)
    roster.write(path, organizations, ignored)
    return len(organizations)
