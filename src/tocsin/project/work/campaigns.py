"""Campaigns for the command line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.campaigns import actions, queries, rules
from tocsin.campaigns.models import Campaign
from tocsin.constituency.queries import Selection
from tocsin.project.work import now


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def list_all() -> list[dict[str, Any]]:
    """Return all, newest first, each in figures."""
    return [_told(row) for row in queries.campaigns(SYSTEM)]


def open_campaign(
    *, title_vi: str, title_en: str, weaknesses: list[str], severity: str, due_on: date | None, selection: dict[str, tuple[str, ...]]
) -> dict[str, Any]:  # fmt: skip
    """Open one; return it. Raise Refused."""
    chosen = Selection.of({**selection, "everyone": not any(selection.values())})
    wanted = actions.Wanted(title_vi, title_en, weaknesses, severity=severity, selection=chosen, due_on=due_on)
    try:
        return _told(actions.open_campaign(wanted=wanted, actor=SYSTEM, now=now()))
    except actions.BadCampaign as error:
        raise Refused(str(error)) from error


def show(id_: str) -> dict[str, Any]:
    """Return one, with how each organization stands, the last ones first. Raise LookupError."""
    row = _found(id_)
    return {
        **_told(row),
        "standings": [
            {"organization": one.organization_id, "state": one.counts.state, **asdict(one)}
            for one in queries.standings(SYSTEM, row, now())
        ],
    }


def choose(
    id_: str, choice: str, because: str, organizations: Collection[str], ones: Collection[str]
) -> dict[str, Any]:
    """Put in, leave out, or let the rule decide again; return the campaign. Raise LookupError, Refused."""
    row = _found(id_)
    try:
        actions.choose(
            campaign=row, included={"in": True, "out": False, "by-rule": None}[choice], because=because,
            organizations=organizations, findings=[UUID(one) for one in ones], actor=SYSTEM, now=now(),
        )  # fmt: skip
    except (actions.BadChoice, ValueError) as error:
        raise Refused(str(error)) from error
    except actions.Closed as error:
        raise Refused("it was closed") from error
    return _told(row)


def close(id_: str, because: str) -> dict[str, Any]:
    """Close one; return it. Raise LookupError, Refused."""
    row = _found(id_)
    try:
        actions.close(campaign=row, because=because, actor=SYSTEM, now=now())
    except actions.Closed as error:
        raise Refused("it was closed") from error
    return _told(_found(id_))


def _found(id_: str) -> Campaign:
    try:
        row = queries.campaigns(SYSTEM).filter(pk=UUID(id_)).first()
    except ValueError:
        row = None
    if row is None:
        raise LookupError(id_)
    return row


def _told(row: Campaign) -> dict[str, Any]:
    tally = rules.tally(queries.standings(SYSTEM, row, now()))
    return {
        "id": str(row.pk), "title_vi": row.title_vi, "title_en": row.title_en, "weaknesses": row.weaknesses, "due_on": row.due_on,
        "opened_at": row.opened_at, "closed_at": row.closed_at, "organizations": tally.organizations, "findings": tally.findings,
        "told": tally.told, "overdue": tally.overdue,
    }  # fmt: skip
