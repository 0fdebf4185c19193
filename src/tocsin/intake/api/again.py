"""Doing again by API: parse rejected rows again, attribute again what came in before. For programs of the team.

What findings are made of stands upstairs: whoever puts the routes up gives `fold` and `refold`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import Field, Router, Schema
from pydantic import AwareDatetime

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.problems import INVALID, Problem
from tocsin.base.api.scopes import Scope
from tocsin.base.web.views import team_only
from tocsin.core import durations
from tocsin.feeds import recognize
from tocsin.intake import actions
from tocsin.intake.api.unattributed import Outcome, outcome


class ReplayIn(Schema):
    """Which rejected rows to parse again, and how."""

    batch: UUID | None = Field(None, description=_("Those of a batch; null is all."))
    reason: str = Field("", max_length=64, description=_("Those of a reason, as a machine word; empty is all."))
    format: str = Field("", max_length=64, description=_("Read them as this format, instead of recognizing it."))
    window: str = Field("", max_length=16, description=_("Drop repeats within this time: `24h`, `7d`."))


class Skipped(Schema):
    """A file that was not parsed again."""

    path: str
    reason: str


class ReplayOut(Schema):
    """What came of it. Where no row becomes more than a reject, nothing changes."""

    batches: list[UUID] = Field(description=_("The new batches."))
    rows: int
    events: int
    duplicates: int
    rejects: int
    findings: int
    skipped: list[Skipped]


class Again(Schema):
    """What to attribute again."""

    since: AwareDatetime | None = Field(None, description=_("Only events at or after this instant; null is all."))
    dry_run: bool = Field(False, description=_("Only tell what would come of it."))


class AgainOut(Outcome):
    """What came of it, or would."""

    batch: UUID | None = Field(description=_("The batch that says so; null where no owner changed."))
    dry_run: bool


def routers(*, fold: Any, refold: Any) -> tuple[Router, Router]:
    """Return the routes of replays and of re-attributions."""
    replays, reattributions = Router(tags=["rejects"]), Router(tags=["unattributed"])

    @replays.post(
        "",
        response=ReplayOut,
        **route(
            Scope.INTAKE_WRITE,
            _("Parse rejected rows again"),
            _("After a new mapping, schema or version. What becomes an event leaves the batch it was rejected in."),
        ),
    )
    def replay_rejects(request: Call, body: ReplayIn) -> dict[str, Any]:
        """Replay, and return what came of it."""
        team_only(request.viewer)
        if body.format and recognize.by_name(body.format) is None:
            raise _wrong("format", gettext("No format is called so."))
        try:
            window = durations.parse(body.window) if body.window else None
        except durations.BadDuration as error:
            raise _wrong("window", str(error)) from error
        done = actions.replay(
            now=datetime.now(UTC), fold=fold, actor=request.viewer, batch=body.batch, reason=body.reason,
            format_name=body.format or None, window=window // timedelta(microseconds=1) if window else 0,
        )  # fmt: skip
        figures = {
            name: getattr(done.summary, name) for name in ("rows", "events", "duplicates", "rejects", "findings")
        }
        skipped = [{"path": each.file, "reason": each.reason} for each in done.skipped]
        return {"batches": [batch.pk for batch in done.batches], **figures, "skipped": skipped}

    @reattributions.post(
        "",
        response=AgainOut,
        **route(
            Scope.INTAKE_WRITE,
            _("Attribute again what came in before"),
            _("By who holds what now, each event at its own time. The worker does so by itself when holdings change."),
        ),
    )
    def reattribute(request: Call, body: Again) -> dict[str, Any]:
        """Attribute again, and return what came of it."""
        team_only(request.viewer)
        done = actions.reattribute(
            now=datetime.now(UTC), refold=refold, actor=request.viewer, since=body.since, dry_run=body.dry_run
        )
        return {**outcome(done), "batch": done.batch and done.batch.pk, "dry_run": body.dry_run}

    return replays, reattributions


def _wrong(name: str, detail: str) -> Problem:
    return Problem(INVALID, errors=[{"pointer": f"body/{name}", "detail": detail}])
