"""The constituency, from files and to files, and what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from tocsin import roster
from tocsin.accounts import queries as people
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.rules import difference, succession
from tocsin.constituency.rules.difference import Difference, ItemChange
from tocsin.constituency.rules.review import Remark, review
from tocsin.findings import queries as findings
from tocsin.project.work import now


def import_file(path: Path, *, dry_run: bool, as_of: date | None = None, complete: bool = False) -> dict[str, Any]:
    """Import a constituency file; errors are collected with their places, and then nothing is imported."""
    read = roster.read(path, known=constituents.parents(SYSTEM))
    at = now()
    told: dict[str, Any] = {
        "dry_run": dry_run,
        "complete": complete,
        "as_of": as_of or at.date(),
        "errors": [
            {"place": e.place, "reason": e.reason, "code": e.code, "organization": e.organization} for e in read.errors
        ],
    }
    if read.errors:
        return {**told, "changes": [], "ignored": [], "untouched": [], "overlaps": [], "remarks": []}
    before, _ = constituents.as_values(SYSTEM)
    found = constituency.import_all(
        organizations=read.organizations,
        ignored=read.ignored,
        actor=SYSTEM,
        now=at,
        as_of=as_of,
        complete=complete,
        dry_run=dry_run,
        source={"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
    )
    remarks = review(difference.result(before, found), on=at.date())
    return {**told, **_told(found, remarks)}


def _told(found: Difference, remarks: list[Remark]) -> dict[str, Any]:
    about = {change.organization for change in found.organizations}
    return {
        "changes": [
            {
                "organization": c.organization,
                "what": c.what,
                "fields": list(c.fields),
                "items": [_item(item) for item in c.items],
            }
            for c in found.organizations
        ],
        "ignored": [_item(item) for item in found.ignored],
        "untouched": list(found.untouched),
        "overlaps": [
            {"value": r.value, "one": r.organization, "other": r.other} for r in remarks if r.code == "held-twice"
        ],
        "remarks": [_remark(r) for r in remarks if r.organization in about or r.other in about],
    }


def _item(change: ItemChange) -> dict[str, Any]:
    return {
        "what": change.what,
        "kind": change.kind,
        "value": change.value,
        "before": asdict(change.before) if change.before else None,
        "after": asdict(change.after) if change.after else None,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    return {**asdict(remark), "grade": remark.grade, "sentence": remark.sentence}


def check(path: Path | None = None) -> dict[str, Any]:
    """Look for overlaps and gaps in what is known, with a file as if it had been imported."""
    organizations, _ = constituents.as_values(SYSTEM)
    at = now()
    errors: list[dict[str, str]] = []
    if path is not None:
        read = roster.read(path, known={o.id: o.parent for o in organizations})
        errors = [{"place": e.place, "reason": e.reason, "code": e.code} for e in read.errors]
        found = difference.difference(organizations, read.organizations, as_of=at.date())
        organizations = difference.result(organizations, found)
    used = findings.deciding_values(SYSTEM)
    # An installation that has attributed nothing yet has nothing to say about use.
    return {"errors": errors, "remarks": [_remark(r) for r in review(organizations, on=at.date(), used=used or None)]}


def export_file(path: Path) -> int:
    """Write the constituency to a file; return how many organizations it holds. Raise roster.UnknownKind."""
    organizations, ignored = constituents.as_values(SYSTEM)
    roster.write(path, organizations, ignored)
    return len(organizations)


def see_below(email: str, organization: str, *, sees_children: bool) -> bool:
    """Say whether a contact sees what is below an organization; return whether that is new. Raise LookupError, NotAMember."""
    user = people.by_email(SYSTEM, email)
    place = constituents.organizations(SYSTEM).filter(pk=organization).first()
    if user is None or place is None:
        raise LookupError(email if user is None else organization)
    return constituency.see_below(user=user, organization=place, sees_children=sees_children, actor=SYSTEM, now=now())


def grades(remarks: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Return how many remarks there are of each grade."""
    found = {"problem": 0, "warning": 0, "information": 0}
    for remark in remarks:
        found[remark["grade"]] += 1
    return found


def succeed(before: list[str], after: list[str], on: date, reason: str, assigned: dict[str, str]) -> dict[str, Any]:
    """Let organizations succeed others; return what moved. Raise BadSuccession, NoSuchParent, AboveItself."""
    made = constituency.succeed(
        before=before, after=after, on=on, reason=reason, assigned=assigned, actor=SYSTEM, now=now()
    )
    return {"on": made.on, "before": made.before, "after": made.after, "reason": made.reason, "moved": made.moved}


def succeed_file(path: Path, *, dry_run: bool) -> list[dict[str, Any]]:
    """Do all merges and splits of a file, or say what they would move. Raise as `succeed`."""
    plans = succession.read(path.read_bytes(), path.name)
    passing = constituency.foresee(plans=plans, actor=SYSTEM)
    if not dry_run:
        constituency.succeed_all(plans=plans, actor=SYSTEM, now=now())
    return [
        {
            "on": one.plan.on,
            "before": list(one.plan.before),
            "after": list(one.plan.after),
            "reason": one.plan.reason,
            "moved": list(one.moved),
        }
        for one in passing
    ]
