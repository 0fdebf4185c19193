"""Trials from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.project.work import now
from tocsin.trials import actions, queries
from tocsin.trials.models import Trial
from tocsin.trials.rules.design import BadDesign


class Refused(Exception):
    """It cannot be done; the message says why."""


def list_all() -> list[dict[str, Any]]:
    """Return the trials, newest first, without what came of them."""
    return [_told(row) for row in queries.trials(SYSTEM)]


def show(id_: str) -> dict[str, Any]:
    """Return one, whole. Raise LookupError."""
    row = _found(id_)
    return {
        **_told(row),
        "design": row.design,
        "power": row.plan.power,
        "holds": row.holds,
        "interim": row.interim,
        "report": row.report,
    }


def create(design: Any) -> dict[str, Any]:
    """Keep a draft. Raise Refused."""
    if not isinstance(design, dict):
        raise Refused("the file holds no JSON object")
    return _done(lambda: actions.create(design=design, actor=SYSTEM, now=now()))


def register(id_: str) -> dict[str, Any]:
    """Freeze it. Raise LookupError, Refused."""
    row = _found(id_)
    return _done(lambda: actions.register(id_=row.pk, actor=SYSTEM, now=now()))


def start(id_: str) -> dict[str, Any]:
    """Let findings enter. Raise LookupError, Refused."""
    row = _found(id_)
    return _done(lambda: actions.start(id_=row.pk, actor=SYSTEM, now=now()))


def stop(id_: str, because: str) -> dict[str, Any]:
    """End it before its last day. Raise LookupError, Refused."""
    row = _found(id_)
    return _done(lambda: actions.stop(id_=row.pk, because=because, actor=SYSTEM, now=now()))


def report(id_: str) -> dict[str, Any]:
    """Return the registered analysis, or what a look before it sees; the look is recorded. Raise LookupError, Refused."""
    row = _found(id_)
    if row.report is None:
        _done(lambda: actions.report(id_=row.pk, actor=SYSTEM, now=now()))
        row = _found(id_)
    return {
        **_told(row), "is_registered_analysis": row.report is not None, "analysis_at": row.analysis_at.isoformat(),
        "figures": row.report or row.interim,
    }  # fmt: skip


def _done(act: Callable[[], Trial]) -> dict[str, Any]:
    try:
        return _told(act())
    except BadDesign as error:
        raise Refused(f"{error.field}: {error.why}") from error
    except actions.NotNow as error:
        raise Refused(f"it cannot be done now: the trial is {error}") from error
    except ValueError as error:
        raise Refused(str(error)) from error


def _found(id_: str) -> Trial:
    try:
        return queries.trials(SYSTEM).get(pk=UUID(id_))
    except (ValueError, Trial.DoesNotExist) as error:
        raise LookupError(id_) from error


def _told(row: Trial) -> dict[str, Any]:
    return {
        "id": str(row.pk), "name": row.name, "state": row.state, "sha256": row.sha256, "started_at": row.started_at and row.started_at.isoformat(),
        "ended_at": row.ended_at and row.ended_at.isoformat(), "stopped_because": row.stopped_because, "n_looks": row.n_looks,
        "n_organizations": getattr(row, "n_organizations", 0), "n_findings": getattr(row, "n_findings", 0), "report_sha256": row.report_sha256,
    }  # fmt: skip
